// Somebody's own data: what is decided of a messy table, and what is too little to learn from.

import { expect, it } from 'vitest';
import { preprocess } from '../../src/data/preprocess.ts';
import { tableFrom } from '../../src/data/tables/table.ts';
import { rows } from '../support/data.ts';

it('leaves out what says nothing, encodes the rest, and holds out each class alike', async () => {
  const data = preprocess({ examples: await tableFrom(rows(300, 1)) }, { label: 'kind' });
  if (data.encoding.kind !== 'table') throw new Error('expected a table');
  expect(data.encoding.columns.map(({ name, kind }) => [name, kind])).toEqual([
    ['size', 'number'],
    ['colour', 'category'],
  ]);
  const notes = data.notes.map(({ text }) => text).join('\n');
  expect(notes).toMatch(/id left out: it numbers the rows/);
  expect(notes).toMatch(/name left out: text that differs/);
  expect(notes).toMatch(/same left out: the same everywhere/);
  // Three for the label, the number, whether it is missing and its two intervals, three colours, the constant.
  expect(data.train.width).toBe(3 + 4 + 3 + 1);
  const sizes = Array.from({ length: data.whole.count }, (_, i) => data.whole.inputs[i * 11 + 3]);
  expect(sizes.reduce((a, b) => a + b) / sizes.length).toBeCloseTo(0, 5);
  expect(data.train.count + data.validation.count + data.test.count).toBe(300);
});

it.each<[string, object[], RegExp]>([
  ['one class', rows(40, 1).map(row => ({ ...row, kind: 'x' })), /"x" in every row/],
  [
    'a quantity',
    rows(80, 1).map((row, i) => ({ ...row, kind: i * 1.5 })),
    /80 values in 80 rows, expected 2 to 10000/,
  ],
  ['too few', rows(6, 3), /at least (10|5)|every row/],
])('refuses %s to learn', async (_, list, message) => {
  const examples = await tableFrom(list as Record<string, unknown>[]);
  expect(() => preprocess({ examples }, { label: 'kind' })).toThrow(message);
});

it('names the nearest column', async () => {
  const examples = await tableFrom(rows(40, 1));
  expect(() => preprocess({ examples }, { label: 'knd' })).toThrow(/did you mean kind\?/);
  expect(preprocess({ examples }, { label: '-1' }).encoding.classNames).toEqual(['large', 'middle', 'small']);
});
