// The ff command in a process of its own, as its user runs it.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command, once it is built. */
export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What happens to a command from outside. */
export const interrupt = (child: ChildProcess): void => void child.kill('SIGINT');
/** Nobody reads what it prints any more. */
export const hangUp = (child: ChildProcess): void => void child.stdout!.destroy();

/** Runs `ff` in `folder`; once the output matches `until`, `act` comes in: Ctrl-C. */
export function runCommand(
  folder: string,
  words: readonly string[],
  until?: RegExp,
  act = interrupt,
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    let [stdout, stderr] = ['', ''];
    let isStopped = false;
    child.stdout.on('data', chunk => {
      stdout += chunk;
      if (until?.test(stdout) && !isStopped) {
        isStopped = true;
        act(child);
      }
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    child.on('close', code => resolve({ code, stdout, stderr }));
  });
}

/** JSON lines. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
}
