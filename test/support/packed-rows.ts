// Kernels that write compressed rows one after the other, against their twins.

import { type Bench, type Check, EPSILON, items } from './memory.ts';

/**
 * Throws unless M rows have the same inputs in kernel and twin, and values of a relative error of `factor` EPSILON, or of as many where they
 * are less than `size`.
 */
export function sameRows(
  bench: Bench,
  rows: number,
  entries: number,
  M: number,
  factor: number,
  size = 0,
): void {
  for (let row = 0; row < M; row++) {
    const ends = [0, 1].map(i => (rows >> 2) + 2 * row + i);
    for (const word of ends) {
      if (bench.u32[word] !== bench.plain.u32[word]) throw new Error(`row ${row} begins or ends elsewhere`);
    }
    for (let at = bench.u32[ends[0]]; at < bench.u32[ends[1]]; at += 8) {
      const entry = (entries + at) >> 2;
      if (bench.u32[entry] !== bench.plain.u32[entry]) throw new Error(`another input in row ${row}`);
      const expected = Math.abs(bench.plain.f32[entry + 1]);
      bench.within(`row ${row}`, entry + 1, factor * EPSILON * Math.max(size, expected));
    }
  }
}

/** Checks what packs M rows, of `rowBytes` at most: a part packs its rows from a place of its own, so parts are checked one at a time. */
export function packs(
  bench: Bench,
  M: number,
  rowBytes: number,
  rows: number,
  entries: number,
  call: Check['call'],
): void {
  const values: number[][][] = [];
  for (const borders of [
    [0, M >> 1, M],
    [0, 0, M],
  ]) {
    const found: number[][] = [];
    for (const [begin, end] of [borders.slice(0, 2), borders.slice(1)]) {
      bench.check({
        end: 1,
        call: k => call(k, begin, end),
        writes: () => [...items(rows, 8)(begin, end), ...items(entries, rowBytes)(begin, end)],
      });
      for (let row = begin; row < end; row++) {
        const [first, last] = [0, 1].map(i => (entries + bench.u32[(rows >> 2) + 2 * row + i]) >> 2);
        found.push([...bench.u32.subarray(first, last)]);
      }
    }
    values.push(found);
  }
  if (JSON.stringify(values[0]) !== JSON.stringify(values[1])) throw new Error('parts differ from the whole');
}
