// The product with the transposed weights, over awkward shapes.

import { expect, it } from 'vitest';
import { SKIP } from '../../src/kernels/panels.ts';
import { about, type Bench, eachBuild, items, sumError } from '../support/memory.ts';

const SIZES = [1, 2, 3, 4, 5, 8, 31, 32, 33, 70, 100];

function transposed(
  bench: Bench,
  M: number,
  K: number,
  N: number,
  density: number,
  isSquared: boolean,
): void {
  bench.reset();
  const P = Math.ceil(N / 32);
  const inputPanels = Math.ceil(K / 32);
  // The rows of both sides are as many as each needs.
  const [S, T] = [M + 2, M + 5];
  const B = 1 + bench.noise.below(4);
  const { rows, entries } = bench.rows(M, K, density);
  if (isSquared) {
    const [first, last] = [entries, entries + bench.u32[(rows >> 2) + 2 * M - 1]];
    for (let at = first >> 2; at < last >> 2; at += 2) bench.f32[at + 1] **= 2;
  }
  const cuts = bench.take(M * (B + 1));
  bench.check({
    end: M,
    call: (k, begin, end) => k.cutRows(cuts, rows, entries, begin, end, K, B),
    writes: items(cuts, 4 * (B + 1)),
  });
  const weights = bench.panels(N, K + 1);
  const gradient = bench.panels(N, T);
  const inputs = bench.take(inputPanels * S * 32);
  // Rows that are left out are of no use to anybody: theirs are cleared.
  const targets = bench.words(Array.from({ length: M }, (_, row) => (row % 5 === 3 ? SKIP : row)));
  bench.check({
    end: M,
    call: (k, begin, end) =>
      k.transposedProduct(
        inputs,
        cuts,
        entries,
        gradient,
        weights,
        targets,
        begin,
        end,
        S,
        K,
        P,
        B,
        T,
        isSquared ? 1 : 0,
      ),
    writes: (begin, end) =>
      Array.from({ length: inputPanels }, (_, p) => items(inputs + p * S * 128, 128)(begin, end)).flat(),
  });
  // Squares ask for a root and a product besides.
  bench.close('inputs', inputs, inputPanels * S * 32, sumError(N) + (isSquared ? 1 : 0));
  bench.padding('inputs', inputs, K, S, M);
  const isOn = new Set<number>();
  for (let row = 0; row < M; row++) {
    const [first, last] = [0, 1].map(i => bench.u32[(rows >> 2) + 2 * row + i]);
    for (let at = first; at < last; at += 8) isOn.add(row * K + bench.u32[(entries + at) >> 2] / 128);
  }
  for (let row = 0; row < M; row++) {
    for (let k = 0; k < K; k++) {
      const value = bench.f32[(inputs >> 2) + ((k >> 5) * S + row) * 32 + (k & 31)];
      if (row % 5 === 3 || !isOn.has(row * K + k)) expect(Object.is(value, 0)).toBe(true);
    }
  }
}

eachBuild((open, isFull) => {
  it.each([
    ['activities', false],
    ['squares', true],
  ])('transposedProduct of %s', { timeout: 60_000 }, (_, isSquared) => {
    const bench = open();
    for (const M of isFull ? [1, 2, 5, 33] : [3]) {
      for (const K of isFull ? SIZES : [33]) {
        for (const N of isFull ? SIZES : [40]) {
          for (const density of [0, 0.2, 1]) {
            about(JSON.stringify({ M, K, N, density }), () => transposed(bench, M, K, N, density, isSquared));
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
    bench.kernels.transposedProduct(
      inputs,
      rows,
      entries,
      gradient,
      weights,
      bench.words([0]),
      0,
      1,
      1,
      3,
      1,
      1,
      1,
      0,
    );
    const found = [...bench.f32.subarray(inputs >> 2, (inputs >> 2) + 4)].map(Number.isNaN);
    expect(found).toEqual([false, true, false, false]);
  });

  it('throughLength', { timeout: 60_000 }, () => {
    const bench = open();
    for (const M of isFull ? [1, 4, 33] : [3]) {
      for (const K of isFull ? [1, 31, 33, 70] : [33]) {
        for (const N of isFull ? [2, 32, 40] : [10]) {
          bench.reset();
          const [P, Q] = [Math.ceil(N / 32), Math.ceil(K / 32)];
          const [S, T] = [M + 2, M + 5];
          const { rows, entries } = bench.rows(M, K, 0.5);
          const inputs = bench.panels(K, S);
          const goodness = bench.take(Q * S);
          for (let i = 0; i < Q * S; i++) bench.f32[(goodness >> 2) + i] = 0.5 + (i % 7);
          const [gradient, logits] = [bench.panels(N, T), bench.panels(N, T)];
          const targets = bench.words(Array.from({ length: M }, (_, row) => (row % 5 === 3 ? SKIP : row)));
          bench.check({
            end: M,
            call: (k, begin, end) =>
              k.throughLength(
                inputs,
                rows,
                entries,
                goodness,
                gradient,
                logits,
                targets,
                begin,
                end,
                S,
                K,
                Q,
                P,
                T,
              ),
            writes: (begin, end) =>
              Array.from({ length: Q }, (_, p) => items(inputs + p * S * 128, 128)(begin, end)).flat(),
          });
          // A difference of two sums, so that terms say nothing of its size: both are of about 1.
          for (let i = 0; i < Q * S * 32; i++) bench.within(`inputs[${i}]`, (inputs >> 2) + i, 1e-5);
        }
      }
    }
  });
});
