// Which reader a file or a folder of somebody's own data takes.

import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError } from '../../errors.ts';
import { openFolder } from '../../files/folder.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import { readIdx } from '../formats/idx-file.ts';
import { isImageFile, readImageFiles } from '../images/image-files.ts';
import { readImageFolder } from '../images/image-folder.ts';
import type { Size } from '../images/images.ts';
import { cifarBatches } from '../named/cifar.ts';
import type { Examples, Source } from './examples.ts';
import { isIdxFile, readIdxExamples } from './idx-examples.ts';

const TABLES = ['.csv', '.tsv', '.tab', '.txt', '.data'];
const ARRAYS = ['.npy', '.npz'];
const PARQUET = '.parquet';
const ZIP = '.zip';
const EXPECTED =
  'expected a table (.csv, .tsv, .txt, .parquet), .npy, .npz, IDX, or a folder (or .zip) with a folder of images for each class';

export interface ReadOptions {
  /** What images become; by default the size that most have, at most 32 pixels a side. */
  readonly size?: Size | undefined;
  /** Leaves out images that cannot be read, with a note, instead of throwing an error that names them. */
  readonly skipBad?: boolean | undefined;
}

/**
 * Whether `path` is a file or a folder that `readExamples` may read, and no folder of CIFAR-10 or of ten classes in the files of
 * MNIST. One that is not there is told by its ending, so that the message about it is that of a file.
 */
export async function holdsExamples(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [...TABLES, ...ARRAYS, PARQUET, ZIP].includes(extname(path).toLowerCase());
  if (!found.isDirectory()) return true;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.map(({ name }) => name);
  if (names.some(name => cifarBatches.includes(name))) return false;
  if (names.some(name => /^(train|t10k)-(images|labels)/.test(name))) {
    const labels = names.find(name => /^train-labels[-.]idx1-ubyte(\.gz)?$/.test(name));
    return labels !== undefined && hasMoreClasses(join(path, labels));
  }
  return entries.some(
    entry =>
      entry.isDirectory() ||
      entry.isSymbolicLink() ||
      isImageFile(entry.name) ||
      isIdxFile(entry.name) ||
      isParquet(entry.name),
  );
}

/** Whether a file of this name may be data that are read with the folder it lies in. */
export function isDataFile(path: string): boolean {
  const name = basename(path);
  return (
    isImageFile(name) ||
    isIdxFile(name) ||
    isParquet(name) ||
    cifarBatches.includes(name) ||
    name.endsWith('mapping.txt')
  );
}

function isParquet(path: string): boolean {
  return extname(path).toLowerCase() === PARQUET;
}

/** Whether a file of labels in the form of MNIST knows more than its ten. */
async function hasMoreClasses(path: string): Promise<boolean> {
  const labels = await readIdx(path).catch(() => undefined);
  return labels?.values.some(label => label >= 10) ?? false;
}

/**
 * Reads a file of somebody's own data (.csv, .tsv, .txt, .npy, .npz, .parquet, IDX or an image), or a folder of IDX files, of parts in
 * Parquet, or with a folder of images for each class, which may be packed as .zip. PNG and BMP are read always, JPEG and other formats
 * where the package sharp is installed, Parquet where hyparquet is. Throws an InputError that names what cannot be read.
 */
export async function readExamples(path: string, options: ReadOptions = {}): Promise<Source> {
  const { size } = options;
  const found = await stat(path).catch(error => {
    throw fileError('read', path, error);
  });
  if (found.isDirectory()) {
    const names = await readdir(path).catch(error => {
      throw fileError('read', path, error);
    });
    if (names.some(isIdxFile)) return readIdxExamples(path, true);
    const parts = names.filter(isParquet);
    if (parts.length > 0) return (await import('./parquet-examples.ts')).readParquetFolder(path, parts, size);
    return readImageFolder(await openFolder(path), options);
  }
  if (isIdxFile(path)) return readIdxExamples(path, false);
  const ending = extname(path).toLowerCase();
  // Only the reader that is needed is loaded, with the package that it reads by.
  if (TABLES.includes(ending)) return { examples: await (await import('../formats/csv.ts')).readCsv(path) };
  if (ARRAYS.includes(ending)) return (await import('./numpy-examples.ts')).readNumpy(path);
  if (isParquet(path))
    return { examples: await (await import('./parquet-examples.ts')).readParquet(path, size) };
  if (ending === ZIP) {
    const { unzipFolder } = await import('../formats/zip.ts');
    // Names without an ending may be those of images, too.
    const folder = unzipFolder(
      await readBytes(path),
      path,
      name => isImageFile(name) || extname(name) === '',
    );
    return readImageFolder(folder, options);
  }
  if (isImageFile(path)) return { examples: await readImageFiles([path], path, options) };
  throw new InputError(`${path}: ${EXPECTED}`);
}

/** Reads examples to be answered, all of one source; see readExamples. */
export async function readQuestions(paths: readonly string[], options: ReadOptions = {}): Promise<Examples> {
  if (paths.length > 1 || isImageFile(paths[0])) {
    const other = paths.find(path => !isImageFile(path));
    if (other !== undefined)
      throw new InputError(`${other}: expected an image, as the others, or a single file or folder`);
    return readImageFiles(paths, paths.length === 1 ? paths[0] : `${paths.length} images`, options);
  }
  const { examples, test } = await readExamples(paths[0], options);
  if (!test) return examples;
  const text = `${paths[0]}: the ${test.count} examples of its test part are not answered; give that part alone`;
  const note = { code: 'skipped', text, count: test.count, isWarning: true } as const;
  return { ...examples, notes: [...(examples.notes ?? []), note] };
}
