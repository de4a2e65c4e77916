// Every class gives the same share of what is held out.

import { expect, it } from 'vitest';
import { splitByClass } from '../../src/data/split.ts';

it('splits by class, the same for the same seed, and keeps one of each to learn from', () => {
  const labels = Uint8Array.from({ length: 101 }, (_, i) => (i === 100 ? 2 : i % 2));
  const split = splitByClass(labels, 3, { test: 0.2, validation: 0.25 }, 7);
  expect(splitByClass(labels, 3, { test: 0.2, validation: 0.25 }, 7)).toEqual(split);
  expect([...split.train, ...split.validation, ...split.test].sort((a, b) => a - b)).toEqual([
    ...labels.keys(),
  ]);
  expect([split.test.length, split.validation.length]).toEqual([20, 20]);
  expect(split.train).toContain(100);
});
