// Parquet, as Hugging Face and pandas write it: a table, or images with what is said of each. The package hyparquet decodes,
// where it is installed, and in a process of its own: a damaged file can make it loop, or fill the heap, which ends a thread's
// whole process.

import { fork } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.ts';
import { fileError } from '../files/write.ts';
import { decodeImage } from './folder.ts';
import type { Images } from './images.ts';
import type { Source } from './own.ts';
import type { Found } from './parquet-child.ts';
import { type Picture, type Size, stackPictures } from './pictures.ts';
import { type Column, numbers, type Table, texts } from './table.ts';

/** The same file whether this one runs from src/ (in tests) or from dist/. */
const CHILD = fileURLToPath(new URL('../../dist/data/parquet-child.js', import.meta.url));
/** What the heap of the process may hold, in MiB. */
const HEAP = 2048;
/** Seconds that reading may take: some, and one for each MiB. */
const SECONDS = 10;
const MAX_BYTES = 2 ** 31;

/** What a Parquet file holds. */
export interface ParquetColumns {
  readonly count: number;
  readonly columns: readonly Column[];
  /** Absent where there is no column of them. */
  readonly images?: { readonly files: readonly Uint8Array[]; readonly sources: readonly string[] };
}

/**
 * Reads the Parquet file at `path`: plain columns as a table, or a column of images (as Hugging Face stores them) as images of
 * `size`, or else of the size that most have, with the other columns as their `columns`. Numbers of classes that the file has
 * names for become these. Throws an InputError where hyparquet is not installed, or the file is not sound or too large.
 */
export async function readParquet(path: string, size?: Size): Promise<Table | Images> {
  return readParts([path], path, size);
}

/** The same of all `files` in a folder, as one; those whose names begin with `test` are to test on. */
export async function readParquetFolder(
  folder: string,
  files: readonly string[],
  size?: Size,
): Promise<Source> {
  const ofTest = files.filter(file => /^test\b/i.test(file));
  const others = files.filter(file => !ofTest.includes(file));
  const read = (part: readonly string[], name: string, size?: Size) =>
    readParts(
      part.toSorted().map(file => join(folder, file)),
      name,
      size,
    );
  if (others.length === 0 || ofTest.length === 0) return { examples: await read(files, folder, size) };
  const examples = await read(others, folder, size);
  const sameSize = 'pixels' in examples ? examples : undefined;
  return { examples, test: await read(ofTest, `${folder}, test part`, sameSize) };
}

async function readParts(paths: readonly string[], name: string, size?: Size): Promise<Table | Images> {
  const parts: ParquetColumns[] = [];
  for (const path of paths) {
    const bytes = await checkEnds(path);
    parts.push(await readColumns(path, SECONDS + bytes / 2 ** 20));
    checkAlike(parts[0], parts.at(-1)!, paths[0], path);
  }
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const columns = parts[0].columns.map((_, k) => joined(parts.map(part => part.columns[k])));
  if (!parts[0].images) return { name, count, columns, hasNames: true };
  const pictures: Picture[] = [];
  for (const [k, { images }] of parts.entries()) {
    for (const [i, file] of images!.files.entries()) {
      pictures.push(await decodeImage(file, `${paths[k]}, row ${i + 1}`));
    }
  }
  const sources = parts.flatMap(({ images }) => images!.sources);
  return { ...stackPictures(pictures, name, size), columns, sources };
}

function checkAlike(first: ParquetColumns, other: ParquetColumns, firstPath: string, path: string): void {
  const describe = ({ columns, images }: ParquetColumns) =>
    [...(images ? ['images'] : []), ...columns.map(({ name }) => name)].join(', ');
  if (describe(first) !== describe(other)) {
    throw new InputError(
      `${path} has the columns ${describe(other)}, expected ${describe(first)} as in ${firstPath}: give one of them, or files of one kind`,
    );
  }
}

/** Columns end to end; as text where one of them is. */
function joined(columns: readonly Column[]): Column {
  const [{ name }] = columns;
  if (columns.length === 1) return columns[0];
  if (!columns.every(({ values }) => values instanceof Float64Array))
    return { name, values: columns.flatMap(texts) };
  return { name, values: Float64Array.from(columns.flatMap(column => Array.from(numbers(column)))) };
}

/** Looks at the marks at both ends; returns the size of the file in bytes. */
async function checkEnds(path: string): Promise<number> {
  const failed = (error: unknown) => {
    throw fileError('read', path, error);
  };
  const file = await open(path).catch(failed);
  try {
    const { size } = await file.stat().catch(failed);
    const ends = Buffer.alloc(8);
    await file.read(ends, 0, 4, 0).catch(failed);
    await file.read(ends, 4, 4, Math.max(0, size - 4)).catch(failed);
    if (size < 12 || ends.toString('latin1') !== 'PAR1PAR1') {
      throw new InputError(
        `${path}: not a whole Parquet file: expected PAR1 at its beginning and at its end; fetch the file again`,
      );
    }
    if (size > MAX_BYTES) {
      throw new InputError(
        `${path}: expected at most 2 GiB of Parquet, found ${(size / 2 ** 30).toFixed(1)}: take a part of it`,
      );
    }
    return size;
  } finally {
    await file.close();
  }
}

/** The columns of the Parquet file at `path`, read within `seconds`; throws an InputError where that cannot be. */
export function readColumns(path: string, seconds: number): Promise<ParquetColumns> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [path], {
      execArgv: [`--max-old-space-size=${HEAP}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const columns: Column[] = [];
    const images = { files: [] as Uint8Array[], sources: [] as string[] };
    let clock: NodeJS.Timeout | undefined;
    const refuse = (reason: string) => {
      clearTimeout(clock);
      child.kill('SIGKILL');
      reject(new InputError(`${path}: ${reason}`));
    };
    child.on('message', (found: Found) => {
      if (found.kind === 'ready') {
        clock = setTimeout(() => {
          refuse(
            `not read within ${Math.ceil(seconds)} seconds: the file is damaged, or too large; write it again`,
          );
        }, seconds * 1000);
      } else if (found.kind === 'column') columns.push(found.column);
      else if (found.kind === 'images') {
        images.files.push(...found.files);
        images.sources.push(...found.sources);
      } else if (found.kind === 'refused') refuse(found.reason);
      else {
        clearTimeout(clock);
        resolve({ count: found.count, columns, ...(images.files.length > 0 && { images }) });
      }
    });
    child.on('error', error => refuse(`cannot be read in a process of its own (${error.message})`));
    // After an answer there is nothing left to refuse.
    child.on('exit', () => {
      refuse(
        `the process that reads it ended: the file is damaged, or takes more than ${HEAP / 1024} GiB of memory; write it again`,
      );
    });
  });
}
