// Images and labels joined to a dataset, where the two agree.

import { expect, test } from 'vitest';
import { slice } from '../../../src/data/dataset.ts';
import type { Idx } from '../../../src/data/formats/idx.ts';
import { idxDataset } from '../../../src/data/named/idx-dataset.ts';
import { InputError } from '../../../src/errors.ts';

const images: Idx = { sizes: [2, 2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255) };
const floats: Idx = { sizes: [3], values: Float32Array.of(1.5, -2, 0.1) };
const paths = { images: 'i.idx', labels: 'l.idx' };
const labels = (...values: number[]): Idx => ({ sizes: [values.length], values: Uint8Array.from(values) });

test('a dataset has the sizes of its images, in shared memory of its own', () => {
  const source = { ...images, values: Uint8Array.from(images.values) };
  const dataset = idxDataset('small', source, labels(9, 0), paths);
  expect(dataset).toMatchObject({ name: 'small', count: 2, width: 6, classes: 10, shape: [2, 3] });
  expect(dataset.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(dataset.labels.buffer).toBeInstanceOf(SharedArrayBuffer);
  source.values[6] = 99;
  expect(Array.from(slice(dataset, 1, 2).inputs)).toEqual([7, 8, 9, 10, 11, 255]);
  expect(Array.from(dataset.labels)).toEqual([9, 0]);
});

test('float features stay floats and have no shape; classes can be given', () => {
  const features: Idx = { sizes: [2, 3], values: Float32Array.of(0.5, 1, 2, 3, 4, -5) };
  const dataset = idxDataset('features', features, labels(1, 25), paths, 26);
  expect(dataset.inputs).toBeInstanceOf(Float32Array);
  expect(dataset).not.toHaveProperty('shape');
  expect(dataset).toMatchObject({ width: 3, classes: 26 });
  expect(Array.from(dataset.inputs)).toEqual([0.5, 1, 2, 3, 4, -5]);
});

test.each<[string, Idx, Idx, number, string]>([
  [
    'counts that differ',
    images,
    labels(1, 2, 3),
    10,
    'l.idx has 3 labels, expected one for each of the 2 images in i.idx; take both from the same set',
  ],
  ['a label out of range', images, labels(3, 4), 4, 'l.idx: label 1 is 4, expected 0 to 3 for 4 classes'],
  [
    'labels as images',
    labels(1, 2),
    labels(1, 2),
    10,
    'i.idx: expected images of 2 to 4 dimensions, found 1; is it the file of labels?',
  ],
  [
    'images as labels',
    images,
    images,
    10,
    'l.idx: expected labels as bytes of 1 dimension, found bytes of 3; is it the file of images?',
  ],
  [
    'float labels',
    images,
    floats,
    10,
    'l.idx: expected labels as bytes of 1 dimension, found floats of 1; is it the file of images?',
  ],
  ['one class', images, labels(0, 0), 1, 'x: expected 2 to 256 classes, found 1'],
])('%s are refused', (_, inputs, targets, classes, message) => {
  expect(() => idxDataset('x', inputs, targets, paths, classes)).toThrow(new InputError(message));
});
