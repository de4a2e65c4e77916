// Files piece by piece, so that they may be larger than memory.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../errors.ts';
import { checkUnpacked } from './packed.ts';
import { fileError } from './write.ts';

const PIECE = 1 << 18;

/** A piece of a file, and how many bytes of the file have been read up to its end. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** The bytes of the file `path`, of one that gzip has packed those in it; throws an InputError where it cannot be read or is damaged. */
export async function* readChunks(path: string): AsyncGenerator<Chunk, void, void> {
  const { isPacked, size } = await beginning(path);
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
    let length = 0;
    for await (const bytes of unpacked as AsyncIterable<Uint8Array>) {
      length += bytes.length;
      // A pipe has no size.
      checkUnpacked(path, Math.max(size, file.bytesRead), length);
      yield { bytes, at: file.bytesRead };
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    if ((cause as NodeJS.ErrnoException).syscall)
      throw fileError('read', path, cause as NodeJS.ErrnoException);
    throw new InputError(`${path}: damaged gzip (${(cause as Error).message}); write it again`, { cause });
  }
}

/** Whether gzip has packed a file, and its bytes. */
async function beginning(path: string): Promise<{ isPacked: boolean; size: number }> {
  const failed = (error: NodeJS.ErrnoException) => {
    throw fileError('read', path, error);
  };
  const file = await open(path).catch(failed);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0).catch(failed);
    const { size } = await file.stat().catch(failed);
    return { isPacked: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b, size };
  } finally {
    await file.close();
  }
}
