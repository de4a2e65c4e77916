// The product with the transposed weights, over awkward shapes.

import { expect, it } from 'vitest';
import { about, type Bench, eachBuild, items, sumError } from './support/memory.ts';

const SIZES = [1, 2, 3, 4, 5, 8, 31, 32, 33, 70, 100];

function transposed(bench: Bench, M: number, K: number, N: number, density: number): void {
  bench.reset();
  const P = Math.ceil(N / 32);
  const inputPanels = Math.ceil(K / 32);
  const S = M + 2;
  const B = 1 + bench.noise.below(4);
  const { rows, entries } = bench.rows(M, K, density);
  const cuts = bench.take(M * (B + 1));
  bench.check({
    end: M,
    call: (k, begin, end) => k.cutRows(cuts, rows, entries, begin, end, K, B),
    writes: items(cuts, 4 * (B + 1)),
  });
  const weights = bench.panels(N, K + 1);
  const gradient = bench.panels(N, S);
  const inputs = bench.take(inputPanels * S * 32);
  bench.check({
    end: M,
    call: (k, begin, end) =>
      k.transposedProduct(inputs, cuts, entries, gradient, weights, begin, end, S, K, P, B),
    writes: (begin, end) =>
      Array.from({ length: inputPanels }, (_, p) => items(inputs + p * S * 128, 128)(begin, end)).flat(),
  });
  bench.close('inputs', inputs, inputPanels * S * 32, sumError(N));
  bench.padding('inputs', inputs, K, S, M);
  const isOn = new Set<number>();
  for (let row = 0; row < M; row++) {
    const [first, last] = [0, 1].map(i => bench.u32[(rows >> 2) + 2 * row + i]);
    for (let at = first; at < last; at += 8) isOn.add(row * K + bench.u32[(entries + at) >> 2] / 128);
  }
  for (let row = 0; row < M; row++) {
    for (let k = 0; k < K; k++) {
      const value = bench.f32[(inputs >> 2) + ((k >> 5) * S + row) * 32 + (k & 31)];
      if (!isOn.has(row * K + k)) expect(Object.is(value, 0)).toBe(true);
    }
  }
}

eachBuild((open, isFull) => {
  it('transposedProduct', { timeout: 60_000 }, () => {
    const bench = open();
    for (const M of isFull ? [1, 2, 5, 33] : [3]) {
      for (const K of isFull ? SIZES : [33]) {
        for (const N of isFull ? SIZES : [40]) {
          for (const density of [0, 0.2, 1]) {
            about(JSON.stringify({ M, K, N, density }), () => transposed(bench, M, K, N, density));
          }
        }
      }
    }
  });

  it('an input that is on passes on a gradient of NaN, so that training that diverges is seen to', () => {
    const bench = open();
    const { rows, entries } = bench.rows(1, 3, 1);
    const weights = bench.panels(32, 4);
    bench.f32[(weights >> 2) + 32 + 5] = Number.NaN;
    const gradient = bench.panels(32, 1);
    const inputs = bench.take(32);
    bench.kernels.transposedProduct(inputs, rows, entries, gradient, weights, 0, 1, 1, 3, 1, 1);
    const found = [...bench.f32.subarray(inputs >> 2, (inputs >> 2) + 4)].map(Number.isNaN);
    expect(found).toEqual([false, true, false, false]);
  });
});
