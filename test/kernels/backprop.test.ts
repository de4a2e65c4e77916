// Backpropagation through the kernels: the gradient of a network of two layers against finite differences of its loss in
// double precision.

import { expect, it } from 'vitest';
import { type Bench, eachBuild } from '../support/memory.ts';

const [M, S, INPUTS, HIDDEN, CLASSES] = [5, 7, 37, 45, 10];
const HIDDEN_PANELS = 2;

/** Weights (K+1, N) in double precision, out of panels. */
function matrix(bench: Bench, at: number, K: number, N: number): number[][] {
  return Array.from({ length: K + 1 }, (_, k) =>
    Array.from({ length: N }, (_, j) => bench.f32[(at >> 2) + ((j >> 5) * (K + 1) + k) * 32 + (j & 31)]),
  );
}

const times = (x: number[], weights: number[][]) =>
  weights[x.length].map((bias, j) => x.reduce((sum, value, k) => sum + value * weights[k][j], bias));

/** The mean log probability of the right labels, and the hidden sums. */
function logLikelihood(images: number[][], labels: number[], first: number[][], second: number[][]) {
  const sums = images.map(image => times(image, first));
  const total = sums.reduce((all, sum, i) => {
    const hidden = sum.map(z => Math.max(0, z));
    const logits = times(hidden, second);
    const largest = Math.max(...logits);
    const partition = logits.reduce((p, logit) => p + Math.exp(logit - largest), 0);
    return all + logits[labels[i]] - largest - Math.log(partition);
  }, 0);
  return { value: total / images.length, sums };
}

/** One step at rate 1 without momentum: the weights move by the gradient. */
function step(
  bench: Bench,
  weights: number,
  rows: number,
  entries: number,
  gradient: number,
  K: number,
  P: number,
) {
  const k = bench.kernels;
  const columns = bench.take(2 * (K + 1));
  const lists = bench.take(2 * (K + 1) * M);
  const targets = bench.words(Array.from({ length: M }, (_, row) => row));
  const velocity = bench.zeros(P * (K + 1) * 32);
  k.clearColumns(columns, 0, K + 1, M);
  k.appendRows(columns, lists, rows, entries, targets, 0, K + 1, M, K, 1);
  k.momentumStep(weights, velocity, columns, lists, gradient, 0, P, S, K, 1 / M, 0, 0, 0);
  return velocity;
}

eachBuild(open => {
  it('the gradient is that of finite differences, in every weight and bias', () => {
    const bench = open();
    const k = bench.kernels;
    const first = bench.panels(HIDDEN, INPUTS + 1);
    const second = bench.panels(CLASSES, HIDDEN + 1);
    for (let i = 0; i < HIDDEN_PANELS * (INPUTS + 1) * 32; i++) bench.f32[(first >> 2) + i] *= 0.2;
    for (let i = 0; i < (HIDDEN + 1) * 32; i++) bench.f32[(second >> 2) + i] *= 0.2;
    const { rows, entries } = bench.rows(M, INPUTS, 0.6);
    const labels = Array.from({ length: M }, () => bench.noise.below(CLASSES));

    const activity = bench.take(HIDDEN_PANELS * S * 32);
    const goodness = bench.take(HIDDEN_PANELS * S);
    k.sparseForward(activity, goodness, rows, entries, first, 0, HIDDEN_PANELS, M, S, INPUTS, 1);
    const hiddenRows = bench.take(2 * M);
    const hiddenEntries = bench.take(2 * M * HIDDEN_PANELS * 32);
    k.compressRows(hiddenRows, hiddenEntries, activity, 0, M, S, HIDDEN_PANELS, 0);
    // The logits are a product without relu; the bias comes as one more input.
    const logits = bench.zeros(S * 32);
    k.sparseProduct(logits, hiddenRows, hiddenEntries, second, 0, 1, M, S, HIDDEN, 1);
    for (let row = 0; row < M; row++) {
      for (let c = 0; c < CLASSES; c++) {
        bench.f32[(logits >> 2) + row * 32 + c] += bench.f32[(second >> 2) + HIDDEN * 32 + c];
      }
    }
    const probabilities = bench.take(S * CLASSES);
    const top = bench.zeros(S * 32);
    k.softmaxRows(probabilities, logits, 0, M, S, 1, CLASSES);
    k.softmaxGradient(top, probabilities, bench.words(labels), 0, M, S, CLASSES);
    const hiddenGradient = bench.take(HIDDEN_PANELS * S * 32);
    const targets = bench.words(Array.from({ length: M }, (_, row) => row));
    k.transposedProduct(
      hiddenGradient,
      hiddenRows,
      hiddenEntries,
      top,
      second,
      targets,
      0,
      M,
      S,
      HIDDEN,
      1,
      1,
      S,
      0,
    );

    const found = [
      matrix(bench, step(bench, first, rows, entries, hiddenGradient, INPUTS, HIDDEN_PANELS), INPUTS, HIDDEN),
      matrix(bench, step(bench, second, hiddenRows, hiddenEntries, top, HIDDEN, 1), HIDDEN, CLASSES),
    ];

    const images = Array.from({ length: M }, (_, row) => {
      const image = new Array(INPUTS).fill(0);
      const [begin, end] = [0, 1].map(i => (entries + bench.u32[(rows >> 2) + 2 * row + i]) >> 2);
      for (let at = begin; at < end; at += 2) image[bench.u32[at] / 128] = bench.f32[at + 1];
      return image as number[];
    });
    const weights = [matrix(bench, first, INPUTS, HIDDEN), matrix(bench, second, HIDDEN, CLASSES)];
    const { sums } = logLikelihood(images, labels, weights[0], weights[1]);
    // No hidden unit is so near to its bend that the difference would see both sides of it.
    const h = 1e-5;
    expect(Math.min(...sums.flat().map(Math.abs))).toBeGreaterThan(10 * h);
    for (const [layer, matrices] of weights.entries()) {
      for (const [i, row] of matrices.entries()) {
        for (let j = 0; j < row.length; j++) {
          const weight = row[j];
          row[j] = weight + h;
          const up = logLikelihood(images, labels, weights[0], weights[1]).value;
          row[j] = weight - h;
          const down = logLikelihood(images, labels, weights[0], weights[1]).value;
          row[j] = weight;
          // Single precision in a dozen sums of terms of size 1, and h² of the third derivative.
          expect(Math.abs(found[layer][i][j] - (up - down) / (2 * h))).toBeLessThan(2e-6);
        }
      }
    }
    expect(Math.max(...found[0].flat().map(Math.abs))).toBeGreaterThan(0.01);
  });
});
