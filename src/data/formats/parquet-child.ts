// The process that reads one Parquet file and sends what it finds, a column or some images a message.

import type { Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { InputError } from '../../errors.ts';
import { type Column, columnOf } from './columns.ts';

/** A message of this process; the last one is `done` or `refused`. */
export type Found =
  /** The packages are loaded, the file is next. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'column'; readonly column: Column }
  /** The next images, as files, and what each of them is called; a file is empty where a row has none. */
  | { readonly kind: 'images'; readonly files: readonly Uint8Array[]; readonly sources: readonly string[] }
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'refused'; readonly reason: string };

const MOST_ROWS = 50_000_000;
const MOST_COLUMNS = 20_000;
/** All that may be unpacked. */
const MAX_BYTES = 2 ** 31;
/** Images a message. */
const SOME = 100;
/** How pandas calls an index that it stores with the data. */
const INDEX = /^__index_level_\d+__$/;

function send(found: Found): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(found, undefined, undefined, error => (error ? reject(error) : resolve()));
  });
}

async function read(path: string): Promise<number> {
  const hyparquet = await import('hyparquet').catch(cause => {
    throw new InputError('to read Parquet, npm install hyparquet hyparquet-compressors', { cause });
  });
  const packed = await import('hyparquet-compressors').catch(() => undefined);
  const known: Compressors = { SNAPPY: unpackSnappy, ...packed?.compressors };
  await send({ kind: 'ready' });
  const file = await hyparquet.asyncBufferFromFile(path);
  const metadata = await hyparquet.parquetMetadataAsync(file, { geoparquet: false });
  const { children } = hyparquet.parquetSchema(metadata);
  const fields = children.filter(({ element }) => !INDEX.test(element.name));
  const count = countRows(metadata);
  check(metadata, fields, known);
  const compressors = limited(known);
  for (const field of fields) {
    const { name } = field.element;
    const isImages = field.children.length > 0;
    const cells: unknown[] = new Array(count);
    let length = 0;
    await hyparquet.parquetRead({
      file,
      metadata,
      columns: [name],
      compressors,
      utf8: !isImages,
      geoparquet: false,
      onChunk: ({ columnData, rowStart }) => {
        length += columnData.length;
        if (rowStart + columnData.length > count) return;
        for (let i = 0; i < columnData.length; i++) cells[rowStart + i] = columnData[i];
      },
    });
    if (length !== count) {
      throw new InputError(`column ${name} has ${length} values, expected one for each of the ${count} rows`);
    }
    if (isImages) await sendImages(cells);
    else {
      const names = classNamesOf(metadata, name);
      const values = names ? cells.map(cell => names[Number(cell)] ?? '') : cells;
      await send({ kind: 'column', column: columnOf(name, values, 'the file') });
    }
  }
  return count;

  function unpackSnappy(input: Uint8Array, length: number): Uint8Array {
    const output = new Uint8Array(length);
    hyparquet.snappyUncompress(input, output);
    return output;
  }
}

function countRows({ row_groups }: FileMetaData): number {
  let count = 0;
  for (const { num_rows } of row_groups) {
    if (num_rows < 0) throw new InputError(`a group of ${num_rows} rows`);
    count += Number(num_rows);
  }
  if (count === 0) throw new InputError('has no rows: expected an example in each');
  if (count > MOST_ROWS) throw new InputError(`expected at most ${MOST_ROWS} rows, found ${count}`);
  return count;
}

/** Throws an InputError for columns that are no cells and no images, and for packing that cannot be undone. */
function check({ row_groups }: FileMetaData, fields: readonly SchemaTree[], known: Compressors): void {
  if (fields.length > MOST_COLUMNS) {
    throw new InputError(`expected at most ${MOST_COLUMNS} columns, found ${fields.length}`);
  }
  const names = fields.map(({ element }) => element.name);
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) throw new InputError(`two columns are called ${twice}: rename one`);
  const nested = fields.find(field => !isPlain(field) && !isImageField(field));
  if (nested) {
    throw new InputError(
      `column ${nested.element.name} holds lists or records, expected numbers, text, or images as { bytes, path }: write the file without it, or with a column for each part`,
    );
  }
  const images = fields.filter(isImageField).map(({ element }) => element.name);
  if (images.length > 1) {
    throw new InputError(
      `expected one column of images, found ${images.join(' and ')}: leave out the others`,
    );
  }
  for (const { columns } of row_groups) {
    for (const { meta_data } of columns) {
      const codec = meta_data?.codec;
      if (codec === undefined || codec === 'UNCOMPRESSED' || known[codec]) continue;
      throw new InputError(`is packed by ${codec}: to read it, npm install hyparquet-compressors`);
    }
  }
}

function isPlain({ children, element }: SchemaTree): boolean {
  const isJson = element.converted_type === 'JSON' || element.logical_type?.type === 'JSON';
  return children.length === 0 && element.repetition_type !== 'REPEATED' && !isJson;
}

function isImageField({ children, element }: SchemaTree): boolean {
  const parts = children.map(child => child.element.name).sort();
  return element.repetition_type !== 'REPEATED' && parts.join() === 'bytes,path' && children.every(isPlain);
}

/** The same, until all that was unpacked is more than may be. */
function limited(known: Compressors): Compressors {
  let total = 0;
  return Object.fromEntries(
    Object.entries(known).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        total += length;
        if (!(length >= 0 && total <= MAX_BYTES)) {
          throw new InputError('expected at most 2 GiB when unpacked: take a part of it');
        }
        return unpack(input, length);
      },
    ]),
  );
}

async function sendImages(cells: readonly unknown[]): Promise<void> {
  const names = new TextDecoder();
  for (let begin = 0; begin < cells.length; begin += SOME) {
    const files: Uint8Array[] = [];
    const sources: string[] = [];
    for (const [k, cell] of cells.slice(begin, begin + SOME).entries()) {
      const { bytes, path } = (cell ?? {}) as { bytes?: unknown; path?: unknown };
      const row = `row ${begin + k + 1}`;
      files.push(bytes instanceof Uint8Array ? bytes : new Uint8Array());
      sources.push((path instanceof Uint8Array ? names.decode(path) : path?.toString()) || row);
    }
    await send({ kind: 'images', files, sources });
  }
}

/** What Hugging Face calls the numbers of a column that holds classes; a number that has no name is a missing one. */
function classNamesOf({ key_value_metadata }: FileMetaData, column: string): readonly string[] | undefined {
  const text = key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (!text) return undefined;
  const feature = JSON.parse(text)?.info?.features?.[column];
  const names: unknown = feature?._type === 'ClassLabel' ? feature.names : undefined;
  const areNames = Array.isArray(names) && names.every(name => typeof name === 'string');
  return areNames ? names : undefined;
}

function refusal(error: unknown): string {
  if (error instanceof InputError) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return `damaged, or of a kind that hyparquet does not read (${reason}); write it again`;
}

const last = await read(process.argv[2]).then(
  (count): Found => ({ kind: 'done', count }),
  (error): Found => ({ kind: 'refused', reason: refusal(error) }),
);
await send(last);
process.disconnect();
