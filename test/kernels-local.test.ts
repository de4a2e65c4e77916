// The kernels of local receptive fields: rows of a field out of rows of a layer, and masks over weights.

import { expect, it } from 'vitest';
import { about, type Bench, eachBuild, items, SKIP } from './support/memory.ts';

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

  it('gatherPanels', () => {
    const bench = open();
    for (const M of isFull ? [1, 2, 7, 33] : [3]) {
      for (const B of [1, 2, 5]) {
        for (const density of [0, 0.1, 0.5, 1]) {
          about(JSON.stringify({ M, B, density }), () => gatherByPanel(bench, M, B, density));
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

/** Some inputs of each of B panels but every third, which the field does not touch. */
function gatherByPanel(bench: Bench, M: number, B: number, density: number): void {
  bench.reset();
  const K = 32 * B;
  const source = bench.rows(M, K, density);
  const cuts = bench.take(M * (B + 1));
  bench.kernels.cutRows(cuts, source.rows, source.entries, 0, M, K, B);
  const touched = Array.from({ length: B }, (_, panel) => panel).filter(panel => panel % 3 !== 1);
  const field = () => {
    const inputs: number[] = [];
    const words = touched.flatMap(panel => [
      panel,
      ...Array.from({ length: 32 }, (_, i) => {
        if (bench.noise.next() < 0.4) return SKIP;
        inputs.push(32 * panel + i);
        return 128 * (inputs.length - 1);
      }),
    ]);
    return { inputs, places: bench.words(words) };
  };
  const [below, above] = [field(), field()];
  const F = below.inputs.length + above.inputs.length + 1;
  const rows = bench.take(2 * M);
  const entries = bench.take(2 * M * F);
  for (const { places, first } of [
    { ...below, first: 0 },
    { ...above, first: below.inputs.length },
  ]) {
    bench.check({
      end: M,
      call: (k, begin, end) =>
        k.gatherPanels(rows, entries, cuts, source.entries, places, begin, end, touched.length, B, F, first),
      writes: (begin, end) => [...items(rows, 8)(begin, end), ...items(entries, F * 8)(begin, end)],
    });
    bench.same();
  }
  for (let row = 0; row < M; row++) {
    const values = spread(bench, source.rows, source.entries, row, K);
    const expected = [...below.inputs, ...above.inputs].map(input => values[input]);
    expect(spread(bench, rows, entries, row, F - 1)).toEqual(expected);
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
