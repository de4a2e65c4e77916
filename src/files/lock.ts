// One writer of a file at a time: whoever writes it for hours says so in a file beside it, which others look at.

import { rmSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { isRunning, markOf, type ProcessMark } from './running.ts';
import { fileError, removeFile, removeFolders, removeLeftovers, targetOf, temporaryFor } from './write.ts';

interface Holder extends ProcessMark {
  readonly host: string;
}

/** Whether a process of another machine still runs is known by how long ago it has said so. */
const SAY_EVERY = 30_000;
const SILENT = 600_000;
/** How systems say that a disk knows no second names of a file. */
const NO_LINKS = new Set<string | undefined>(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Locks of this process, which are taken away where it ends without a word. */
const held = new Set<string>();
process.on('exit', () => {
  for (const lock of held) rmSync(lock, { force: true });
});

/**
 * Does `work` while nobody else may write the file `path`, or what it is a link to; what a process that was killed has left beside it is
 * removed before. Throws an InputError where somebody else writes it.
 */
export async function withLock<Done>(path: string, work: () => Promise<Done>): Promise<Done> {
  const failed = (error: unknown) => {
    throw fileError('write', path, error);
  };
  const target = resolve(await targetOf(path).catch(failed));
  const folder = dirname(target);
  const lock = join(folder, `.${basename(target)}.lock`);
  if (held.has(lock)) throw new InputError(`${path} is being written by this process already`);
  held.add(lock);
  try {
    const made = await mkdir(folder, { recursive: true }).catch(failed);
    const own = JSON.stringify({ host: hostname(), ...markOf(process.pid) });
    await take(lock, own, target, path);
    const timer = setInterval(() => {
      const now = new Date();
      utimes(lock, now, now).catch(() => {});
    }, SAY_EVERY).unref();
    try {
      await removeLeftovers(target);
      return await work();
    } finally {
      clearInterval(timer);
      // Gone with its folder, perhaps, or somebody else's by now.
      if ((await readFile(lock, 'utf8').catch(() => '')) === own) await removeFile(lock);
      if (made !== undefined) await removeFolders(folder, made);
    }
  } finally {
    held.delete(lock);
  }
}

async function take(lock: string, own: string, target: string, path: string): Promise<void> {
  for (;;) {
    try {
      await makeWhole(lock, own, temporaryFor(target));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('write', path, error);
    }
    const found = await holderOf(lock, path);
    if (found === undefined) continue;
    if (await isHeld(lock, found.holder)) {
      const { pid, host } = found.holder;
      throw new InputError(
        `${path} is being written by another process (${pid} on ${host}): wait for its end, or give another name; ` +
          `if it does not run any more, remove ${lock}`,
      );
    }
    await removeStale(lock, found.text, temporaryFor(target), path);
  }
}

/** The number of the process of this machine that writes the file `path`; undefined where none does. */
export async function writerOf(path: string): Promise<number | undefined> {
  const target = resolve(await targetOf(path));
  const lock = join(dirname(target), `.${basename(target)}.lock`);
  const found = await holderOf(lock, path);
  const isHere = found?.holder.host === hostname() && (await isHeld(lock, found.holder));
  return isHere ? found.holder.pid : undefined;
}

/** Makes the file `lock`, unless it is there, with all of its text at once where the disk can. */
async function makeWhole(lock: string, text: string, temporary: string): Promise<void> {
  await writeFile(temporary, text);
  try {
    await link(temporary, lock);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code)) throw error;
    const file = await open(lock, 'wx');
    await file.writeFile(text).finally(() => file.close());
  } finally {
    await removeFile(temporary);
  }
}

/** Who holds the lock; undefined where it is gone. */
async function holderOf(lock: string, path: string): Promise<{ text: string; holder: Holder } | undefined> {
  // Where it could not be made all at once, whoever has made it may be about to write it.
  for (let tries = 0; ; tries++) {
    const text = await readFile(lock, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new InputError(
        `cannot write ${path}: its lock ${lock} cannot be read (${error.code}); remove it if nothing writes there`,
      );
    });
    if (text === undefined) return undefined;
    try {
      const { pid, host, began } = JSON.parse(text) as Partial<Holder>;
      if (Number.isSafeInteger(pid) && typeof host === 'string') {
        return { text, holder: { pid: pid as number, host, began } };
      }
    } catch {
      // Half written, by one that runs or by one that was killed.
    }
    if (tries === 20) return { text, holder: { pid: -1, host: hostname() } };
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

async function isHeld(lock: string, holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) {
    const said = await stat(lock).catch(() => undefined);
    return said !== undefined && Date.now() - said.mtimeMs < SILENT;
  }
  // This process holds none that it is about to take: an earlier one had its number.
  return holder.pid > 0 && holder.pid !== process.pid && isRunning(holder);
}

/** Removes the lock that says `text`, by way of `aside`, unless another process has been quicker and made its own. */
async function removeStale(lock: string, text: string, aside: string, path: string): Promise<void> {
  try {
    await rename(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw fileError('write', path, error);
  }
  const moved = await readFile(aside, 'utf8').catch(() => text);
  if (moved !== text) await link(aside, lock).catch(() => {});
  await removeFile(aside);
}
