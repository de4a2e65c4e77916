// How a bench asks a rival: images and labels as files that any language reads, and a process that answers with a line of JSON.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../src/index.ts';

/** The programs of the rivals, each of which says how it is installed. */
export const rivalsFolder = fileURLToPath(new URL('rivals/', import.meta.url));

/** Writes the bytes of a dataset as NAME.images, one example after the other, and NAME.labels. */
export function writeImages(folder: string, name: string, { inputs, labels }: Dataset): void {
  writeFileSync(join(folder, `${name}.images`), inputs);
  writeFileSync(join(folder, `${name}.labels`), labels);
}

/** The last line that a command prints; undefined, with a line that says so, where it is of a rival that is not installed. */
export function ask<Answer>(
  name: string,
  [program, ...words]: readonly string[],
  options: Record<string, string | number>,
): Answer | undefined {
  const given = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
  const { status, stdout, stderr } = spawnSync(program, [...words, ...given], { encoding: 'utf8' });
  if (status === 3) {
    console.log(`skipped: ${stderr.trim()}`);
    return undefined;
  }
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
