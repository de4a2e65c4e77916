// Writes whole files so that a crash, a full disk or a second reader never meets half of one, and words the
// failures of the file system for the person who gave the path. Every file we write goes through here.

import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';

/**
 * Replaces the file `path` by `data` (an array is written end to end), making its folder if need be: readers
 * see the old bytes or the new ones, never a part. One writer per path at a time. Throws InputError where the
 * file system refuses.
 */
export async function writeFileSafely(path: string, data: Uint8Array | string | Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
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
