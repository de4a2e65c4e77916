// A dataset and its parts.

import { runInNewContext } from 'node:vm';
import { describe, expect, it, test } from 'vitest';
import {
  checkLabelRoom,
  checkLabelStrength,
  type Dataset,
  type DatasetLike,
  splitValidation,
  toDataset,
} from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';
import { kindsOfNumbers } from '../support/data.ts';

test('validation data are the last examples, and some are left to train on', () => {
  const dataset: Dataset = {
    name: 'five',
    count: 5,
    width: 2,
    classes: 10,
    inputs: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    labels: Uint8Array.of(0, 1, 2, 3, 4),
  };
  const { train, validation } = splitValidation(dataset, 2);
  expect([...train.inputs]).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...validation.inputs]).toEqual([6, 7, 8, 9]);
  expect([...validation.labels]).toEqual([3, 4]);
  expect(validation).toMatchObject({ count: 2, width: 2 });
  expect(validation.inputs.buffer).toBe(dataset.inputs.buffer);
  for (const count of [0, -1, 5, 6, 1.5, Number.NaN]) {
    expect(() => splitValidation(dataset, count)).toThrow(
      new InputError(`five: expected 1 to 4 of its 5 examples for validation, found ${count}`),
    );
  }
  expect(() => splitValidation({ ...dataset, predictions: 5 }, 2)).toThrow(
    new InputError('five: expected a multiple of 5, the predictions of a string, for validation, found 2'),
  );
});

