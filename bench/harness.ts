// What every bench shares: who measured, where, on which commit, and how a result is kept.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { writeFileSafely } from '../src/files/write.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The machine and the software that a result belongs to. */
export function provenance() {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  return {
    commit:
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', 'src', 'assembly') ? ' + changes' : ''),
    cpu: `${cpus().length} × ${cpus()[0].model}`,
    node: process.version,
    v8: process.versions.v8,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Writes bench/results/NAME.json: what ran, where, and `result`. */
export async function writeResult(name: string, result: object): Promise<void> {
  const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim();
  const path = `${root}bench/results/${name}.json`;
  await writeFileSafely(path, `${JSON.stringify({ command, ...provenance(), ...result }, null, 2)}\n`);
  console.log(`wrote bench/results/${name}.json`);
}

/** The middle one; of an even count, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
