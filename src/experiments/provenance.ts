// Which machine, software and state of the source a result belongs to.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Provenance {
  /** Of this library's repository; an installed package has only its version. */
  readonly commit?: string;
  readonly version: string;
  readonly cpu: string;
  readonly node: string;
  readonly v8: string;
  readonly date: string;
}

/** The machine and the software that a result made now belongs to. */
export function provenance(): Provenance {
  const { version } = createRequire(import.meta.url)('../../package.json');
  const made = commit();
  return {
    ...(made && { commit: made }),
    version,
    cpu: `${cpus().length} × ${cpus()[0].model}`,
    node: process.version,
    v8: process.versions.v8,
    date: new Date().toISOString().slice(0, 10),
  };
}

function commit(): string | undefined {
  // A package lies in somebody else's repository, whose commit says nothing about it.
  if (!existsSync(`${root}.git`)) return undefined;
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changes = git('status', '--porcelain', 'src', 'assembly') ? ' + changes' : '';
    return git('rev-parse', '--short', 'HEAD') + changes;
  } catch {
    // No git, or one that does not trust the folder's owner: not worth a result.
    return undefined;
  }
}
