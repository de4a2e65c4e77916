// Reads whole files.

import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { fileError } from './write.ts';

/** The bytes of the file `path`; throws an InputError where the file system refuses. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch(error => {
    throw fileError('read', path, error);
  });
}

/** What a file of JSON says; throws an InputError that names the file where it cannot be read or says nothing. */
export async function readJsonFile(path: string): Promise<unknown> {
  const words = Buffer.from(await readBytes(path)).toString('utf8');
  try {
    return JSON.parse(words);
  } catch (cause) {
    throw new InputError(
      `${path}: expected JSON, found none that can be read (${(cause as Error).message})`,
      {
        cause,
      },
    );
  }
}
