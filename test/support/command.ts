// The ff command in a process of its own, as its user runs it.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ff` in `folder`; `until` interrupts it (Ctrl-C) once the output matches. */
export function runCommand(folder: string, words: readonly string[], until?: RegExp): Promise<Ended> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [MAIN, ...words], { cwd: folder });
    let [stdout, stderr] = ['', ''];
    let isStopped = false;
    child.stdout.on('data', chunk => {
      stdout += chunk;
      if (until?.test(stdout) && !isStopped) {
        isStopped = true;
        child.kill('SIGINT');
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
