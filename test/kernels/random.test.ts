// Random numbers: the same bits everywhere, and random enough.

import { expect, it } from 'vitest';
import { EPSILON, eachBuild, items } from '../support/memory.ts';

eachBuild((open, isFull) => {
  it('randomBits gives the bits of the twin', () => {
    const { kernels, twin, noise } = open();
    const tuples = Array.from({ length: isFull ? 10_000 : 10 }, (_, i) => [7, 3, i]);
    for (let i = 0; i < 1000; i++) tuples.push([noise.bits(), noise.bits(), noise.bits()]);
    for (const edge of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      tuples.push([edge, 0, 0], [0, edge, 0], [0, 0, edge], [edge, edge, edge]);
    }
    for (const [seed, stream, counter] of tuples) {
      // WebAssembly hands 32 bits to JavaScript as a signed number.
      const bits = kernels.randomBits(seed, stream, counter) >>> 0;
      if (bits !== twin.randomBits(seed, stream, counter)) expect.fail(`${seed}, ${stream}, ${counter}`);
    }
  });

  it('randomBits is uniform, bit by bit, and never the same for two counters of a stream', () => {
    const { kernels } = open();
    const n = isFull ? 100_000 : 1000;
    const bits = Uint32Array.from({ length: n }, (_, counter) => kernels.randomBits(1, 2, counter));
    expect(new Set(bits).size).toBe(n);
    // Five standard deviations of a mean of n.
    const mean = bits.reduce((sum, x) => sum + x / 2 ** 32, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    for (let bit = 0; bit < 32; bit++) {
      const ones = bits.reduce((sum, x) => sum + ((x >>> bit) & 1), 0);
      expect(Math.abs(ones / n - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / n));
    }
  });

  it('streams and seeds are distinct and uncorrelated', () => {
    const { kernels } = open();
    const n = 10_000;
    const draw = (seed: number, stream: number) =>
      Float64Array.from({ length: n }, (_, i) => (kernels.randomBits(seed, stream, i) >>> 0) / 2 ** 32 - 0.5);
    const all = [draw(1, 0), draw(1, 1), draw(2, 0), draw(2, 1), draw(1, 2 ** 31)];
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) {
        const correlation = a.reduce((sum, x, j) => sum + 12 * x * b[j], 0) / n;
        expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
      }
    }
  });

  it('randomWeights gives the bits of the twin in any parts, with bias and padding zero', () => {
    const bench = open();
    for (const [K, N] of isFull
      ? [
          [1, 1],
          [3, 31],
          [7, 32],
          [5, 33],
          [100, 100],
          [64, 128],
        ]
      : [[5, 33]]) {
      bench.reset();
      const P = Math.ceil(N / 32);
      const weights = bench.take(P * (K + 1) * 32);
      bench.check({
        end: P,
        call: (k, begin, end) => k.randomWeights(weights, begin, end, K, N, 0xdeadbeef, 5, 0.1),
        writes: items(weights, (K + 1) * 128),
      });
      bench.same();
      bench.padding('weights', weights, N, K + 1, K + 1);
      for (let panel = 0; panel < P; panel++) {
        const bias = (weights >> 2) + (panel * (K + 1) + K) * 32;
        expect(bench.f32.subarray(bias, bias + 32).every(x => x === 0)).toBe(true);
      }
    }
  });

  it('randomWeights has the mean, the deviation and the tails of a sum of twelve', () => {
    const bench = open();
    const [K, N, deviation] = [isFull ? 1000 : 100, 100, 0.25];
    const weights = bench.take(4 * (K + 1) * 32);
    bench.kernels.randomWeights(weights, 0, 4, K, N, 42, 0, deviation);
    const values: number[] = [];
    for (let unit = 0; unit < N; unit++) {
      for (let k = 0; k < K; k++) {
        values.push(bench.f32[(weights >> 2) + ((unit >> 5) * (K + 1) + k) * 32 + (unit & 31)] / deviation);
      }
    }
    const n = values.length;
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    // The kurtosis of twelve uniform numbers is 3 − 1.2 / 12.
    expect(Math.abs(moment(4) - 2.9)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(6 * (1 + EPSILON));
  }, 20_000);
});
