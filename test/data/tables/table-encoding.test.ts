// How columns become inputs: what is missing or far away, intervals, and numbers without what others tell.

import { expect, it } from 'vitest';
import { checkEncoding, encodeExamples } from '../../../src/data/encode-examples.ts';
import { preprocess } from '../../../src/data/preprocess.ts';
import { tableFrom } from '../../../src/data/tables/table.ts';
import { generator, rows } from '../../support/data.ts';

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
