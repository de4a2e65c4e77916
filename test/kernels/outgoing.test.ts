// What of an image goes on to the next layer, over awkward shapes and some at random.

import { expect, it } from 'vitest';
import {
  about,
  type Bench,
  EPSILON,
  eachBuild,
  items,
  Noise,
  panelItems,
  sumError,
} from '../support/memory.ts';
import { packs, sameRows } from '../support/packed-rows.ts';

interface Sizes {
  /** Images, and channels of a position. */
  readonly M: number;
  readonly U: number;
  readonly height: number;
  readonly width: number;
  readonly L: number;
}

const chance = new Noise();
const SIZES: readonly Sizes[] = [
  { M: 1, U: 1, height: 1, width: 1, L: 1 },
  { M: 3, U: 9, height: 3, width: 2, L: 2 },
  { M: 2, U: 33, height: 5, width: 7, L: 3 },
  { M: 5, U: 70, height: 2, width: 3, L: 1 },
  ...Array.from({ length: 12 }, () => ({
    M: 1 + chance.below(6),
    U: 1 + chance.below(100),
    height: 3 + chance.below(8),
    width: 3 + chance.below(8),
    L: 1 + chance.below(3),
  })),
];

function prepare(bench: Bench, { M, U, height, width }: Sizes) {
  bench.reset();
  const [P, Q, S] = [Math.ceil(U / 32), height * width, M + 2];
  return { P, Q, S, activity: bench.panels(U, S * Q) };
}

function average(bench: Bench, sizes: Sizes): void {
  const { M, height, width, L } = sizes;
  const { P, S, activity } = prepare(bench, sizes);
  const bytes = Math.floor(height / L) * Math.floor(width / L) * 128;
  const pooled = bench.take((P * S * bytes) / 4);
  bench.check({
    end: M,
    call: (k, begin, end) => k.averagePositions(pooled, activity, begin, end, P, height, width, L, S),
    writes: panelItems(pooled, P, S * bytes, bytes),
  });
  for (let panel = 0; panel < P; panel++) {
    bench.close('mean', pooled + panel * S * bytes, (M * bytes) / 4, sumError(L * L));
  }
}

function sums(bench: Bench, sizes: Sizes): void {
  const { M } = sizes;
  const { P, Q, S, activity } = prepare(bench, sizes);
  const scales = bench.take(S * 2 * P * 32);
  bench.check({
    end: M,
    call: (k, begin, end) => k.channelSums(scales, activity, begin, end, P, Q, S),
    writes: items(scales, 2 * P * 128),
  });
  bench.close('sums', scales, M * 2 * P * 32, sumError(Q));
}

function scale(bench: Bench, sizes: Sizes): void {
  const { M, U } = sizes;
  const { P, Q, S, activity } = prepare(bench, sizes);
  // The padding has no shift.
  const scales = bench.take(2 * S * P * 32);
  bench.f32.fill(0, scales >> 2, (scales >> 2) + 2 * S * P * 32);
  for (let i = 0; i < 2 * S * P * 32; i++) {
    if (i % (P * 32) < U) bench.f32[(scales >> 2) + i] = bench.noise.next() - 0.5;
  }
  const [rows, entries] = [bench.take(2 * S), bench.take(2 * S * Q * P * 32)];
  packs(bench, M, Q * P * 32 * 8, rows, entries, (k, begin, end) =>
    k.scaleChannels(rows, entries, activity, scales, begin, end, P, Q, S),
  );
  // A product and a sum, of numbers below 5.
  sameRows(bench, rows, entries, M, 2, 5);

  const { height, width, L } = sizes;
  const A = Math.min(L, height, width);
  const length = A * A * P * 32;
  const [meanRows, meanEntries] = [bench.take(2 * S), bench.take(2 * S * length)];
  const scratch = bench.take(length);
  // By kernels that pack rows in parts, the last part's entries begin where its first image's do: as the kernel above left them.
  for (const [begin, end] of [
    [0, M],
    [M >> 1, M],
  ]) {
    bench.kernels.scaleChannels(rows, entries, activity, scales, begin, end, P, Q, S);
    bench.check({
      end: 1,
      call: k => k.meanParts(meanRows, meanEntries, scratch, rows, entries, begin, end, P, height, width, A),
      writes: () => [
        ...items(meanRows, 8)(begin, end),
        ...items(meanEntries, length * 8)(begin, end),
        ...items(scratch, length * 4)(0, 1),
      ],
    });
  }
  sameRows(bench, meanRows, meanEntries, M, sumError(Q), 5);
}

