// Parquet, as Hugging Face and pandas write it, as somebody's own data: a table, or images with what is said of each.

import { join } from 'node:path';
import { InputError } from '../../errors.ts';
import type { FileInFolder } from '../../files/folder.ts';
import { type Column, numbers, texts } from '../formats/columns.ts';
import { checkEnds, type ParquetColumns, readColumns } from '../formats/parquet.ts';
import { decodeFiles } from '../images/image-files.ts';
import type { ImageOptions } from '../images/images.ts';
import { sizeNotes, stackPictures } from '../images/stack-images.ts';
import { type Examples, isTable, type OpenedData } from './examples.ts';

/** Seconds that reading may take: some, and one for each MiB. */
const SECONDS = 10;

/**
 * Reads the Parquet file at `path`: plain columns as a table, or a column of images (as Hugging Face stores them) as images of
 * `size`, or else of the size that most have, with the other columns as their `columns`. Numbers of classes that the file has
 * names for become these. Throws an InputError where hyparquet is not installed, or the file is not sound or too large, and for images
 * that cannot be read; with `skipBad` their rows are left out.
 */
export async function readParquet(path: string, options: ImageOptions = {}): Promise<Examples> {
  return readParts([path], path, options);
}

/** The same of all `files` in a folder, as one; those whose names begin with `test` are to test on. */
export async function readParquetFolder(
  folder: string,
  files: readonly string[],
  options: ImageOptions = {},
): Promise<OpenedData> {
  const ofTest = files.filter(file => /^test\b/i.test(file));
  const others = files.filter(file => !ofTest.includes(file));
  const read = (part: readonly string[], name: string, size: ImageOptions['size']) =>
    readParts(
      part.toSorted().map(file => join(folder, file)),
      name,
      { ...options, size },
    );
  if (others.length === 0 || ofTest.length === 0)
    return { examples: await read(files, folder, options.size) };
  const examples = await read(others, folder, options.size);
  const sameSize = isTable(examples) ? undefined : examples;
  return { examples, test: await read(ofTest, `${folder}, test part`, sameSize) };
}

async function readParts(paths: readonly string[], name: string, options: ImageOptions): Promise<Examples> {
  const parts: ParquetColumns[] = [];
  for (const path of paths) {
    const bytes = await checkEnds(path);
    parts.push(await readColumns(path, SECONDS + bytes / 2 ** 20));
    checkAlike(parts[0], parts.at(-1)!, paths[0], path);
  }
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const columns = parts[0].columns.map((_, k) => joined(parts.map(part => part.columns[k])));
  if (!parts[0].images) return { name, count, columns, hasNames: true };
  const files = parts.flatMap(({ images }, k) =>
    images!.files.map((bytes, i) => imageIn(bytes, images!.sources[i], `${paths[k]}, row ${i + 1}`)),
  );
  const { pictures, notes } = await decodeFiles(files, name, options.skipBad);
  const isRead = files.map(file => pictures.has(file));
  const list = [...pictures.values()];
  const images = stackPictures(list, name, options);
  return {
    ...images,
    columns: columns.map(({ name, values }) => ({
      name,
      // Only tables of text have cells of other kinds.
      values: (values as readonly string[] | Float64Array).filter((_, row) => isRead[row]),
    })),
    sources: files.filter((_, row) => isRead[row]).map(file => file.name),
    notes: [...notes, ...sizeNotes(list, images, options.size)],
  };
}

/** The image in a cell as a file; an empty one is none. */
function imageIn(bytes: Uint8Array, name: string, path: string): FileInFolder {
  const read = async () => {
    if (bytes.length > 0) return bytes;
    throw new InputError(`${path} has no bytes of an image: write them into the file`);
  };
  return { name, path, read };
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
    return { name, values: columns.flatMap(column => texts(column)) };
  return { name, values: Float64Array.from(columns.flatMap(column => Array.from(numbers(column)))) };
}
