// Datasets of arrays: what becomes of rows, of labels and of names, and what is refused.

import { describe, expect, it } from 'vitest';
import { dataset } from '../../src/data/dataset-from-arrays.ts';
import { InputError } from '../../src/errors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { generator } from '../support/data.ts';

const rows = [
  [1, -2.5],
  [3, 4],
  [0.1, 6],
];

it('leaves room for the label before every example', () => {
  const data = dataset(rows, [1, 0, 2]);
  const inputs = Float32Array.of(0, 0, 0, 1, -2.5, 0, 0, 0, 3, 4, 0, 0, 0, 0.1, 6);
  expect(data).toEqual({
    name: 'the data',
    count: 3,
    width: 5,
    classes: 3,
    inputs,
    labels: Uint8Array.of(1, 0, 2),
  });
  for (const flat of [rows.flat(), Float64Array.from(rows.flat()), Float32Array.from(rows.flat())]) {
    expect(dataset(flat, Int32Array.of(1, 0, 2), { width: 2 })).toEqual(data);
  }
  expect(
    dataset(
      rows.map(row => Float32Array.from(row)),
      [1, 0, 2],
    ),
  ).toEqual(data);
});

it('keeps bytes, which stand for value / 255', () => {
  const inputs = Uint8Array.of(0, 0, 9, 255, 0, 0, 0, 7);
  for (const Kind of [Uint8Array, Uint8ClampedArray]) {
    expect(dataset(Kind.of(9, 255, 0, 7), [0, 1], { width: 2 }).inputs).toEqual(inputs);
    expect(dataset([Kind.of(9, 255), Kind.of(0, 7)], [0, 1]).inputs).toEqual(inputs);
  }
});

it('numbers names in their order', () => {
  const data = dataset(rows, ['b', 'class 10', 'class 9']);
  expect(data).toMatchObject({ classes: 3, classNames: ['b', 'class 9', 'class 10'] });
  expect([...data.labels]).toEqual([0, 2, 1]);
});

it('takes the classes of what was learned for data that lack some', () => {
  const { classNames } = dataset(rows, ['b', 'c', 'a']);
  const test = dataset(rows.slice(1), ['c', 'b'], { classes: classNames! });
  expect(test).toMatchObject({ width: 5, classes: 3, classNames: ['a', 'b', 'c'] });
  expect([...test.labels]).toEqual([2, 1]);
  expect(dataset(rows, [0, 0, 0], { classes: 300 })).toMatchObject({
    classes: 300,
    width: 302,
    labels: Uint16Array.of(0, 0, 0),
  });
  expect(dataset(rows, [1, 1, 0], { classes: ['x', 'y', 'z'] })).toMatchObject({
    classes: 3,
    classNames: ['x', 'y', 'z'],
    labels: Uint8Array.of(1, 1, 0),
  });
});

