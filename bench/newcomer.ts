// What somebody who has just cloned the project waits for: npm ci, and npm start with its build, in a fresh clone.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeResult } from './harness.ts';

export async function run(): Promise<void> {
  const clone = await mkdtemp(join(tmpdir(), 'forward-forward-'));
  const timed = (words: string[]) => {
    const startedAt = performance.now();
    const output = execFileSync('npm', words, {
      cwd: clone,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { output, seconds: (performance.now() - startedAt) / 1000 };
  };
  try {
    execFileSync('git', ['clone', '--quiet', fileURLToPath(new URL('..', import.meta.url)), clone]);
    const install = timed(['ci', '--no-audit', '--no-fund']);
    const start = timed(['start', '--', '--json']);
    const done = JSON.parse(start.output.trim().split('\n').at(-1)!);
    console.log(
      `npm ci ${install.seconds.toFixed(1)} s, npm start ${start.seconds.toFixed(1)} s, ` +
        `test error ${done.testError.toFixed(2)} % by goodness, ${done.softmaxError.toFixed(2)} % by softmax`,
    );
    await writeResult('newcomer', { installSeconds: install.seconds, startSeconds: start.seconds, done });
  } finally {
    await rm(clone, { recursive: true });
  }
}
