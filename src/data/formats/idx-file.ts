// IDX files in Node, plain or gzipped. A gzip is inflated no further than its header claims.

import { constants, gunzipSync, type ZlibOptions } from 'node:zlib';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { type Idx, parseHeader, parseIdx, trailing } from './idx.ts';

/** Compressed bytes that surely hold the 20 bytes of the longest header and inflate to 4 MB at most. */
const GZIP_HEAD_BYTES = 4096;

/** Reads the IDX file at `path`, plain or gzipped; throws InputError where it cannot be read or parsed. */
export async function readIdx(path: string): Promise<Idx> {
  return parseIdxFile(await readBytes(path), path);
}

/** The same from the bytes of the file. */
export function parseIdxFile(bytes: Uint8Array, path: string): Idx {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return parseIdx(bytes, path);
  const head = gunzip(bytes.subarray(0, GZIP_HEAD_BYTES), path, { finishFlush: constants.Z_SYNC_FLUSH });
  const { totalBytes } = parseHeader(head, path);
  return parseIdx(gunzip(bytes, path, { maxOutputLength: totalBytes }), path);
}

function gunzip(bytes: Uint8Array, path: string, options: ZlibOptions): Uint8Array {
  try {
    return gunzipSync(bytes, options);
  } catch (cause) {
    const limit = options.maxOutputLength;
    if (limit !== undefined && cause instanceof RangeError) {
      throw new InputError(trailing(path, limit), { cause });
    }
    const reason = (cause as Error).message;
    throw new InputError(`${path}: damaged gzip (${reason}); fetch the file again`, { cause });
  }
}
