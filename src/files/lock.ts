// One writer of a file at a time: whoever writes it for hours says so in a file beside it, which others look at.

import { rmSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { isRunning, markOf, type ProcessMark } from './running.ts';
import { fileError, removeFile, removeFolders, temporaryFor } from './write.ts';

interface Holder extends ProcessMark {
  readonly host: string;
}

/** Whether a process of another machine still runs is known by how long ago it has said so. */
const SAY_EVERY = 30_000;
const SILENT = 600_000;

/** Locks of this process, which are taken away where it ends without a word. */
const held = new Set<string>();
process.on('exit', () => {
  for (const lock of held) rmSync(lock, { force: true });
});

/**
 * Does `work` while nobody else may write the file `path`. Throws an InputError where somebody does; what a process has left that does
 * not run any more counts for nothing.
 */
export async function withLock<Done>(path: string, work: () => Promise<Done>): Promise<Done> {
  const folder = dirname(resolve(path));
  const lock = join(folder, `.${basename(path)}.lock`);
  const made = await mkdir(folder, { recursive: true }).catch(error => {
    throw fileError('write', path, error);
  });
  await take(lock, path);
  held.add(lock);
  const timer = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, SAY_EVERY).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    held.delete(lock);
    // Gone with its folder, perhaps.
    await removeFile(lock);
    if (made !== undefined) await removeFolders(folder, made);
  }
}

async function take(lock: string, path: string): Promise<void> {
  const own: Holder = { host: hostname(), ...markOf(process.pid) };
  for (;;) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(JSON.stringify(own)).finally(() => file.close());
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('write', path, error);
    }
    const found = await holderOf(lock);
    if (found === undefined) continue;
    if (await isHeld(lock, found.holder)) {
      const { pid, host } = found.holder;
      throw new InputError(
        `${path} is being written by another process (${pid} on ${host}): wait for its end, or give another name; ` +
          `if it does not run any more, remove ${lock}`,
      );
    }
    await removeStale(lock, found.text, temporaryFor(path));
  }
}

/** Who holds the lock; undefined where it is gone. */
async function holderOf(lock: string): Promise<{ text: string; holder: Holder } | undefined> {
  // Whoever has just made it may be about to write it.
  for (let tries = 0; ; tries++) {
    const text = await readFile(lock, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const { pid, host, began } = JSON.parse(text) as Partial<Holder>;
      if (Number.isSafeInteger(pid) && typeof host === 'string') {
        return { text, holder: { pid: pid as number, host, began } };
      }
    } catch {
      // Half written, by one that runs or by one that was killed.
    }
    if (tries === 10) return { text, holder: { pid: -1, host: hostname() } };
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function isHeld(lock: string, holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) {
    const said = await stat(lock).catch(() => undefined);
    return said !== undefined && Date.now() - said.mtimeMs < SILENT;
  }
  if (holder.pid === process.pid) return held.has(lock);
  return holder.pid > 0 && isRunning(holder);
}

/** Removes the lock that says `text`, by way of `aside`, unless another process has been quicker and made its own. */
async function removeStale(lock: string, text: string, aside: string): Promise<void> {
  const isMoved = await rename(lock, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  const moved = await readFile(aside, 'utf8').catch(() => text);
  if (moved === text) await rm(aside, { force: true });
  else await rename(aside, lock);
}
