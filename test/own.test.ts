// Somebody's own data: what is read of a messy table, what is decided, and that a model answers new rows from its file alone.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseCsv } from '../src/data/csv.ts';
import { fitDecorrelation } from '../src/data/decorrelation.ts';
import { checkEncoding, encodeExamples, preprocess } from '../src/data/own.ts';
import { splitByClass } from '../src/data/split.ts';
import { tableFrom } from '../src/data/table.ts';
import { readBytes } from '../src/files/read.ts';
import { decodeModel, loadModel } from '../src/network/model.ts';
import { calibrated, fitCalibration, logLoss, reliability } from '../src/readout/calibration.ts';
import { trainModel } from '../src/train/learn.ts';
import { generator } from './support/data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-own-'));
});
afterAll(() => rm(folder, { recursive: true }));

const csv = (text: string) => parseCsv(new TextEncoder().encode(text), 'x.csv');
const names = (text: string) => csv(text).columns.map(({ name }) => name);

it.each([
  ['a comma, quotes, a byte order mark and CRLF', '\ufeffa,b\r\n"x, ""y""",1\r\nz,2\r\n', ['x, "y"', 'z']],
  ['semicolons and decimal commas', 'a;b\n1,5;x\n2;y\n', ['1.5', '2']],
  ['tabs', 'a\tb\n1,5\tx\n', ['1.5']],
  ['mixed ends of lines and an empty line', 'a,b\r\n1,2\n\n3,4\r5,6', ['1', '3', '5']],
])('reads %s', (_, text, first) => {
  const table = csv(text);
  expect(table.columns.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(table.columns[0].values).toEqual(first);
});

it('tells a header from an example', () => {
  expect(names('a,b\n1,x\n2,y')).toEqual(['a', 'b']);
  expect(names('1,x\n2,y')).toEqual(['column 1', 'column 2']);
  expect(names('0,1,2,label\n5,6,7,x')).toEqual(['0', '1', '2', 'label']);
  expect(names('y,n,y\ny,y,n\nn,n,y')).toEqual(['column 1', 'column 2', 'column 3']);
  expect(names('a,a,\n1,2,3')).toEqual(['a', 'a (2)', 'column 3']);
});

it.each([
  ['', /empty/],
  ['a,b\n', /nothing else/],
  ['a,b\n1,2,3', /record 2 has 3 cells, expected 2/],
  ['a,b\n1,"2\n', /record 2: .*close the quote/],
  ['a\n1\n2', /single column/],
  ['a\0b', /zero byte at offset 1/],
])('refuses %j', (text, message) => {
  expect(() => csv(text)).toThrow(message);
});

/** Rows whose class follows from a number and a colour, with cells missing and columns of no use. */
function rows(count: number, seed: number) {
  const random = generator(seed);
  return Array.from({ length: count }, (_, i) => {
    const kind = Math.floor(random() * 3);
    return {
      id: i + 1,
      name: `row ${i} ${random()}`,
      same: 'x',
      size: random() < 0.1 ? null : kind * 100 + random() * 60,
      colour: ['red', 'green', 'blue'][random() < 0.1 ? 0 : kind],
      kind: ['small', 'middle', 'large'][kind],
    };
  });
}

it('leaves out what says nothing, encodes the rest, and holds out each class alike', async () => {
  const data = preprocess({ examples: await tableFrom(rows(300, 1)) }, { label: 'kind' });
  if (data.encoding.kind !== 'table') throw new Error('expected a table');
  expect(data.encoding.columns.map(({ name, kind }) => [name, kind])).toEqual([
    ['size', 'number'],
    ['colour', 'category'],
  ]);
  expect(data.notes.join('\n')).toMatch(/id left out: it numbers the rows/);
  expect(data.notes.join('\n')).toMatch(/name left out: text that differs/);
  expect(data.notes.join('\n')).toMatch(/same left out: the same everywhere/);
  // Three for the label, the number, whether it is missing and its two intervals, three colours, the constant.
  expect(data.train.width).toBe(3 + 4 + 3 + 1);
  const sizes = Array.from({ length: data.whole.count }, (_, i) => data.whole.inputs[i * 11 + 3]);
  expect(sizes.reduce((a, b) => a + b) / sizes.length).toBeCloseTo(0, 5);
  expect(data.train.count + data.validation.count + data.test.count).toBe(300);
});

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

it('learns, and answers new rows from the file alone', async () => {
  const data = preprocess({ examples: await tableFrom(rows(400, 1)) }, { label: 'kind' });
  const { model } = await trainModel(data, { threads: 1 });
  const evaluation = await model.network.evaluate(data.test);
  expect(evaluation.answers.error).toBeLessThan(8);
  const path = join(folder, 'model.safetensors');
  await model.save(path);
  await model.close();
  const loaded = await loadModel(path, { threads: 1 });
  const fresh = rows(100, 2);
  const unlabelled = await tableFrom(fresh.map(({ size, colour }) => ({ colour, size })));
  const answers = await loaded.predict(unlabelled);
  const right = answers.filter(({ label }, i) => label === fresh[i].kind).length;
  expect(right).toBeGreaterThan(90);
  for (const { confidence, probabilities } of answers) {
    expect(confidence).toBe(Math.max(...probabilities));
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  }
  const decoded = await decodeModel(await readBytes(path), { threads: 1 });
  expect(await decoded.predict(unlabelled)).toEqual(answers);
  await decoded.close();
  const lacking = await tableFrom([{ size: 3 }]);
  await expect(loaded.predict(lacking)).rejects.toThrow(/no column colour/);
  await loaded.close();
});

it('takes what was never seen for missing, and bounds what is far away', async () => {
  const { encoding } = preprocess({ examples: await tableFrom(rows(300, 1)) }, { label: 'kind' });
  const odd = await tableFrom([
    { size: 1e300, colour: 'violet' },
    { size: 'tall', colour: 'red' },
  ]);
  const { inputs } = encodeExamples(encoding, odd);
  expect([...inputs.subarray(3, 10)]).toEqual([4, 0, 1, 1, 0, 0, 0]);
  expect([...inputs.subarray(14, 21)]).toEqual([0, 1, 0, 0, 0, 0, 1]);
});

it('cuts a column of many numbers into intervals that hold as many rows each', async () => {
  const random = generator(5);
  const list = Array.from({ length: 1200 }, (_, i) => ({
    skewed: Math.exp(4 * random()),
    mostly: random() < 0.95 ? 0 : random(),
    kind: i % 2 ? 'odd' : 'even',
  }));
  const { encoding, whole } = preprocess({ examples: await tableFrom(list) }, { label: 'kind' });
  if (encoding.kind !== 'table') throw new Error('expected a table');
  const [skewed, mostly] = encoding.columns;
  if (skewed.kind !== 'number' || mostly.kind !== 'number') throw new Error('expected numbers');
  const { edges } = skewed;
  // 960 rows are learned from: ten intervals of 96.
  expect(edges).toHaveLength(11);
  for (let k = 1; k < edges.length; k++) {
    const held = list.filter(row => row.skewed > edges[k - 1] && row.skewed <= edges[k]).length;
    expect(held / list.length).toBeCloseTo(1 / 10, 1);
  }
  // Nine of its ten intervals hold nothing but zeros: nothing is left that the number itself does not tell.
  expect(mostly.edges).toEqual([]);
  // Two labels, the number and its intervals, the other number, both once more without what they share, the constant.
  expect(whole.width).toBe(2 + (1 + 10) + 1 + 2 + 1);

  const values = [edges[2] + 0.25 * (edges[3] - edges[2]), -1e9, 1e9];
  const odd = await tableFrom(values.map(value => ({ skewed: value, mostly: 0 })));
  const { inputs, width } = encodeExamples(encoding, odd);
  const shares = values.map((_, i) => [...inputs.subarray(i * width + 3, i * width + 13)]);
  expect(shares[0].slice(0, 2)).toEqual([1, 1]);
  expect(shares[0][2]).toBeCloseTo(0.25, 5);
  expect(shares[0].slice(3)).toEqual(Array(7).fill(0));
  expect(shares[1]).toEqual(Array(10).fill(0));
  expect(shares[2]).toEqual(Array(10).fill(1));
});

it('gives columns of numbers once more, without what those before them tell', async () => {
  const random = generator(6);
  const list = Array.from({ length: 3000 }, (_, i) => {
    const [length, rest] = [random(), random()];
    return { length, height: 4 * length + rest, rest, kind: i % 2 ? 'odd' : 'even' };
  });
  const { encoding } = preprocess({ examples: await tableFrom(list) }, { label: 'kind' });
  if (encoding.kind !== 'table') throw new Error('expected a table');
  const { inputs, width } = encodeExamples(encoding, await tableFrom(list));
  const column = (k: number) => list.map((_, i) => inputs[i * width + k]);
  const [length, height] = [width - 4, width - 3].map(column);
  expect(length[7]).toBeCloseTo(column(2)[7], 5);
  const correlation = (a: number[], b: number[]) => {
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
    const product = (x: number[], y: number[]) => mean(x.map((value, i) => value * y[i])) - mean(x) * mean(y);
    return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
  };
  const rest = list.map(row => row.rest);
  expect(
    correlation(
      list.map(row => row.height),
      rest,
    ),
  ).toBeLessThan(0.3);
  expect(correlation(height, rest)).toBeGreaterThan(0.99);
  const far = encodeExamples(encoding, await tableFrom([{ length: 0, height: 1e9, rest: 0 }]));
  expect(far.inputs[width - 3]).toBe(4);

  for (const decorrelation of [[[1]], [[1], [1, 1], [1, 1, Number.NaN]], [[1], [1, 1], 'abc'], 7]) {
    expect(() => checkEncoding({ ...encoding, decorrelation } as never, width, 2)).toThrow(
      /does not say how columns become inputs/,
    );
  }
});

it('decorrelates to unit variance where there are rows enough, and hardly where there are few', () => {
  const random = generator(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const make = (count: number) => {
    const values = new Float64Array(count * 3);
    for (let i = 0; i < count; i++) {
      const [a, b, c] = [normal(), normal(), normal()];
      values.set([a, 0.8 * a + 0.6 * b, 0.6 * a - 0.6 * b + Math.sqrt(0.28) * c], 3 * i);
    }
    return values;
  };
  const values = make(20_000);
  const weights = fitDecorrelation(values, 20_000, 3);
  const product = (i: number, j: number) => {
    let sum = 0;
    for (let row = 0; row < 20_000; row++) {
      const at = (k: number) =>
        weights[k].reduce((total, weight, l) => total + weight * values[3 * row + l], 0);
      sum += at(i) * at(j);
    }
    return sum / 20_000;
  };
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j <= i; j++) expect(Math.abs(product(i, j) - Number(i === j))).toBeLessThan(0.02);
  }
  const few = fitDecorrelation(make(5), 5, 3);
  expect(Math.abs(few[1][0])).toBeLessThan(Math.abs(weights[1][0]));
});

