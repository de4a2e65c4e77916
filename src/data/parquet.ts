// Parquet as Hugging Face serves it: tables, and images as structs of bytes and a path. hyparquet reads it, where it is
// installed.

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { Compressors, FileMetaData } from 'hyparquet';
import { InputError } from '../errors.ts';
import { fileError } from '../files/write.ts';
import { decodeImage } from './folder.ts';
import type { Images } from './images.ts';
import { type Picture, type Size, stackPictures } from './pictures.ts';
import { columnOf, labelColumn, type Table, texts } from './table.ts';

const MOST_ROWS = 10_000_000;
/** No compression that is read here makes more of one byte than deflate does. */
const MAX_RATIO = 1032;
const MAX_PAGE_BYTES = 2 ** 30;

/** Reads the Parquet file at `path`; see parseParquet. */
export async function readParquet(path: string, label?: string, size?: Size): Promise<Table | Images> {
  const bytes = await readFile(path).catch(error => {
    throw fileError('read', path, error);
  });
  return parseParquet(bytes, path, label, size);
}

/**
 * Parses the bytes of a Parquet file: its columns as a table, or its images where a column has some; the column `label`
 * names their classes. Throws an InputError, naming `path`, for what is not sound.
 */
export async function parseParquet(
  bytes: Uint8Array,
  path: string,
  label?: string,
  size?: Size,
): Promise<Table | Images> {
  const { parquetMetadata, parquetReadObjects, snappyUncompress } = await import('hyparquet').catch(cause => {
    throw new InputError(`${path}: to read Parquet, npm install hyparquet`, { cause });
  });
  const buffer = bytes.slice().buffer;
  let metadata: FileMetaData;
  let rows: Record<string, unknown>[];
  try {
    metadata = parquetMetadata(buffer);
    checkClaims(metadata, bytes.length, path);
    const compressors: Compressors = {
      SNAPPY: (input, length) => {
        const output = new Uint8Array(checkLength(length, input.length));
        snappyUncompress(input, output);
        return output;
      },
      GZIP: (input, length) => gunzipSync(input, { maxOutputLength: checkLength(length, input.length) }),
    };
    rows = await parquetReadObjects({ file: buffer, metadata, compressors, utf8: false });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = String((cause as Error)?.message ?? cause).slice(0, 200);
    throw new InputError(
      `${path}: cannot read the Parquet file (${reason}); expected no or snappy or gzip compression, and a sound file`,
      { cause },
    );
  }
  if (rows.length === 0) throw new InputError(`${path} has no rows: expected an example in each`);
  const classNames = huggingFaceClasses(metadata);
  const images: { readonly name: string; readonly files: Uint8Array[] }[] = [];
  const columns = Object.keys(rows[0]).flatMap(name => {
    const cells = rows.map(row => row[name]);
    if (cells.every(isImage)) {
      images.push({ name, files: cells.map(({ bytes }) => bytes) });
      return [];
    }
    const names = classNames.get(name);
    return [
      columnOf(
        name,
        cells.map(cell => plain(names?.[Number(cell)] ?? cell)),
        path,
      ),
    ];
  });
  const table: Table = { name: path, count: rows.length, columns, hasNames: true };
  if (images.length === 0) return table;
  const pictures: Picture[] = [];
  for (const [i, file] of images[0].files.entries()) {
    pictures.push(await decodeImage(file, `${path}, row ${i + 1}, ${images[0].name}`));
  }
  const stacked = stackPictures(pictures, path, size);
  return columns.length === 0 ? stacked : { ...stacked, labels: texts(columns[labelColumn(table, label)]) };
}

function checkLength(length: number, compressed: number): number {
  if (!(length >= 0 && length <= Math.min(MAX_PAGE_BYTES, MAX_RATIO * (compressed + 1)))) {
    throw new Error(`a page claims ${length} bytes, more than ${compressed} can hold`);
  }
  return length;
}

function checkClaims(metadata: FileMetaData, bytes: number, path: string): void {
  const rows = Number(metadata.num_rows);
  let stored = 0;
  let counted = 0;
  for (const group of metadata.row_groups) {
    counted += Number(group.num_rows);
    for (const { meta_data: column } of group.columns) {
      stored += Number(column?.total_compressed_size ?? 0);
      if (column && Number(column.num_values) > MOST_ROWS) counted = Number.POSITIVE_INFINITY;
    }
  }
  if (!(rows >= 0 && rows <= MOST_ROWS && counted === rows && stored <= bytes)) {
    throw new InputError(
      `${path}: the file claims ${rows} rows (${counted} in its groups) of ${stored} bytes, expected at most ${MOST_ROWS} rows in the ${bytes} bytes it has`,
    );
  }
}

/** The names of the classes in each column of the kind that Hugging Face calls ClassLabel. */
function huggingFaceClasses({ key_value_metadata: pairs }: FileMetaData): Map<string, string[]> {
  const text = pairs?.find(({ key }) => key === 'huggingface')?.value;
  const classes = new Map<string, string[]>();
  if (!text) return classes;
  try {
    const features: Record<string, { names?: unknown } | null> = JSON.parse(text).info.features;
    for (const [column, feature] of Object.entries(features)) {
      const names = feature?.names;
      if (Array.isArray(names) && names.every(name => typeof name === 'string')) classes.set(column, names);
    }
  } catch {
    // Only names are lost: the classes keep their numbers.
  }
  return classes;
}

function isImage(cell: unknown): cell is { bytes: Uint8Array } {
  return typeof cell === 'object' && cell !== null && 'bytes' in cell && cell.bytes instanceof Uint8Array;
}

/** Bytes that are no image are text. */
function plain(cell: unknown): unknown {
  return cell instanceof Uint8Array ? new TextDecoder().decode(cell) : cell;
}
