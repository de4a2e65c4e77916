// Writes whole files so that a crash, a full disk or a second reader never meets half of one, and words the
// failures of the file system for the person who gave the path. Every file we write goes through here.

import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { isRunning } from './running.ts';

/** A file that could not be written, though nothing may be wrong with what was asked for: a disk that is full, say. */
export class WriteError extends InputError {}

/** Bytes that are compared at once. */
const PIECE = 1 << 20;

/**
 * Replaces the file `path`, or what it is a link to, by `data` (an array is written end to end), making its folder if need be: readers
 * see the old bytes or the new ones, never a part. What was written is read again before it replaces anything. One writer per path at a
 * time. Throws a WriteError where the file system refuses, or keeps other bytes than it was given.
 */
export async function writeFileSafely(path: string, data: Uint8Array | string | Uint8Array[]): Promise<void> {
  const chunks = typeof data === 'string' ? [Buffer.from(data)] : Array.isArray(data) ? data : [data];
  let temporary: string | undefined;
  try {
    await checkTarget(path);
    const target = await targetOf(path);
    temporary = temporaryFor(target);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'w+');
    try {
      await writeFile(file, chunks);
      // Without this a power cut after the rename could leave an empty file under the final name.
      await file.sync();
      await checkWritten(file, chunks, path);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await syncFolder(folder);
  } catch (error) {
    // The first failure is the one to tell; this one would only repeat it.
    if (temporary !== undefined) await removeFile(temporary);
    const told = fileError('write', path, error);
    throw told instanceof InputError ? new WriteError(told.message, { cause: error }) : told;
  }
}

/** Removes the file `path`, if it is there and can be removed. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

/** Throws a WriteError unless the file holds the chunks, end to end, and nothing else. */
async function checkWritten(file: FileHandle, chunks: readonly Uint8Array[], path: string): Promise<void> {
  const found = Buffer.alloc(PIECE);
  let at = 0;
  for (const chunk of chunks) {
    for (let begin = 0; begin < chunk.length; begin += PIECE) {
      const piece = chunk.subarray(begin, begin + PIECE);
      const { bytesRead } = await file.read(found, 0, piece.length, at);
      if (bytesRead !== piece.length || Buffer.compare(found.subarray(0, bytesRead), piece) !== 0) {
        throw new WriteError(
          `cannot write ${path}: the disk does not give back what was written; look after it, or choose another place`,
        );
      }
      at += bytesRead;
    }
  }
}

/** Makes a new name in a folder last, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const opened = await open(folder, constants.O_RDONLY);
    await opened.sync().finally(() => opened.close());
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

/** How systems say that a folder cannot be flushed, by anybody or by us; the file in it has been. */
const CANNOT = new Set<string | undefined>(['EACCES', 'EINVAL', 'EISDIR', 'ENOSYS', 'ENOTSUP', 'EPERM']);

/** Where a path leads to in the end: a link stays, and what it names is written. */
export async function targetOf(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const next = await readlink(at).catch((error: NodeJS.ErrnoException) => {
      if (!NO_LINK.has(error.code)) throw error;
      return undefined;
    });
    if (next === undefined) return at;
    at = resolve(await realpath(dirname(at)), next);
  }
  throw new InputError(`cannot write ${path}: ${reasons.ELOOP}`);
}

const MOST_LINKS = 40;
/** How systems say that a name is of no link. */
const NO_LINK = new Set<string | undefined>(['EINVAL', 'ENOENT', 'ENOTDIR', 'UNKNOWN']);

/**
 * Throws an InputError unless `writeFileSafely` can write to `path`, as far as one can know before: there is a regular file or
 * nothing, and a file beside it can be made. Leaves nothing behind.
 */
export async function checkWritable(path: string): Promise<void> {
  let temporary: string | undefined;
  let folder: string | undefined;
  let made: string | undefined;
  try {
    await checkTarget(path);
    const target = await targetOf(path);
    temporary = temporaryFor(target);
    folder = dirname(target);
    made = await mkdir(folder, { recursive: true });
    await writeFile(temporary, '');
  } catch (error) {
    throw fileError('write', path, error);
  } finally {
    if (temporary !== undefined) await removeFile(temporary);
    if (folder !== undefined && made !== undefined) await removeFolders(resolve(folder), resolve(made));
  }
}

/** Removes temporary files of `target` whose processes do not run any more, as far as they can be found and removed. */
export async function removeLeftovers(target: string): Promise<void> {
  const begin = `.${basename(target)}.`;
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    if (!name.startsWith(begin)) continue;
    const [, pid] = /^(\d+)\.tmp$/.exec(name.slice(begin.length)) ?? [];
    if (pid !== undefined && !isRunning({ pid: Number(pid) })) await removeFile(join(dirname(target), name));
  }
}

async function checkTarget(path: string): Promise<void> {
  const found: Stats | undefined = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  // A name that ends like a folder would be written beside it, and could not be moved there.
  if (found ? found.isDirectory() : /(^|\/)\.{0,2}$/.test(path)) {
    throw new InputError(`cannot write ${path || "''"}: ${reasons.EISDIR}`);
  }
  if (found && !found.isFile()) {
    throw new InputError(
      `cannot write ${path}: expected a file, found a device or a pipe, which would be replaced; give another name`,
    );
  }
}

/** Removes `folder` and those around it up to `last`, as far as they are empty. */
export async function removeFolders(folder: string, last: string): Promise<void> {
  for (let each = folder; each.length >= last.length; each = dirname(each)) {
    const isRemoved = await rmdir(each).then(
      () => true,
      () => false,
    );
    if (!isRemoved) return;
  }
}

/** Where what is to be at `path` may lie until then; the next one to write there removes it if this process is killed. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder; check the path',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  EEXIST: 'a part of the path is a file, not a folder; check the path',
  EISDIR: 'expected a file, found a folder; give a file name',
  EACCES: 'permission denied; check the owner and mode or choose another place',
  EPERM: 'operation not permitted; check the owner and mode or choose another place',
  EROFS: 'the file system is read-only; choose another place',
  ENOSPC: 'no space left on the disk; free some or choose another place',
  EDQUOT: 'the disk quota is used up; free some space or choose another place',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  ELOOP: 'the symbolic links go round in a circle; check the path',
  ERR_INVALID_ARG_VALUE: 'a null byte in the path; check the path',
  ERR_FS_FILE_TOO_LARGE: 'expected at most 2 GiB; split the file',
};

/**
 * What to throw for a failed `read` or `write` of `path`: an InputError with the path and the reason, or
 * `error` itself when it does not come from the file system and so is a bug.
 */
export function fileError(verb: 'read' | 'write', path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  const reason = reasons[error.code] ?? ('syscall' in error ? `${error.message}; check the path` : undefined);
  if (reason === undefined) return error;
  return new InputError(`cannot ${verb} ${path}: ${reason}`, { cause: error });
}
