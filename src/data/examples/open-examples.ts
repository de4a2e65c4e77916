// Which reader a file or a folder of somebody's own data takes.

import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError } from '../../errors.ts';
import { fileError } from '../../files/write.ts';
import { readIdx } from '../formats/idx-file.ts';
import { isImageFile, readFolder, readImageFiles } from '../images/image-files.ts';
import type { Size } from '../images/images.ts';
import { cifarBatches } from '../named/cifar.ts';
import type { Examples, Source } from './examples.ts';
import { isIdxFile, readIdxExamples } from './idx-examples.ts';

const TABLES = ['.csv', '.tsv', '.tab', '.txt', '.data'];
const ARRAYS = ['.npy', '.npz'];
const PARQUET = '.parquet';
const EXPECTED =
  'expected a table (.csv, .tsv, .txt, .parquet), .npy, .npz, IDX, or a folder with a folder of images for each class';

/**
 * Whether `path` is a file or a folder that `readExamples` may read, and no folder of CIFAR-10 or of ten classes in the files of
 * MNIST. One that is not there is told by its ending, so that the message about it is that of a file.
 */
export async function holdsExamples(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [...TABLES, ...ARRAYS, PARQUET].includes(extname(path).toLowerCase());
  if (!found.isDirectory()) return true;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.map(({ name }) => name);
  if (names.some(name => cifarBatches.includes(name))) return false;
  if (names.some(name => /^(train|t10k)-(images|labels)/.test(name))) {
    const labels = names.find(name => /^train-labels[-.]idx1-ubyte(\.gz)?$/.test(name));
    return labels !== undefined && hasMoreClasses(join(path, labels));
  }
  return entries.some(
    entry => entry.isDirectory() || isImageFile(entry.name) || isIdxFile(entry.name) || isParquet(entry.name),
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
 * Parquet, or with a folder of images for each class. Images become `size`, or else the size that most have, at most 32 pixels a side; PNG is read always, JPEG and
 * other formats where the package sharp is installed, Parquet where hyparquet is. Throws an InputError that names what cannot
 * be read.
 */
export async function readExamples(path: string, size?: Size): Promise<Source> {
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
    return { examples: await readFolder(path, size) };
  }
  if (isIdxFile(path)) return readIdxExamples(path, false);
  const ending = extname(path).toLowerCase();
  // Only the reader that is needed is loaded, with the package that it reads by.
  if (TABLES.includes(ending)) return { examples: await (await import('../formats/csv.ts')).readCsv(path) };
  if (ARRAYS.includes(ending)) return (await import('./numpy-examples.ts')).readNumpy(path);
  if (isParquet(path))
    return { examples: await (await import('./parquet-examples.ts')).readParquet(path, size) };
  if (isImageFile(path)) return { examples: await readImageFiles([path], path, size) };
  throw new InputError(`${path}: ${EXPECTED}`);
}

/** Reads examples to be answered, all of one source; see readExamples. */
export async function readQuestions(paths: readonly string[], size?: Size): Promise<Examples> {
  if (paths.length > 1 || isImageFile(paths[0])) {
    const other = paths.find(path => !isImageFile(path));
    if (other !== undefined)
      throw new InputError(`${other}: expected an image, as the others, or a single file or folder`);
    return readImageFiles(paths, paths.length === 1 ? paths[0] : `${paths.length} images`, size);
  }
  return (await readExamples(paths[0], size)).examples;
}
