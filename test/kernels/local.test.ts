// The kernels of local receptive fields: rows of a field out of rows of a layer, products without picking them out, and
// masks over weights.

import { expect, it } from 'vitest';
import { SKIP } from '../../src/kernels/panels.ts';
import { about, type Bench, eachBuild, items, sumError } from '../support/memory.ts';

/** Runs over K inputs: random, or all of them. */
function someRuns(bench: Bench, K: number): [number, number][] {
  const runs: [number, number][] = [];
  for (let from = bench.noise.below(3); from < K; ) {
    const beyond = Math.min(K, from + 1 + bench.noise.below(9));
    runs.push([from, beyond]);
    from = beyond + bench.noise.below(6);
  }
  return runs;
}

const words = (bench: Bench, runs: [number, number][]) =>
  bench.words(runs.flatMap(([from, beyond]) => [from * 128, beyond * 128]));

const size = (runs: [number, number][]) => runs.reduce((sum, [from, beyond]) => sum + beyond - from, 0);

/** Row `row` as a full vector of `width`. */
function spread(bench: Bench, rows: number, entries: number, row: number, width: number): number[] {
  const [first, last] = [0, 1].map(i => (entries + bench.u32[(rows >> 2) + 2 * row + i]) >> 2);
  const values = new Array(width).fill(0);
  let before = -1;
  for (let at = first; at < last; at += 2) {
    const input = bench.u32[at] / 128;
    if (!(input > before && input < width)) throw new Error(`input ${input} after ${before} of ${width}`);
    values[input] = bench.f32[at + 1];
    before = input;
  }
  return values;
}

eachBuild((open, isFull) => {
  it('gatherRows', () => {
    const bench = open();
    for (const M of isFull ? [1, 2, 7, 33] : [3]) {
      for (const K of [1, 2, 5, 31, 64, 147]) {
        for (const density of [0, 0.1, 0.5, 1]) {
          about(JSON.stringify({ M, K, density }), () => gather(bench, M, K, density));
        }
      }
    }
  });

  it('gatherRows finds nothing in a field of no inputs, and everything in that of all', () => {
    const bench = open();
    const [M, K] = [4, 9];
    const source = bench.rows(M, K, 0.6);
    const rows = bench.take(2 * M);
    const entries = bench.take(2 * M * K);
    bench.kernels.gatherRows(rows, entries, source.rows, source.entries, bench.words([]), 0, M, 0, K, 0);
    for (let row = 0; row < M; row++) expect(spread(bench, rows, entries, row, K)).toEqual(Array(K).fill(0));
    const all = bench.words([0, K * 128]);
    bench.kernels.gatherRows(rows, entries, source.rows, source.entries, all, 0, M, 1, K, 0);
    for (let row = 0; row < M; row++) {
      expect(spread(bench, rows, entries, row, K)).toEqual(
        spread(bench, source.rows, source.entries, row, K),
      );
    }
  });

  it('placedForward', () => {
    const bench = open();
    for (const M of isFull ? [1, 2, 7, 33] : [3]) {
      for (const C of [1, 2, 5]) {
        for (const density of [0, 0.1, 0.5, 1]) {
          for (const isLast of [0, 1]) {
            for (const hasSources of [false, true]) {
              about(JSON.stringify({ M, C, density, isLast, hasSources }), () =>
                multiplyPlaced(bench, { M, C, density, isLast, hasSources }),
              );
            }
          }
        }
      }
    }
  });

  it('maskWeights', () => {
    const bench = open();
    for (const K of [1, 2, 7, 33]) {
      for (const P of [1, 2, 5]) {
        bench.reset();
        const weights = bench.normals(P * (K + 1) * 32);
        const kinds = [() => 0, () => 0xffffffff, () => 0x80000001, () => bench.noise.bits()];
        const masks = bench.words(Array.from({ length: P * K }, () => kinds[bench.noise.below(4)]()));
        const before = Float32Array.from(bench.f32.subarray(weights >> 2, (weights >> 2) + P * (K + 1) * 32));
        bench.check({
          end: P,
          call: (k, begin, end) => k.maskWeights(weights, masks, begin, end, K),
          writes: items(weights, (K + 1) * 128),
        });
        bench.same();
        for (let panel = 0; panel < P; panel++) {
          const seen = bench.u32.subarray((masks >> 2) + panel * K, (masks >> 2) + (panel + 1) * K);
          for (let lane = 0; lane < 32; lane++) {
            for (let k = 0; k <= K; k++) {
              const i = (panel * (K + 1) + k) * 32 + lane;
              const isKept = (k < K ? [seen[k]] : [...seen]).some(bits => (bits >>> lane) % 2 === 1);
              expect(bench.f32[(weights >> 2) + i]).toBe(isKept ? before[i] : 0);
            }
          }
        }
      }
    }
  });

  it('maskWeights clears what is not a number too', () => {
    const bench = open();
    const weights = bench.floats(new Array(64).fill(Number.NaN));
    bench.kernels.maskWeights(weights, bench.words([2]), 0, 1, 1);
    const kept = [...bench.f32.subarray(weights >> 2, (weights >> 2) + 64)].map(Number.isNaN);
    expect(kept).toEqual(Array.from({ length: 64 }, (_, i) => i % 32 === 1));
  });
});

