// Arrays of an NPZ as examples with labels.

import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { isTable } from '../../../src/data/examples/examples.ts';
import { numpySource } from '../../../src/data/examples/numpy-examples.ts';
import { npy } from '../../support/npy.ts';
import { pickledObjects } from '../../support/pickle.ts';

it('reads an NPZ with labels', () => {
  const square = npy('<f4', [3, 2], new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
  const npz = zipSync({ 'x.npy': square, 'y.npy': npy('|u1', [3], Uint8Array.of(0, 1, 0)) });
  const { examples } = numpySource(npz, 'a.npz');
  expect(examples).toMatchObject({
    count: 3,
    columns: [{ values: Float64Array.of(1, 3, 5) }, {}, { name: 'label' }],
  });
});

const doubles = (shape: number[], values: number[]) =>
  npy('<f8', shape, new Uint8Array(Float64Array.from(values).buffer));
const square = doubles([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const bytes = (shape: number[], values: number[]) => npy('|u1', shape, Uint8Array.from(values));
const open = (files: Record<string, Uint8Array>) =>
  numpySource(
    zipSync(Object.fromEntries(Object.entries(files).map(([name, file]) => [`${name}.npy`, file]))),
    'a.npz',
  );
const labels = ({ examples }: { examples: ReturnType<typeof open>['examples'] }) =>
  isTable(examples) && examples.columns.find(({ name }) => name === 'label')?.values;
const notes = ({ examples }: { examples: ReturnType<typeof open>['examples'] }) =>
  (examples.notes ?? []).map(({ text }) => text);

it('finds inputs and labels of any names where they go together only one way, and says so', () => {
  const source = open({ arr_0: square, arr_1: bytes([4], [2, 0, 2, 1]) });
  expect(labels(source)).toEqual(['2', '0', '2', '1']);
  expect(notes(source)).toEqual(['takes arr_0 (4 × 2) for the inputs and arr_1 (4) for the labels']);
  const known = open({ X: square, species: bytes([4, 1], [2, 0, 2, 1]), weights: bytes([3], [1, 1, 1]) });
  expect(labels(known)).toEqual(['2', '0', '2', '1']);
  expect(notes(known)).toEqual([
    'takes X (4 × 2) for the inputs and species (4 × 1) for the labels',
    'arrays that were not read: weights (3)',
  ]);
  const alone = open({ arr_0: square });
  expect(notes(alone)).toEqual(['takes arr_0 (4 × 2), the only array, for the examples']);
  const one = bytes([4], [0, 1, 0, 1]);
  expect(() => open({ arr_0: square, arr_1: one, arr_2: one })).toThrow(
    /called x and one of labels called y .*only one way, found arr_0 \(4 × 2\), arr_1 \(4\), arr_2 \(4\)/,
  );
  expect(() => open({ arr_0: one })).toThrow(/found arr_0 \(4\)/);
});

it('reads train_data with train_label, and test_data', () => {
  const { examples, test } = open({
    train_data: square,
    train_label: bytes([4], [0, 1, 0, 1]),
    test_data: doubles([2, 2], [9, 8, 7, 6]),
    test_label: bytes([2], [1, 0]),
  });
  expect(examples.notes).toEqual([]);
  expect([examples, test]).toMatchObject([{ count: 4 }, { count: 2 }]);
});

it('takes the place of the 1 in one-hot labels, of any type and name', () => {
  const source = open({ x: square, y: doubles([4, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]) });
  expect(labels(source)).toEqual(['2', '0', '1', '2']);
  expect(notes(source)).toEqual(['y is one-hot: a label is the place of the 1, 0 to 2']);
  const unnamed = open({ arr_0: square, arr_1: bytes([4, 2], [0, 1, 1, 0, 0, 1, 1, 0]) });
  expect(labels(unnamed)).toEqual(['1', '0', '1', '0']);
  expect(() => open({ x: square, y: bytes([4, 2], [1, 1, 1, 0, 0, 1, 1, 0]) })).toThrow(
    /expected in y a label for each of the 4 examples, or a row with a single 1 .*4 × 2/,
  );
});

it('takes labels of floats and of Python texts as they read', () => {
  expect(labels(open({ x: square, y: doubles([4], [1, 0, 1, 2.5]) }))).toEqual(['1', '0', '1', '2.5']);
  const objects = npy('|O', [4], pickledObjects([4], ['up', 'down', null, 'up'], 4));
  expect(labels(open({ x: square, y: objects }))).toEqual(['up', 'down', '', 'up']);
});
