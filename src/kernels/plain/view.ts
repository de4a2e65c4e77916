// How all plain kernels see the bytes.

import { PANEL, ROW_BYTES } from '../panels.ts';

/** Rounds before it compares, because the kernel sees only the rounded number. */
export const flush = (x: number) => (Math.abs(Math.fround(x)) < Math.fround(1e-30) ? 0 : x);

/** A buffer as words, and where things are in it. */
export function view(buffer: ArrayBufferLike) {
  const f32 = new Float32Array(buffer);
  const u32 = new Uint32Array(buffer);

  /** The index of a word. Pointers are unsigned: a signed shift would lose everything above 2 GiB. */
  const word = (pointer: number, index: number) => (pointer >>> 2) + index;

  /** The index of (panel, row, lane) in an array (P, rows, 32). */
  const cell = (pointer: number, rows: number, panel: number, row: number, lane: number) =>
    word(pointer, (panel * rows + row) * PANEL + lane);

  /** Where the entries of list `i`, cut into `blocks`, begin and end. An entry is two words: an offset and a value. */
  const firstEntry = (lists: number, entries: number, i: number, blocks = 1) =>
    word(entries + u32[word(lists, (blocks + 1) * i)], 0);
  const lastEntry = (lists: number, entries: number, i: number, blocks = 1) =>
    word(entries + u32[word(lists, (blocks + 1) * i + blocks)], 0);

  /** List `i` times one lane of a matrix of panel rows, which the offsets of the list point into. */
  function dot(lists: number, entries: number, i: number, matrix: number, blocks = 1): number {
    let sum = 0;
    const last = lastEntry(lists, entries, i, blocks);
    for (let at = firstEntry(lists, entries, i, blocks); at < last; at += 2)
      sum += f32[at + 1] * f32[matrix + (u32[at] >>> 2)];
    return sum;
  }

  /** Calls `visit` for each entry of row `row` whose input is in [begin, end). */
  function eachInput(
    rows: number,
    entries: number,
    row: number,
    begin: number,
    end: number,
    visit: (input: number, value: number) => void,
  ): void {
    const last = lastEntry(rows, entries, row);
    for (let at = firstEntry(rows, entries, row); at < last; at += 2) {
      const input = u32[at] / ROW_BYTES;
      if (input >= begin && input < end) visit(input, f32[at + 1]);
    }
  }

  return { f32, u32, word, cell, lastEntry, dot, eachInput };
}
