// Which reader a file or a folder of somebody's own data takes.

import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { fileError } from '../files/write.ts';
import { readCsv } from './csv.ts';
import { isImageFile, readFolder, readImageFiles } from './folder.ts';
import { readNumpy } from './npy.ts';
import type { Encoding, Examples, Source } from './own.ts';
import { readParquet } from './parquet.ts';

const TABLES = ['.csv', '.tsv', '.tab', '.txt', '.data'];
const EXPECTED =
  'expected a table (.csv, .tsv, .txt), .npy, .npz, .parquet, or a folder with a folder of images for each class';

/** What readers need to know of what is learned or was learned. */
export interface ReadOptions {
  /** The column to learn. */
  readonly label?: string | undefined;
  /** Of the model that is to answer: images are brought to its size. */
  readonly encoding?: Encoding | undefined;
}

/** Whether `path` is a file or a folder that `readExamples` may read, and no folder of IDX files with the names of MNIST. */
export async function holdsExamples(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found !== undefined;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const isIdx = entries.some(({ name }) => /^(train|t10k)-(images|labels)/.test(name));
  return (
    !isIdx && entries.some(entry => entry.isDirectory() || isImageFile(entry.name) || isParquet(entry.name))
  );
}

/** Reads a file of somebody's own data, or a folder. Throws an InputError that names what cannot be read. */
export async function readExamples(path: string, options: ReadOptions = {}): Promise<Source> {
  const { label, encoding } = options;
  const size = encoding?.kind === 'image' ? encoding : undefined;
  const found = await stat(path).catch(error => {
    throw fileError('read', path, error);
  });
  if (found.isDirectory()) {
    const names = (await readdir(path)).filter(isParquet).sort();
    if (names.length > 0) return readShards(path, names, options);
    return { examples: await readFolder(path, size) };
  }
  const ending = extname(path).toLowerCase();
  if (TABLES.includes(ending)) return { examples: await readCsv(path) };
  if (ending === '.npy' || ending === '.npz') return readNumpy(path);
  if (isParquet(path)) return { examples: await readParquet(path, label, size) };
  if (isImageFile(path)) return { examples: await readImageFiles([path], path, size) };
  throw new InputError(`${path}: ${EXPECTED}`);
}

function isParquet(name: string): boolean {
  return extname(name).toLowerCase() === '.parquet';
}

/** A folder as Hugging Face lays it out, with one file for training and perhaps one for testing. */
async function readShards(folder: string, names: readonly string[], options: ReadOptions): Promise<Source> {
  const of = (part: string) => names.filter(name => name.startsWith(part));
  const [train, test] = [of('train'), of('test')];
  const chosen = names.length === 1 ? names : train;
  if (chosen.length !== 1 || test.length > 1) {
    throw new InputError(
      `${folder}: expected one Parquet file for training (train-….parquet) and at most one for testing, found ${names.slice(0, 5).join(', ')}; give a single file`,
    );
  }
  const size = options.encoding?.kind === 'image' ? options.encoding : undefined;
  const examples = await readParquet(join(folder, chosen[0]), options.label, size);
  if (test.length === 0 || names.length === 1) return { examples };
  const like = 'channels' in examples ? examples : undefined;
  return { examples, test: await readParquet(join(folder, test[0]), options.label, size ?? like) };
}

/** Reads examples to be answered, all of one source. */
export async function readQuestions(paths: readonly string[], encoding: Encoding): Promise<Examples> {
  if (paths.length > 1 || isImageFile(paths[0])) {
    const other = paths.find(path => !isImageFile(path));
    if (other !== undefined)
      throw new InputError(`${other}: expected an image, as the others, or a single file or folder`);
    const size = encoding.kind === 'image' ? encoding : undefined;
    return readImageFiles(paths, paths.length === 1 ? paths[0] : `${paths.length} images`, size);
  }
  return (await readExamples(paths[0], { encoding })).examples;
}