describe('what a network takes', () => {
  const bytes: Dataset = {
    name: 'three',
    count: 3,
    width: 2,
    classes: 4,
    inputs: Uint8Array.of(0, 1, 2, 3, 4, 255),
    labels: Uint8Array.of(3, 0, 1),
  };
  const taken = (changes: object) => toDataset({ ...bytes, ...changes } as DatasetLike, 2, 4);

  it('is bytes and floats as they are', () => {
    const floats = Float32Array.of(0, -1, 2.5, 3, 4, 1e30);
    const labels = Uint16Array.of(1, 2, 3);
    expect(taken({}).inputs).toBe(bytes.inputs);
    expect(taken({}).labels).toBe(bytes.labels);
    expect(taken({ inputs: floats, labels })).toMatchObject({ count: 3, width: 2, classes: 4 });
    expect(taken({ inputs: floats, labels }).inputs).toBe(floats);
    expect(taken({ inputs: floats, labels }).labels).toBe(labels);
  });

  it('is bytes that are clamped, or of another context, in the same memory', () => {
    const room = new Uint8Array(10);
    const clamped = new Uint8ClampedArray(room.buffer, 2, 6);
    clamped.set(bytes.inputs);
    const foreign = runInNewContext('new Uint8Array([0, 1, 2, 3, 4, 255])');
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    for (const inputs of [clamped, foreign]) {
      const found = taken({ inputs }).inputs;
      expect(found).toEqual(bytes.inputs);
      expect(found.buffer).toBe(inputs.buffer);
    }
  });

  it('is all other numbers as floats of their value', () => {
    const values = [0, 1, 2, 3, 4, 100];
    for (const Kind of kindsOfNumbers) {
      const found = taken({ inputs: Kind.from(values), labels: Kind.from([3, 0, 1]) });
      expect(found.inputs, Kind.name).toEqual(Float32Array.from(values));
      expect([...found.labels], Kind.name).toEqual([3, 0, 1]);
    }
    const foreign = runInNewContext('[[0, 1, 2, 3, 4, 0.1], new Float32Array([3, 0, 1])]');
    const { inputs, labels } = taken({ inputs: foreign[0], labels: foreign[1] });
    expect(inputs[5]).toBe(Math.fround(0.1));
    expect(labels).toEqual(bytes.labels);
    const many = toDataset({ ...bytes, classes: 300, labels: [0, 299, 5] }, 2, 300);
    expect(many.labels).toEqual(Uint16Array.of(0, 299, 5));
  });

  it.each<[string, object, string]>([
    [
      'NaN',
      { inputs: [0, 1, 2, Number.NaN, 4, 5] },
      'input 1 of example 1 must be a finite number in single precision, found NaN',
    ],
    [
      'infinity',
      { inputs: Float32Array.of(0, 1, 2, 3, -Infinity, 5) },
      'input 0 of example 2 must be a finite number in single precision, found -Infinity',
    ],
    [
      'what is infinite as a single float',
      { inputs: Float64Array.of(0, 1e39, 2, 3, 4, 5) },
      'input 1 of example 0 must be a finite number in single precision, found 1e+39',
    ],
    [
      'texts',
      { inputs: [0, 1, '2', 3, 4, 5] },
      'input 0 of example 1 must be a finite number in single precision, found "2"',
    ],
    [
      'a BigInt',
      { inputs: [0, 1, 2, 3, 4, 5n] },
      'input 1 of example 2 must be a finite number in single precision, found 5n',
    ],
    [
      'a hole',
      { inputs: Array(6) },
      'input 0 of example 0 must be a finite number in single precision, found undefined',
    ],
    [
      'an array of BigInts',
      { inputs: BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n) },
      'inputs must be an array of numbers, found BigInt64Array',
    ],
    ['a buffer', { inputs: new ArrayBuffer(6) }, 'inputs must be an array of numbers, found ArrayBuffer'],
    ['no inputs', { inputs: undefined }, 'inputs must be an array of numbers, found undefined'],
    ['no labels', { labels: undefined }, 'labels must be an array of numbers, found undefined'],
    [
      'labels of BigInts',
      { labels: BigUint64Array.of(0n, 1n, 2n) },
      'labels must be an array of numbers, found BigUint64Array',
    ],
    [
      'a label too large',
      { labels: [0, 4, 1] },
      'label of example 1 must be a whole number from 0 to 3, found 4',
    ],
    [
      'a label below 0',
      { labels: Int8Array.of(0, 1, -1) },
      'label of example 2 must be a whole number from 0 to 3, found -1',
    ],
    [
      'half a label',
      { labels: Float32Array.of(0.5, 1, 2) },
      'label of example 0 must be a whole number from 0 to 3, found 0.5',
    ],
    [
      'a label that is NaN',
      { labels: [0, 1, Number.NaN] },
      'label of example 2 must be a whole number from 0 to 3, found NaN',
    ],
    [
      'a label as text',
      { labels: [0, '1', 2] },
      'label of example 1 must be a whole number from 0 to 3, found "1"',
    ],
    [
      'a shape of another size',
      { shape: [2, 2] },
      'shape must be rows, columns and channels whose product is 2, found [2,2]',
    ],
    [
      'a shape of one length',
      { shape: [2] },
      'shape must be rows, columns and channels whose product is 2, found [2]',
    ],
    [
      'half a row',
      { shape: [0.5, 4] },
      'shape must be rows, columns and channels whose product is 2, found [0.5,4]',
    ],
    [
      'a shape that is none',
      { shape: 2 },
      'shape must be rows, columns and channels whose product is 2, found 2',
    ],
  ])('is not %s', (_, changes, message) => {
    expect(() => taken(changes)).toThrow(new InputError(`three: ${message}`));
  });

  it('is of the lengths that it says', () => {
    for (const changes of [{ count: 2 }, { count: undefined }, { labels: [0, 1] }, { inputs: [0, 1, 2] }]) {
      expect(() => taken(changes)).toThrow(InputError);
      expect(() => taken(changes)).toThrow(/^three says .* examples of 2, but has \d inputs and \d labels$/);
    }
    expect(() => taken({ width: undefined })).toThrow('three has undefined inputs an example');
    for (const nothing of [undefined, null, {}]) {
      expect(() => toDataset(nothing as never, 2, 4)).toThrow(
        new InputError('the data: inputs must be an array of numbers, found undefined'),
      );
    }
  });

  it('is room for a label where all examples are the same, or where they are images', () => {
    const inputs = Float32Array.of(7, 0, 1, 7, 0, 2, 7, 0, 3);
    const data = { ...bytes, width: 3, inputs };
    expect(() => checkLabelRoom(data, 2)).not.toThrow();
    expect(() => checkLabelRoom({ ...data, shape: [1, 3] }, 3)).not.toThrow();
    expect(() => checkLabelRoom(data, 3)).toThrow(InputError);
    expect(() => checkLabelRoom(data, 3)).toThrow(
      /first 3 inputs, but input 2 of example 1 differs from that of example 0: .*appended.*dataset\(values, labels\)$/,
    );
  });

  it('is in proportion to a label beside it', () => {
    const of = (scale: number) => ({
      ...bytes,
      width: 4,
      inputs: Float32Array.from({ length: 12 }, (_, i) => (i % 4 < 2 ? 1e9 : scale * (1 + (i % 2)))),
    });
    for (const scale of [0.05, 1, 100, 400]) {
      expect(() => checkLabelStrength(of(scale), 2, 1)).not.toThrow();
      expect(() => checkLabelStrength(of(1e10 * scale), 2, 1e10)).not.toThrow();
    }
    expect(() => checkLabelStrength({ ...bytes, inputs: new Uint8Array(6) }, 0, 1)).not.toThrow();
    const odd = of(1);
    odd.inputs[3] = 1e20;
    expect(() => checkLabelStrength(odd, 2, 1)).not.toThrow();
    expect(() => checkLabelStrength(of(1e10), 2, 1)).toThrow(InputError);
    expect(() => checkLabelStrength(of(1e10), 2, 1)).toThrow(
      "the root of an example's summed squares is 2.24e+10 where its label has a strength of 1, so that layers would see the example alone: " +
        'scale the inputs, as to 0 … 1 (bytes stand for value / 255), or give the label a strength near 7e+9',
    );
    expect(() => checkLabelStrength(of(1e-6), 2, 1)).toThrow(/see the label alone: scale the inputs/);
  });
});
