// Reads whole files.

import { readFile } from 'node:fs/promises';
import { fileError } from './write.ts';

/** The bytes of the file `path`; throws an InputError where the file system refuses. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch(error => {
    throw fileError('read', path, error);
  });
}
