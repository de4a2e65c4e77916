// Files piece by piece, so that they may be larger than memory.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../errors.ts';
import { fileError } from './write.ts';

const PIECE = 1 << 18;

/** A piece of a file, and how many bytes of the file have been read up to its end. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** The bytes of the file `path`, of one that gzip has packed those in it; throws an InputError where it cannot be read or is damaged. */
export async function* readChunks(path: string): AsyncGenerator<Chunk, void, void> {
  const isPacked = await beginsPacked(path);
  const file = createReadStream(path, { highWaterMark: PIECE });
  if (!isPacked) {
    let at = 0;
    try {
      for await (const bytes of file as AsyncIterable<Uint8Array>) {
        at += bytes.length;
        yield { bytes, at };
      }
    } catch (error) {
      throw fileError('read', path, error as NodeJS.ErrnoException);
    }
    return;
  }
  const unpacked = createGunzip({ chunkSize: PIECE });
  // What goes wrong in the file or in the packing ends the stream that is read here, with its reason.
  pipeline(file, unpacked).catch(() => {});
  try {
    for await (const bytes of unpacked as AsyncIterable<Uint8Array>) yield { bytes, at: file.bytesRead };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall)
      throw fileError('read', path, cause as NodeJS.ErrnoException);
    throw new InputError(`${path}: damaged gzip (${(cause as Error).message}); write it again`, { cause });
  }
}

async function beginsPacked(path: string): Promise<boolean> {
  const failed = (error: NodeJS.ErrnoException) => {
    throw fileError('read', path, error);
  };
  const file = await open(path).catch(failed);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0).catch(failed);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
