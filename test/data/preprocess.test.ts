// Somebody's own data: what is decided of a messy table, and what is too little to learn from.

import { expect, it } from 'vitest';
import { encodeLabelled } from '../../src/data/encode-examples.ts';
import { type PreprocessOptions, preprocess } from '../../src/data/preprocess.ts';
import { tableFrom, tableFromArray } from '../../src/data/tables/table.ts';
import { fingerprintOf, fingerprintOfLearned } from '../../src/train/fingerprint.ts';
import { generator, rows } from '../support/data.ts';

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

it('puts together what is learned from in the order of its source, and knows it again without doing so', async () => {
  const examples = await tableFrom(rows(200, 4));
  const data = preprocess({ examples }, { label: 'kind' });
  const { learned, validation, test } = data.rows;
  expect([validation.length, test.length]).toEqual([data.validation.count, data.test.count]);
  expect(learned.length).toBe(data.train.count + data.validation.count);
  const all = encodeLabelled(data.encoding, examples);
  const { width } = all;
  const of = (some: Uint32Array) => ({
    inputs: Float32Array.from(
      Array.from(some, row => [...all.inputs.subarray(row * width, (row + 1) * width)]).flat(),
    ),
    labels: Uint8Array.from(some, row => all.labels[row]),
  });
  for (const [part, places] of [
    [data.whole, learned],
    [data.validation, validation],
    [data.test, test],
  ] as const) {
    expect({ inputs: new Float32Array(part.inputs), labels: new Uint8Array(part.labels) }).toEqual(
      of(places),
    );
  }
  expect(fingerprintOfLearned(data)).toEqual(fingerprintOf(data.whole));
});

it('keeps, of more columns than rows, those that tell classes apart', () => {
  const random = generator(12);
  const [width, count, telling] = [600, 90, 12];
  const kinds = Array.from({ length: count }, (_, i) => 'abc'[i % 3]);
  const values = Float64Array.from({ length: width * count }, (_, at) => {
    const [row, k] = [Math.floor(at / width), at % width];
    if (k % 10 === 9 && random() < 0.1) return Number.NaN;
    return random() + random() + random() + (k < telling ? 1.5 * ((row + k) % 3) : 0);
  });
  const examples = tableFromArray(values, width, kinds);
  const columnsOf = (labels: readonly string[], options: PreprocessOptions = {}) => {
    const { columns } = examples;
    const table = { ...examples, columns: [...columns.slice(0, -1), { name: 'label', values: labels }] };
    const { encoding, notes } = preprocess({ examples: table }, { label: 'label', ...options });
    return { notes, names: encoding.kind === 'table' ? encoding.columns.map(({ name }) => name) : [] };
  };
  const { names, notes } = columnsOf(kinds);
  expect(names.slice(0, telling)).toEqual(Array.from({ length: telling }, (_, k) => `column ${k + 1}`));
  expect(names.length).toBeLessThan(2 * telling);
  const note = notes.find(({ text }) => /no more than chance/.test(text));
  expect(note).toMatchObject({ code: 'left-out', count: width - names.length });
  expect(columnsOf(kinds, { keep: ['column 599'] }).names).toContain('column 599');
  const [first, second] = examples.columns.map(({ name }) => name);
  expect(columnsOf(kinds, { columns: [first, second] }).names).toEqual([first, second]);
  // Where no column tells anything, there is nothing to choose by.
  const none = columnsOf(kinds.map(() => 'abc'[Math.floor(3 * random())]));
  expect([none.names.length, none.notes.some(({ text }) => /chance/.test(text))]).toEqual([width, false]);
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

it('counts labels that differ in small and large letters as one, unless told otherwise', async () => {
  const read = async (words: readonly string[], options: PreprocessOptions = {}) => {
    const list = Array.from({ length: 60 }, (_, i) => ({ size: i % 7, bought: words[i % words.length] }));
    const { encoding, notes } = preprocess(
      { examples: await tableFrom(list) },
      { label: 'bought', ...options },
    );
    return { classes: encoding.classNames, said: notes.filter(({ code }) => code === 'labels') };
  };
  const { classes, said } = await read(['Yes', 'no', 'YES', 'No', 'Yes', 'no', 'New  York', 'New York']);
  expect(classes).toEqual(['New  York', 'no', 'Yes']);
  expect(said).toMatchObject([{ isWarning: true }]);
  expect(said[0].text).toMatch(
    /^bought is written in several ways: YES counts as Yes, No counts as no, .*--types bought=category/,
  );
  expect((await read(['Yes', 'no', 'YES'], { types: { bought: 'category' } })).classes).toEqual([
    'no',
    'Yes',
    'YES',
  ]);
  // Letters are letters, unless all are words for yes and no.
  expect((await read(['a', 'A', 'b'])).classes).toEqual(['a', 'A', 'b']);
  expect((await read(['y', 'Y', 'n', 'Y'])).classes).toEqual(['n', 'Y']);
});

it('says of a table whose examples are columns that it is to be turned', async () => {
  const list = ['class', 'gene 1', 'gene 2'].map((gene, k) => ({ gene, a: k, b: k + 1, c: k + 2 }));
  const examples = await tableFrom(list);
  expect(() => preprocess({ examples }, { label: 'class' })).toThrow(
    /no column class, but a row of that name: .* turn the table/,
  );
});
