// CSV in Node: from files, gzipped or not, and with chardet to guess encodings by.

import { stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import { blobOf, parseBlob } from './blob-table.ts';
import { detectEncodings } from './detector.ts';
import { checkSize, MAX_BYTES, type NotedTable, parseTextTable, type TextOptions } from './text-table.ts';

/** Reads the CSV file at `path`, gzipped or not; throws an InputError where it cannot be read or is no table. */
export async function readCsv(path: string, options: TextOptions = {}): Promise<NotedTable> {
  const size = await stat(path).then(
    found => found.size,
    error => {
      throw fileError('read', path, error);
    },
  );
  checkSize(size, path);
  const bytes = await readBytes(path);
  return parseCsv(bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes, path) : bytes, path, options);
}

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') checkSize(MAX_BYTES + 1, path);
    throw new InputError(`${path}: damaged gzip (${(cause as Error).message}); write it again`, { cause });
  }
}

/**
 * The table in a `File`, a `Blob` or a `Response` of CSV, gzipped or not. How it was read is in its `notes`. Throws an InputError that names
 * what is wrong.
 */
export async function readTable(source: Blob | Response, options: TextOptions = {}): Promise<NotedTable> {
  return parseBlob(await blobOf(source), detectEncodings, options);
}

/** Parses the bytes of a CSV file. Throws an InputError that names `path`. */
export function parseCsv(bytes: Uint8Array, path: string, options: TextOptions = {}): NotedTable {
  return parseTextTable(bytes, path, detectEncodings, options);
}