function add(bench: Bench, { M, U, height, width, L }: Sizes): void {
  const K = U * height * width;
  // Of all inputs, of some, and of none; and, where they are as many, values that cancel out.
  for (const [ownShare, otherShare] of [
    [1, 1],
    [0.1 * L, 0.5],
    [0, 0.3],
    [0.3, 0],
    [0, 0],
  ]) {
    bench.reset();
    const [own, other] = [bench.rows(M, K, ownShare), bench.rows(M, K, otherShare)];
    if (ownShare === otherShare) {
      for (let i = 1; i < M * K; i += 3) {
        bench.f32[(other.entries >> 2) + 2 * i + 1] = -bench.f32[(own.entries >> 2) + 2 * i + 1];
      }
    }
    const [rows, entries] = [bench.take(2 * M), bench.take(2 * M * K)];
    packs(bench, M, K * 8, rows, entries, (k, begin, end) =>
      k.addRows(rows, entries, own.rows, own.entries, other.rows, other.entries, begin, end, K),
    );
    // Of two numbers, the sum is what single precision has next to it.
    sameRows(bench, rows, entries, M, 0);
  }
}

function rectify(bench: Bench, sizes: Sizes): void {
  const { M, U } = sizes;
  for (const isTriangle of [0, 1]) {
    const { P, Q, S, activity } = prepare(bench, sizes);
    const rectified = bench.take(P * S * Q * 32);
    bench.check({
      end: M,
      call: (k, begin, end) => k.rectifyPositions(rectified, activity, begin, end, P, Q, S, U, isTriangle),
      writes: panelItems(rectified, P, S * Q * 128, Q * 128),
    });
    // Activities and their mean are below 6.
    bench.panelsWithin('rectified', rectified, P, S * Q, M * Q, 12 * sumError(U) * EPSILON);
    bench.padding('rectified', rectified, U, S * Q, M * Q);
  }
}

function largest(bench: Bench, sizes: Sizes): void {
  const { M, height, width, L } = sizes;
  const { P, S, activity } = prepare(bench, sizes);
  const bytes = Math.floor(height / L) * Math.floor(width / L) * 128;
  const pooled = bench.take((P * S * bytes) / 4);
  bench.check({
    end: M,
    call: (k, begin, end) => k.largestPositions(pooled, activity, begin, end, P, height, width, L, S),
    writes: panelItems(pooled, P, S * bytes, bytes),
  });
  bench.same();
}

function drop(bench: Bench, sizes: Sizes): void {
  const { M } = sizes;
  const { P, Q, S, activity } = prepare(bench, sizes);
  const [seed, stream, apart, counter] = [bench.noise.bits(), bench.noise.bits(), 3, bench.noise.bits()];
  bench.check({
    end: M,
    call: (k, begin, end) =>
      k.dropUnits(activity, begin, end, P, Q, S, seed, stream, apart, counter, 20_000, 1.5),
    writes: panelItems(activity, P, S * Q * 128, Q * 128),
  });
  bench.same();
}

eachBuild((open, isFull) => {
  const all = isFull ? SIZES : [SIZES[1]];
  const each = (what: (bench: Bench, sizes: Sizes) => void) => () => {
    const bench = open();
    for (const sizes of all) about(JSON.stringify(sizes), () => what(bench, sizes));
  };
  it('averagePositions', each(average));
  it('channelSums', each(sums));
  it('scaleChannels and meanParts', each(scale));
  it('addRows', each(add));
  it('rectifyPositions', each(rectify));
  it('largestPositions', each(largest));
  it('dropUnits', each(drop));

  it('dropUnits leaves the share that it is to leave, differently in every image', () => {
    const bench = open();
    const [P, Q, S] = [3, 40, 4];
    const activity = bench.floats(new Array(P * Q * S * 32).fill(1));
    bench.kernels.dropUnits(activity, 0, S, P, Q, S, 1, 7, 3, 0, 0.2 * 65536, 1.25);
    const values = bench.f32.subarray(activity >> 2, (activity >> 2) + P * Q * S * 32);
    const left = values.filter(value => value === 1.25).length;
    expect(left + values.filter(value => value === 0).length).toBe(values.length);
    // Five standard deviations.
    const n = values.length;
    expect(Math.abs(left / n - 0.8)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / n));
    const images = Array.from({ length: S }, (_, image) =>
      Array.from({ length: Q * 32 }, (__, i) => values[image * Q * 32 + i]).join(),
    );
    expect(new Set(images).size).toBe(S);
  });
});
