// Noise on weights: the same in every build and in any parts, normal enough, and taken back by its opposite.

import { expect, it } from 'vitest';
import { eachBuild, items } from '../support/memory.ts';

eachBuild((open, isFull) => {
  it('perturbWeights gives the bits of the twin in any parts, and leaves the padding alone', () => {
    const bench = open();
    for (const [K, N] of isFull
      ? [
          [1, 1],
          [3, 30],
          [7, 32],
          [5, 33],
          [100, 101],
          [64, 128],
        ]
      : [[5, 33]]) {
      for (const withBias of [0, 1]) {
        bench.reset();
        const weights = bench.panels(N, K + 1);
        const before = bench.f32.slice(weights >> 2, (weights >> 2) + Math.ceil(N / 32) * (K + 1) * 32);
        bench.check({
          end: Math.ceil(N / 32),
          call: (k, begin, end) =>
            k.perturbWeights(weights, begin, end, K, N, 0xdeadbeef, 0x80000007, -0.3, withBias),
          writes: items(weights, (K + 1) * 128),
        });
        bench.same();
        bench.padding('weights', weights, N, K + 1, K + 1);
        const moved = (k: number) => bench.f32[(weights >> 2) + k * 32] !== before[k * 32];
        expect(moved(0)).toBe(true);
        expect(moved(K)).toBe(withBias === 1);
      }
    }
  });

  it('the noise has the mean, the deviation and the tails of a sum of four bytes', () => {
    const bench = open();
    const [K, N] = [isFull ? 1000 : 100, 100];
    const noise = (stream: number) => {
      bench.reset();
      const weights = bench.zeros(4 * (K + 1) * 32);
      bench.kernels.perturbWeights(weights, 0, 4, K, N, 42, stream, 0.25, 0);
      return Array.from({ length: N * K }, (_, i) => {
        const [unit, k] = [i % N, Math.floor(i / N)];
        return bench.f32[(weights >> 2) + ((unit >> 5) * (K + 1) + k) * 32 + (unit & 31)] / 0.25;
      });
    };
    const values = noise(70_000);
    const n = values.length;
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    // The kurtosis of four uniform numbers is 3 − 1.2 / 4.
    expect(Math.abs(moment(4) - 2.7)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(3.451);
    const others = noise(70_001);
    const correlation = values.reduce((sum, x, i) => sum + x * others[i], 0) / n;
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
    const shifted = values.slice(1).reduce((sum, x, i) => sum + x * values[i], 0) / n;
    expect(Math.abs(shifted)).toBeLessThan(5 / Math.sqrt(n));
  });

  it('the opposite takes it back, to rounding', () => {
    const bench = open();
    const [K, N] = [50, 70];
    const weights = bench.panels(N, K + 1);
    const before = bench.f32.slice(weights >> 2, (weights >> 2) + 3 * (K + 1) * 32);
    for (const scale of [0.1, -0.2, 0.1])
      bench.kernels.perturbWeights(weights, 0, 3, K, N, 1, 99_999, scale, 1);
    for (let i = 0; i < before.length; i++) {
      expect(Math.abs(bench.f32[(weights >> 2) + i] - before[i])).toBeLessThan(1e-6);
    }
  });
});
