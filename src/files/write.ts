// Writes whole files so that a crash, a full disk or a second reader never meets half of one, and words the
// failures of the file system for the person who gave the path. Every file we write goes through here.

import { mkdir, open, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';

/**
 * Replaces the file `path` by `data` (an array is written end to end), making its folder if need be: readers
 * see the old bytes or the new ones, never a part. One writer per path at a time. Throws InputError where the
 * file system refuses.
 */
export async function writeFileSafely(path: string, data: Uint8Array | string | Uint8Array[]): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'w');
    try {
      await writeFile(file, data);
      // Without this a power cut after the rename could leave an empty file under the final name.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // The first failure is the one to tell; this one would only repeat it.
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError('write', path, error);
  }
}

/**
 * Throws an InputError unless `writeFileSafely` can write to `path`, as far as one can know before: there is a regular file or
 * nothing, and a file beside it can be made. Leaves nothing behind.
 */
export async function checkWritable(path: string): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryFor(path);
  let made: string | undefined;
  try {
    await checkTarget(path);
    made = await mkdir(folder, { recursive: true });
    await writeFile(temporary, '');
  } catch (error) {
    throw fileError('write', path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
    if (made !== undefined) await removeFolders(resolve(folder), resolve(made));
  }
}

async function checkTarget(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
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
async function removeFolders(folder: string, last: string): Promise<void> {
  for (let each = folder; each.length >= last.length; each = dirname(each)) {
    const isRemoved = await rmdir(each).then(
      () => true,
      () => false,
    );
    if (!isRemoved) return;
  }
}

function temporaryFor(path: string): string {
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
