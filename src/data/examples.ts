// Which reader a file or a folder of somebody's own data takes.

import { readdir, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InputError } from '../errors.ts';
import { fileError } from '../files/write.ts';
import { cifarBatches } from './cifar.ts';
import { isImageFile, readFolder, readImageFiles } from './folder.ts';
import type { Encoding, Examples, Source } from './own.ts';
import type { Size } from './pictures.ts';

const TABLES = ['.csv', '.tsv', '.tab', '.txt', '.data'];
const ARRAYS = ['.npy', '.npz'];
const PARQUET = '.parquet';
const EXPECTED =
  'expected a table (.csv, .tsv, .txt, .parquet), .npy, .npz, or a folder with a folder of images for each class';

/**
 * Whether `path` is a file or a folder that `readExamples` may read, and no folder of the files of MNIST or CIFAR-10. One that
 * is not there is told by its ending, so that the message about it is that of a file.
 */
export async function holdsExamples(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [...TABLES, ...ARRAYS, PARQUET].includes(extname(path).toLowerCase());
  if (!found.isDirectory()) return true;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const isKnown = entries.some(
    ({ name }) => /^(train|t10k)-(images|labels)/.test(name) || cifarBatches.includes(name),
  );
  return !isKnown && entries.some(entry => entry.isDirectory() || isImageFile(entry.name));
}

/**
 * Reads a file of somebody's own data (.csv, .tsv, .txt, .npy, .npz, .parquet or an image), or a folder with a folder of images
 * for each class. Images become `size`, or else the size that most have, at most 32 pixels a side; PNG is read always, JPEG and
 * other formats where the package sharp is installed, Parquet where hyparquet is. Throws an InputError that names what cannot
 * be read.
 */
export async function readExamples(path: string, size?: Size): Promise<Source> {
  const found = await stat(path).catch(error => {
    throw fileError('read', path, error);
  });
  if (found.isDirectory()) return { examples: await readFolder(path, size) };
  const ending = extname(path).toLowerCase();
  // Only the reader that is needed is loaded, with the package that it reads by.
  if (TABLES.includes(ending)) return { examples: await (await import('./csv.ts')).readCsv(path) };
  if (ARRAYS.includes(ending)) return (await import('./npy.ts')).readNumpy(path);
  if (ending === PARQUET) return { examples: await (await import('./parquet.ts')).readParquet(path, size) };
  if (isImageFile(path)) return { examples: await readImageFiles([path], path, size) };
  throw new InputError(`${path}: ${EXPECTED}`);
}

/** Reads examples to be answered, all of one source. */
export async function readQuestions(paths: readonly string[], encoding: Encoding): Promise<Examples> {
  if (paths.length > 1 || isImageFile(paths[0])) {
    const other = paths.find(path => !isImageFile(path));
    if (other !== undefined)
      throw new InputError(`${other}: expected an image, as the others, or a single file or folder`);
    return readImageFiles(
      paths,
      paths.length === 1 ? paths[0] : `${paths.length} images`,
      imageSize(encoding),
    );
  }
  return (await readExamples(paths[0], imageSize(encoding))).examples;
}

/** What images must become for a model with this encoding. */
export function imageSize(encoding: Encoding): Size | undefined {
  return encoding.kind === 'image' ? encoding : undefined;
}
