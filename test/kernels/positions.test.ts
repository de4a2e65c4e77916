// Images of units, position by position, over awkward shapes.

import { it } from 'vitest';
import { SKIP } from '../../src/kernels/panels.ts';
import { about, type Bench, eachBuild, items, panelItems, sumError } from '../support/memory.ts';
import { packs, sameRows } from '../support/packed-rows.ts';

interface Sizes {
  /** Images, and channels of a position. */
  readonly M: number;
  readonly U: number;
  readonly height: number;
  readonly width: number;
  readonly A: number;
}

const SIZES: readonly Sizes[] = [
  { M: 1, U: 1, height: 1, width: 1, A: 1 },
  { M: 3, U: 9, height: 3, width: 2, A: 2 },
  { M: 4, U: 32, height: 7, width: 7, A: 3 },
  { M: 2, U: 33, height: 5, width: 4, A: 4 },
  { M: 5, U: 70, height: 2, width: 3, A: 1 },
];

/** Activities of which some are off, a position of the first image and all of the last among them. */
function prepare(bench: Bench, { M, U, height, width }: Sizes) {
  bench.reset();
  const [P, Q, S] = [Math.ceil(U / 32), height * width, M + 2];
  const activity = bench.panels(U, S * Q);
  for (let i = 0; i < P * S * Q * 32; i++) {
    const word = (activity >> 2) + i;
    const place = (i >> 5) % (S * Q);
    const isOff = (Q > 1 && place === 1) || (M > 1 && place >= (M - 1) * Q);
    bench.f32[word] = isOff ? 0 : Math.max(0, bench.f32[word]);
  }
  const [squares, totals] = [bench.take(S * Q), bench.take(S)];
  bench.check({
    end: M,
    call: (k, begin, end) => k.sumPositions(squares, totals, activity, begin, end, P, Q, S),
    writes: (begin, end) => [...items(squares, Q * 4)(begin, end), ...items(totals, 4)(begin, end)],
  });
  bench.close('squares', squares, M * Q, sumError(U));
  bench.close('totals', totals, M, sumError(U * Q));
  return { P, Q, S, activity, squares, totals };
}

function normalize(bench: Bench, sizes: Sizes, isDivided: boolean): void {
  const { M, U } = sizes;
  const { P, Q, S, activity, squares, totals } = prepare(bench, sizes);
  const rows = bench.take(2 * S);
  const entries = bench.take(2 * S * Q * P * 32);
  packs(bench, M, Q * P * 32 * 8, rows, entries, (k, begin, end) =>
    k.normalizePositions(rows, entries, activity, isDivided ? squares : 0, totals, begin, end, P, Q, S, U),
  );
  sameRows(bench, rows, entries, M, 8);
}

function features(bench: Bench, sizes: Sizes, isNormalized: boolean, isSquared: 0 | 1): void {
  const { M, U, height, width, A } = sizes;
  const { P, Q, S, activity, squares, totals } = prepare(bench, sizes);
  const [rows, entries] = [bench.take(2 * S), bench.take(2 * S * A * A * P * 32)];
  const scales = isNormalized ? squares : 0;
  packs(bench, M, A * A * P * 32 * 8, rows, entries, (k, begin, end) =>
    k.meanCells(rows, entries, activity, scales, totals, begin, end, P, height, width, A, S, U, isSquared),
  );
  // Nothing is negative, so that sums are as exact as their terms: a scale is three roundings and a root.
  sameRows(bench, rows, entries, M, 8 + sumError(Q));

  const T = M + 3;
  const cells = bench.normals(A * A * P * T * 32);
  const along = bench.take(S * Q);
  const targets = bench.words(Array.from({ length: M }, (_, row) => (row % 3 === 2 ? SKIP : row)));
  bench.check({
    end: M,
    call: (k, begin, end) =>
      k.cellGradient(
        activity,
        cells,
        scales,
        totals,
        along,
        targets,
        begin,
        end,
        P,
        height,
        width,
        A,
        S,
        T,
        U,
        isSquared,
      ),
    writes: (begin, end) => [
      ...panelItems(activity, P, S * Q * 128, Q * 128)(begin, end),
      ...items(along, Q * 4)(begin, end),
    ],
  });
  // A difference of sums, so that terms say nothing of its size: all are of about 1 over a position's length.
  for (let i = 0; i < P * S * Q * 32; i++) bench.within(`activity[${i}]`, (activity >> 2) + i, 2e-5);
  bench.padding('activity', activity, U, S * Q, M * Q);
}

function scale(bench: Bench, sizes: Sizes): void {
  const { M } = sizes;
  const { P, Q, S, activity } = prepare(bench, sizes);
  const coefficients = bench.normals(M);
  const targets = bench.words(Array.from({ length: M }, (_, row) => (row % 3 === 1 ? SKIP : row)));
  bench.check({
    end: M,
    call: (k, begin, end) => k.scaleImages(activity, coefficients, targets, begin, end, P, Q, S),
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
  it(
    'normalizePositions',
    each((bench, sizes) => normalize(bench, sizes, true)),
  );
  it(
    'normalizePositions of activities as they are',
    each((bench, sizes) => normalize(bench, sizes, false)),
  );
  it(
    'meanCells and cellGradient of activities',
    each((bench, sizes) => features(bench, sizes, false, 0)),
  );
  it(
    'meanCells and cellGradient of squares',
    each((bench, sizes) => features(bench, sizes, false, 1)),
  );
  it(
    'meanCells and cellGradient of normalised activities',
    each((bench, sizes) => features(bench, sizes, true, 0)),
  );
  it('scaleImages', each(scale));
});