/** Rows of C panels, of which a field sees some inputs of two spans, against the product with a field that is picked out. */
function multiplyPlaced(
  bench: Bench,
  sizes: { M: number; C: number; density: number; isLast: number; hasSources: boolean },
): void {
  bench.reset();
  const { M, C, density, isLast, hasSources } = sizes;
  const [P, S, N] = [2, M + 3, 40];
  const source = bench.rows(M, 32 * C, density);
  const cuts = bench.take(M * (C + 1));
  bench.kernels.cutRows(cuts, source.rows, source.entries, 0, M, 32 * C, C);
  const borders = C > 2 ? [0, 2, 3, C] : [C - 1, C];
  const seen: number[] = [];
  const words: number[] = [];
  for (let span = 0; span < borders.length; span += 2) {
    const [first, beyond] = borders.slice(span, span + 2);
    words.push(first, beyond);
    for (let input = 32 * first; input < 32 * beyond; input++) {
      const isSeen = bench.noise.next() < 0.6;
      words.push(isSeen ? 128 * seen.length : SKIP);
      if (isSeen) seen.push(input);
    }
  }
  const K = seen.length;
  const spans = bench.words(words);
  const weights = bench.panels(N, K + 1);
  const activity = bench.panels(N, S);
  const shared = bench.panels(N, S);
  const goodness = bench.take(P * S);
  const sources = hasSources ? bench.words(Array.from({ length: 2 * M }, () => bench.noise.below(S))) : 0;
  const zeros = bench.zeros(32);
  const start = Float32Array.from(bench.f32.subarray(activity >> 2, (activity >> 2) + P * S * 32));
  bench.check({
    end: P,
    call: (k, begin, end) =>
      k.placedForward(
        activity,
        goodness,
        shared,
        sources,
        cuts,
        source.entries,
        spans,
        zeros,
        weights,
        begin,
        end,
        M,
        S,
        K,
        borders.length / 2,
        C,
        isLast,
      ),
    writes: (begin, end) => [
      ...items(activity, S * 128, M * 128)(begin, end),
      ...(isLast ? items(goodness, S * 4, M * 4)(begin, end) : []),
    ],
  });
  bench.close('activity', activity, P * S * 32, sumError(K + 3));
  if (isLast) bench.close('goodness', goodness, P * S, 2 * sumError(K + 3) + 4);
  for (let row = 0; row < M; row++) {
    const values = spread(bench, source.rows, source.entries, row, 32 * C);
    const from = hasSources ? bench.u32[(sources >> 2) + 2 * row] : row;
    for (let unit = 0; unit < N; unit++) {
      const [panel, lane] = [Math.floor(unit / 32), unit % 32];
      const cell = (rows: number, at: number) => (panel * rows + at) * 32 + lane;
      const weight = (k: number) => bench.f32[(weights >> 2) + cell(K + 1, k)];
      let sum = hasSources ? bench.f32[(shared >> 2) + cell(S, from)] : start[cell(S, from)];
      seen.forEach((input, k) => {
        sum += values[input] * weight(k);
      });
      if (isLast) sum = Math.max(0, sum + weight(K));
      expect(bench.f32[(activity >> 2) + cell(S, row)]).toBeCloseTo(sum, 3);
    }
  }
}

function gather(bench: Bench, M: number, K: number, density: number): void {
  bench.reset();
  const [below, above] = [bench.rows(M, K, density), bench.rows(M, K, density)];
  const [first, second] = [someRuns(bench, K), someRuns(bench, K)];
  const F = size(first) + size(second);
  const rows = bench.take(2 * M);
  const entries = bench.take(2 * M * F + 2);
  const [firstRuns, secondRuns] = [words(bench, first), words(bench, second)];
  const writes = (begin: number, end: number) => [
    ...items(rows, 8)(begin, end),
    ...items(entries, F * 8)(begin, end),
  ];
  const gatherFrom = (source: typeof below, runs: number, count: number, from: number) => {
    bench.check({
      end: M,
      call: (k, begin, end) =>
        k.gatherRows(rows, entries, source.rows, source.entries, runs, begin, end, count, F, from),
      writes,
    });
    bench.same();
  };
  gatherFrom(below, firstRuns, first.length, 0);
  // A second source goes on where the first ended; of nothing, it would begin anew.
  const from = size(first);
  if (from > 0) gatherFrom(above, secondRuns, second.length, from);
  for (let row = 0; row < M; row++) {
    const [low, high] = [below, above].map(source => spread(bench, source.rows, source.entries, row, K));
    const field = first.flatMap(([begin, end]) => low.slice(begin, end));
    const upper = second.flatMap(([begin, end]) => high.slice(begin, end));
    const expected = from > 0 ? [...field, ...upper] : Array(F).fill(0);
    expect(spread(bench, rows, entries, row, F)).toEqual(expected);
  }
}
