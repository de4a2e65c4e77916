// CSV in Node: files of any size, gzipped or not, and with chardet to guess encodings by.

import { stat } from 'node:fs/promises';
import { readChunks } from '../../files/chunks.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import type { PageOptions } from '../../network/page-script.ts';
import type { BlobLike, ResponseLike } from '../../platform.ts';
import { blobOf, parseBlob } from './blob-table.ts';
import { detectEncodings } from './detector.ts';
import { readIn, readPasses } from './passes.ts';
import {
  type NotedTable,
  type ReadProgress,
  readText,
  type TextHost,
  type TextOptions,
  type TextSource,
} from './text-table.ts';
import { TypedColumns } from './typed-columns.ts';

const host: TextHost = {
  detect: detectEncodings,
  asciiText: bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
  columnsFor: (source, width) => new TypedColumns(source, width),
};

/**
 * Reads the CSV file at `path`, gzipped or not, of any size as long as memory holds its columns; tells of it now and then. Throws an
 * InputError where it cannot be read, is no table, or too large.
 */
export async function readCsv(
  path: string,
  options: TextOptions = {},
  onProgress?: (progress: ReadProgress) => void,
): Promise<NotedTable> {
  const found = await stat(path).catch(error => {
    throw fileError('read', path, error);
  });
  // What comes out of a pipe comes once.
  if (!found.isFile()) return parseCsv(await readBytes(path), path, options);
  const source: TextSource = { path, size: found.size };
  const open = async function* () {
    for await (const chunk of readChunks(path)) {
      const { size: of, table } = source;
      onProgress?.({ path, bytes: chunk.at, of, ...(table && { table }) });
      yield chunk;
    }
  };
  return readPasses(open, readText(source, host, options));
}

/**
 * The table in a `File`, a `Blob` or a `Response` of CSV, gzipped or not. How it was read is in its `notes`. Throws an InputError that names
 * what is wrong.
 */
export async function readTable(
  source: BlobLike | ResponseLike,
  options: TextOptions & PageOptions = {},
): Promise<NotedTable> {
  return parseBlob(await blobOf(source), host, options);
}

/** Parses the bytes of a CSV file. Throws an InputError that names `path`. */
export function parseCsv(bytes: Uint8Array, path: string, options: TextOptions = {}): NotedTable {
  return readIn(bytes, readText({ path, size: bytes.length }, host, options));
}
