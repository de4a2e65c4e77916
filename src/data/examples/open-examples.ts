// Which reader a file or a folder of somebody's own data takes.

import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError } from '../../errors.ts';
import { isJunk, openFolder } from '../../files/folder.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import { readIdx } from '../formats/idx-file.ts';
import type { ReadProgress, TextOptions } from '../formats/text-table.ts';
import { isImageFile, readImageFiles } from '../images/image-files.ts';
import { readImageFolder } from '../images/image-folder.ts';
import type { ImageOptions } from '../images/images.ts';
import { cifarBatches } from '../named/cifar.ts';
import { few } from '../notes.ts';
import { type Examples, isTable, type OpenedData } from './examples.ts';
import { isIdxFile, readIdxExamples } from './idx-examples.ts';

const TABLES = ['.csv', '.tsv', '.tab', '.txt', '.data'];
const ARRAYS = ['.npy', '.npz'];
const PARQUET = '.parquet';
const ZIP = '.zip';
/** Tables that are not text with something between cells. */
const OTHER_TABLES = ['.json', '.jsonl', '.ndjson', '.arff', '.xlsx'];
const EXPECTED =
  'expected a table (.csv, .tsv, .txt, .json, .arff, .xlsx, .parquet), .npy, .npz, IDX, or a folder (or .zip) with a folder of images for each class';

/** How somebody's own data are to be read, where that is not to be found out. */
export interface ReadOptions extends TextOptions, ImageOptions {
  /** Told of every piece of a table of text that is read. */
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
}

/**
 * Whether `path` is a file or a folder that `readExamples` may read, and no folder of CIFAR-10 or of ten classes in the files of
 * MNIST. One that is not there is told by its ending, so that the message about it is that of a file.
 */
export async function holdsExamples(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [...TABLES, ...OTHER_TABLES, ...ARRAYS, PARQUET, ZIP].includes(endingOf(path));
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

/** The ending of a file's name, below that of gzip. */
function endingOf(path: string): string {
  return extname(path.toLowerCase().replace(/\.gz$/, ''));
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
 * Reads a file of somebody's own data (.csv, .tsv, .txt, .json, .jsonl, .arff, .xlsx, .npy, .npz, .parquet, IDX or an image), or a folder
 * of IDX files, of parts in Parquet, or with a folder of images for each class, which may be packed as .zip, as a table may. PNG and BMP
 * are read always, JPEG and other formats where the package sharp is installed, Parquet where hyparquet is, .xlsx where read-excel-file
 * is. How a text was read is in its `notes`. Throws an InputError that names what cannot be read.
 */
export async function readExamples(path: string, options: ReadOptions = {}): Promise<OpenedData> {
  const source = await readSource(path, options);
  // Only images that are files of their own, which have a source each, may be bad by themselves.
  if (options.skipBad && (isTable(source.examples) || !source.examples.sources)) {
    throw new InputError(
      `${path}: --skip-bad leaves out files of images that cannot be read, and there are none in it: leave it out`,
    );
  }
  return source;
}

async function readSource(path: string, options: ReadOptions): Promise<OpenedData> {
  const ending = endingOf(path);
  const found = await stat(path).catch(error => {
    throw fileError('read', path, error);
  });
  if (!found.isDirectory() && TABLES.includes(ending)) {
    // Only the reader that is needed is loaded, with the package that it reads by.
    return { examples: await (await import('../formats/csv.ts')).readCsv(path, options, options.onProgress) };
  }
  if (found.isDirectory()) {
    refuseText(options, path);
    const names = await readdir(path).catch(error => {
      throw fileError('read', path, error);
    });
    if (names.some(isIdxFile)) return readIdxExamples(path, true);
    const parts = names.filter(isParquet);
    if (parts.length > 0)
      return (await import('./parquet-examples.ts')).readParquetFolder(path, parts, options);
    return readImageFolder(await openFolder(path), options);
  }
  if (ending === ZIP) return readZip(path, options);
  refuseText(options, path);
  if (isIdxFile(path)) return readIdxExamples(path, false);
  if (ending === '.arff') return { examples: await (await import('../formats/arff.ts')).readArff(path) };
  if (ending === '.xlsx') return { examples: await (await import('../formats/xlsx.ts')).readXlsx(path) };
  if (OTHER_TABLES.includes(ending))
    return { examples: await (await import('../formats/json.ts')).readJson(path) };
  if (ARRAYS.includes(ending)) return (await import('./numpy-examples.ts')).readNumpy(path);
  if (isParquet(path))
    return { examples: await (await import('./parquet-examples.ts')).readParquet(path, options) };
  if (isImageFile(path)) return { examples: await readImageFiles([path], path, options) };
  throw new InputError(`${path}: ${EXPECTED}`);
}

/** A folder of images that was packed, or a single table. */
async function readZip(path: string, options: ReadOptions): Promise<OpenedData> {
  const { unzip, unzipFolder } = await import('../formats/zip.ts');
  const bytes = await readBytes(path);
  const names: string[] = [];
  unzip(bytes, path, name => {
    if (!name.endsWith('/') && !isJunk(basename(name)) && !name.startsWith('__MACOSX/')) names.push(name);
    return false;
  });
  const tables = names.filter(each => TABLES.includes(endingOf(each)));
  const isAlone = tables.length === 1 && !names.some(isImageFile);
  if (isAlone) {
    const [name] = tables;
    const [[, bytesOfTable]] = unzip(bytes, path, each => each === name);
    const table = (await import('../formats/csv.ts')).parseCsv(bytesOfTable, `${path}, ${name}`, options);
    const others = names.filter(each => each !== name);
    if (others.length === 0) return { examples: table };
    const text = `read ${name}, the only table in ${path}; not read: ${few(others)}`;
    return { examples: { ...table, notes: [{ code: 'read', text }, ...table.notes] } };
  }
  refuseText(options, path);
  // Names without an ending may be those of images, too.
  const folder = unzipFolder(bytes, path, each => isImageFile(each) || extname(each) === '');
  return readImageFolder(folder, options);
}

/** Whoever says how a text is to be read expects that it is. */
function refuseText(
  { delimiter, decimal, thousands, encoding, header, missing }: TextOptions,
  path: string,
): void {
  const said = Object.entries({ delimiter, decimal, thousands, encoding, header, missing });
  const option = said.find(([, value]) => value !== undefined)?.[0];
  if (option === undefined) return;
  throw new InputError(`${path}: ${option} is for tables of text, such as .csv: leave it out`);
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