it('decorrelates two to a hundred columns of numbers', async () => {
  const random = generator(8);
  const decorrelation = async (columns: number) => {
    const list = Array.from({ length: 40 }, (_, i) => ({
      ...Object.fromEntries(Array.from({ length: columns }, (_, k) => [`c${k}`, random()])),
      kind: i % 2 ? 'odd' : 'even',
    }));
    const { encoding } = preprocess({ examples: await tableFrom(list) }, { label: 'kind' });
    if (encoding.kind !== 'table') throw new Error('expected a table');
    return encoding.decorrelation;
  };
  expect(await decorrelation(1)).toBeUndefined();
  expect(await decorrelation(2)).toHaveLength(2);
  expect(await decorrelation(100)).toHaveLength(100);
  expect(await decorrelation(101)).toBeUndefined();
});

it.each<[string, object[], RegExp]>([
  ['one class', rows(40, 1).map(row => ({ ...row, kind: 'x' })), /"x" in every row/],
  ['a quantity', rows(80, 1).map((row, i) => ({ ...row, kind: i * 1.5 })), /80 values, expected 2 to 32/],
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

it('fits the temperature of the least log loss', () => {
  const random = generator(5);
  const count = 4000;
  const scores = Float32Array.from({ length: count * 3 }, () => 40 * random());
  const labels = new Uint8Array(count);
  // Labels drawn from a softmax at temperature 8.
  const truth = calibrated(scores, 3, { temperature: 8 });
  for (let i = 0; i < count; i++) {
    const at = random();
    labels[i] = at < truth[3 * i] ? 0 : at < truth[3 * i] + truth[3 * i + 1] ? 1 : 2;
  }
  const { temperature } = fitCalibration(scores, labels, 3);
  expect(temperature).toBeGreaterThan(7);
  expect(temperature).toBeLessThan(9);
  const loss = (t: number) => logLoss(scores, labels, 3, { temperature: t });
  expect(loss(temperature)).toBeLessThan(loss(4));
  expect(loss(temperature)).toBeLessThan(loss(16));
  expect(reliability(truth, labels, 3).calibrationError).toBeLessThan(0.03);
  expect(reliability(calibrated(scores, 3, { temperature: 1 }), labels, 3).calibrationError).toBeGreaterThan(
    0.1,
  );
});
