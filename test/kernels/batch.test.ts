// Batch normalisation, over awkward shapes.

import { it } from 'vitest';
import { SKIP } from '../../src/kernels/panels.ts';
import { about, type Bench, eachBuild, items, Noise, panelItems, sumError } from '../support/memory.ts';

interface Sizes {
  /** Images, positions and channels. */
  readonly M: number;
  readonly Q: number;
  readonly C: number;
}

const chance = new Noise();
const SIZES: readonly Sizes[] = [
  { M: 1, Q: 1, C: 1 },
  { M: 3, Q: 7, C: 9 },
  { M: 4, Q: 20, C: 64 },
  ...Array.from({ length: 8 }, () => ({
    M: 1 + chance.below(6),
    Q: 1 + chance.below(30),
    C: 1 + chance.below(90),
  })),
];

/** With a ReLU before, or after. */
function batch(bench: Bench, { M, Q, C }: Sizes, isRectified: boolean): void {
  bench.reset();
  const [leastBefore, leastAfter] = isRectified
    ? [0, Number.NEGATIVE_INFINITY]
    : [Number.NEGATIVE_INFINITY, 0];
  const [P, S] = [Math.ceil(C / 32), M + 2];
  const raw = bench.panels(C, S * Q);
  for (let i = 0; i < P * S * Q * 32; i++) {
    bench.f32[(raw >> 2) + i] = Math.max(leastBefore, bench.f32[(raw >> 2) + i]);
  }
  const factors = bench.zeros(3 * P * 32);
  for (let row = 0; row < 3; row++) {
    for (let c = 0; c < C; c++) bench.f32[(factors >> 2) + row * P * 32 + c] = bench.noise.normal();
  }
  const activity = bench.take(P * S * Q * 32);
  const units = (at: number) => panelItems(at, P, S * Q * 128, Q * 128);
  // Of each value: a product of numbers below 6 with a sum.
  const close = (what: string, at: number) => bench.panelsWithin(what, at, P, S * Q, M * Q, 1e-5);
  bench.check({
    end: M,
    call: (k, begin, end) => k.moveChannels(activity, raw, factors, begin, end, P, Q, S, leastAfter),
    writes: units(activity),
  });
  close('activity', activity);
  bench.padding('activity', activity, C, S * Q, M * Q);

  const targets = bench.words(Array.from({ length: M }, (_, i) => (i % 3 === 1 ? SKIP : i)));
  const sums = bench.take(S * 2 * P * 32);
  const gradient = bench.panels(C, S * Q);
  bench.check({
    end: M,
    call: (k, begin, end) => k.gradientSums(sums, gradient, raw, targets, begin, end, P, Q, S),
    writes: items(sums, 2 * P * 128),
  });
  for (let i = 0; i < M * 2 * P * 32; i++)
    bench.within('sums', (sums >> 2) + i, 20 * Q * sumError(Q) * 2 ** -23);
  bench.check({
    end: M,
    call: (k, begin, end) => k.throughBatch(gradient, raw, factors, begin, end, P, Q, S, leastBefore),
    writes: units(gradient),
  });
  close('gradient', gradient);
  bench.padding('gradient', gradient, C, S * Q, M * Q);
}

eachBuild((open, isFull) => {
  it('batch normalisation', () => {
    const bench = open();
    for (const sizes of isFull ? SIZES : [SIZES[2]]) {
      for (const isRectified of [true, false]) {
        about(JSON.stringify({ ...sizes, isRectified }), () => batch(bench, sizes, isRectified));
      }
    }
  });
});
