// A dataset and its parts.

import { expect, test } from 'vitest';
import { type Dataset, splitValidation } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';

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
