// IDX files as somebody's own data: images or rows of numbers with any number of classes, whose labels, test set and names of
// classes are found beside them, as EMNIST has them.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import type { Idx } from '../formats/idx.ts';
import { readIdx } from '../formats/idx-file.ts';
import type { Images } from '../images/images.ts';
import { tableFromArray } from '../tables/table.ts';
import type { Examples, OpenedData } from './examples.ts';

/** `emnist-letters-`, `train`, `images`; what files are called elsewhere is alike. */
const NAME = /^(.*?)(train|t10k|test)?[-_.]?(images?|labels?)/i;
const ENDING = /(idx\d?|ubyte)(\.gz)?$/i;

interface IdxName {
  readonly file: string;
  readonly set: string;
  readonly isTest: boolean;
  readonly isLabels: boolean;
}

/** Whether the name of a file is one of IDX. */
export function isIdxFile(path: string): boolean {
  return ENDING.test(basename(path));
}

/**
 * Reads IDX files, plain or gzipped, as own data: `path` is a file of images (or of rows of numbers), or a folder with one such
 * set. Labels, and a test set, are taken from the files beside it of the same name but for `labels` and `t10k` or `test`; names
 * of classes from `SET-mapping.txt`. Throws an InputError where there is no such set, or more than one, or one that is not sound.
 */
export async function readIdxExamples(path: string, isFolder: boolean): Promise<OpenedData> {
  const folder = isFolder ? path : dirname(path);
  const files = await readdir(folder).catch(error => {
    throw fileError('read', folder, error);
  });
  const names = files.flatMap(file => parseName(file) ?? []);
  const chosen = isFolder ? chooseInputs(names, folder) : names.find(({ file }) => file === basename(path));
  // A file of any other name stands alone.
  if (!chosen) return { examples: examplesOf(await readIdx(path), undefined, path) };
  if (chosen.isLabels) throw new InputError(`${path} holds labels: give the file of images beside it`);
  const classNames = await readMapping(folder, files, chosen.set);
  const read = async (inputs: IdxName): Promise<Examples> => {
    const at = join(folder, inputs.file);
    const labels = names.find(
      other => other.isLabels && other.set === inputs.set && other.isTest === inputs.isTest,
    );
    const words =
      labels && labelWords(await readIdx(join(folder, labels.file)), join(folder, labels.file), classNames);
    return examplesOf(await readIdx(at), words, at);
  };
  const test = names.find(
    ({ set, isTest, isLabels }) => set === chosen.set && isTest && !isLabels && !chosen.isTest,
  );
  const examples = await read(chosen);
  return test ? { examples, test: await read(test) } : { examples };
}

function parseName(file: string): IdxName | undefined {
  if (!isIdxFile(file)) return undefined;
  const match = NAME.exec(file);
  if (!match) return undefined;
  const [, before, part, kind] = match;
  const set = before.replace(/[-_.]+$/, '');
  const isTest = part !== undefined && part.toLowerCase() !== 'train';
  return { file, set, isTest, isLabels: /^label/i.test(kind) };
}

function chooseInputs(names: readonly IdxName[], folder: string): IdxName {
  const inputs = names.filter(({ isLabels }) => !isLabels);
  const train = inputs.filter(({ isTest }) => !isTest);
  const [first, second] = train.length > 0 ? train : inputs;
  if (!first) {
    throw new InputError(`${folder}: expected an IDX file of images, such as train-images-idx3-ubyte`);
  }
  if (second) {
    throw new InputError(
      `${folder} has several sets (${first.file}, ${second.file}): give the file of images of one`,
    );
  }
  return first;
}

/** What the labels stand for: lines of a label and of the code of its character, as EMNIST has them. */
async function readMapping(
  folder: string,
  files: readonly string[],
  set: string,
): Promise<ReadonlyMap<number, string> | undefined> {
  const file = set ? `${set}-mapping.txt` : 'mapping.txt';
  if (!files.includes(file)) return undefined;
  const text = new TextDecoder().decode(await readBytes(join(folder, file)));
  const lines = text.split('\n').filter(line => line.trim());
  return new Map(
    lines.map((line, i) => {
      const [label, code] = line.trim().split(/\s+/).map(Number);
      if (!(Number.isInteger(label) && code >= 32 && code <= 0x10ffff)) {
        throw new InputError(
          `${join(folder, file)}: line ${i + 1}: expected a label and the code of a character, found ${JSON.stringify(line.slice(0, 40))}`,
        );
      }
      return [label, String.fromCodePoint(code)];
    }),
  );
}

function labelWords({ sizes, values }: Idx, path: string, names?: ReadonlyMap<number, string>): string[] {
  if (sizes.length !== 1 || values instanceof Float32Array) {
    throw new InputError(
      `${path}: expected labels as bytes of 1 dimension, found ${sizes.length}; is it the file of images?`,
    );
  }
  return Array.from(values, label => names?.get(label) ?? String(label));
}

function examplesOf({ sizes, values }: Idx, labels: readonly string[] | undefined, name: string): Examples {
  const [count, height, width, channels = 1] = sizes;
  if (sizes.length < 2) {
    throw new InputError(
      `${name}: expected an example in each row, found 1 dimension; is it the file of labels?`,
    );
  }
  if (labels && labels.length !== count) {
    throw new InputError(
      `${name} has ${count} examples, expected as many as the ${labels.length} labels beside it: take both from the same set`,
    );
  }
  const isImage = sizes.length > 2 && values instanceof Uint8Array && (channels === 1 || channels === 3);
  if (!isImage) return tableFromArray(values, values.length / count, labels, name);
  const images: Images = { name, count, height, width, channels, pixels: values };
  return { ...images, ...(labels && { labels }) };
}
