// Opens a report where the machine shows web pages.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { warn } from './output.ts';

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  // Without a title, the path would be taken for one.
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens the file at `path`, and says so where that cannot be; what was trained is as good without. */
export async function openFile(path: string): Promise<void> {
  const [program, ...words] = openers[process.platform] ?? ['xdg-open'];
  await new Promise<void>(done => {
    const opened = spawn(program, [...words, resolve(path)], { stdio: 'ignore', detached: true });
    opened.once('error', () => {
      warn(`cannot open ${path}: ${program} is not there; open it in a browser`);
      done();
    });
    opened.once('spawn', done);
    opened.unref();
  });
}