it.each<[string, unknown[], string]>([
  ['no rows', [[], []], 'values must be rows, or numbers with a width, found []'],
  ['nothing', [undefined, []], 'values must be rows, or numbers with a width, found undefined'],
  [
    'a flat array without a width',
    [Uint8Array.of(1, 2), [0, 1]],
    'values must be rows, or numbers with a width, found {"0":1,"1":2}',
  ],
  [
    'numbers for rows',
    [
      [1, 2],
      [0, 1],
    ],
    'example 0 must be an array of numbers, found Number',
  ],
  [
    'a width that does not divide',
    [rows.flat(), [0, 1, 2], { width: 4 }],
    'width must be a whole number that divides the 6 values, found 4',
  ],
  [
    'half a width',
    [rows.flat(), [0, 1, 2], { width: 0.5 }],
    'width must be a whole number that divides the 6 values, found 0.5',
  ],
  [
    'texts for values',
    ['abcdef', [0, 1, 2], { width: 2 }],
    'values must be an array of numbers, found String',
  ],
  [
    'a short row',
    [
      [[1, 2], [3]],
      [0, 1],
    ],
    'example 1 must be one number or more, or bytes, as many as example 0, found [3]',
  ],
  [
    'empty rows',
    [
      [[], []],
      [0, 1],
    ],
    'example 0 must be one number or more, or bytes, as many as example 0, found []',
  ],
  [
    'a row that is none',
    [
      [[1, 2], 'ab'],
      [0, 1],
    ],
    'example 1 must be an array of numbers, found String',
  ],
  [
    'bytes among numbers',
    [
      [[1, 2], Uint8Array.of(3, 4)],
      [0, 1],
    ],
    'example 1 must be one number or more, or bytes, as many as example 0, found {"0":3,"1":4}',
  ],
  [
    'NaN',
    [
      [
        [1, 2],
        [3, Number.NaN],
      ],
      [0, 1],
    ],
    'value 1 of example 1 must be a finite number in single precision, found NaN',
  ],
  [
    'a text',
    [
      [
        [1, 2],
        ['3', 4],
      ],
      [0, 1],
    ],
    'value 0 of example 1 must be a finite number in single precision, found "3"',
  ],
  ['a label too few', [rows, [0, 1]], 'labels must be 3, one for each example, found 2'],
  ['no labels', [rows, undefined], 'labels must be an array of numbers, found undefined'],
  [
    'half a label',
    [rows, [0, 1.5, 1]],
    'the data: label of example 1 must be a whole number from 0 to 9999, found 1.5',
  ],
  [
    'a label that is too large',
    [rows, [0, 1, 1e9]],
    'the data: label of example 2 must be a whole number from 0 to 9999, found 1000000000',
  ],
  [
    'a label that is not of the classes',
    [rows, [0, 1, 2], { classes: 2 }],
    'the data: label of example 2 must be a whole number from 0 to 1, found 2',
  ],
  ['a number among names', [rows, ['a', 'b', 5]], 'label of example 2 must be the name of a class, found 5'],
  ['a name among numbers', [rows, [0, 1, 'a']], 'label of example 0 must be the name of a class, found 0'],
  ['an empty name', [rows, ['a', '', 'b']], 'label of example 1 must be the name of a class, found ""'],
  [
    'a name that was not learned',
    [rows, ['a', 'b', 'c'], { classes: ['a', 'b'] }],
    'label of example 2 must be the name of a class, found "c"',
  ],
  [
    'names with a count',
    [rows, ['a', 'b', 'c'], { classes: 3 }],
    'classes must be names, since labels are, found 3',
  ],
  ['one class', [rows, [0, 0, 0]], 'classes must be a whole number from 2 to 10000, found 1'],
  ['one name', [rows, ['a', 'a', 'a']], 'classes must be a whole number from 2 to 10000, found 1'],
  [
    'half a class',
    [rows, [0, 1, 1], { classes: 2.5 }],
    'classes must be a whole number from 2 to 10000, found 2.5',
  ],
])('refuses %s', (_, given, message) => {
  const made = () => dataset(...(given as Parameters<typeof dataset>));
  expect(made).toThrow(new InputError(message));
});

describe.each(['quick', 'one-pass'] as const)('%s', name => {
  it('learns from it as it is', async () => {
    const random = generator(5);
    const labels = Array.from({ length: 300 }, (_, i) => ['low', 'middle', 'high'][i % 3]);
    const values = labels.map((_, i) =>
      Array.from({ length: 4 }, (_, k) => random() + (k === i % 3 ? 1 : 0)),
    );
    const data = dataset(values, labels);
    const recipe = { ...recipes[name], layers: [64, 64], batch: 10, shift: 0 };
    const network = await createNetwork(recipe, { inputs: data.width, classes: data.classes, threads: 1 });
    for await (const _event of network.fit(data));
    expect((await network.evaluate(data)).answers.error).toBeLessThan(5);
    const { label } = await network.predict([0, 0, 0, 0.5, 1.5, 0.5, 0.5]);
    expect(data.classNames![label]).toBe('middle');
    await network.close();
  });
});
