// Compressed rows, written one after the other.

import { ROW_BYTES } from '../panels.ts';
import { view } from './view.ts';

/** Writes the rows of images `begin` to `end`, of `length` values at most, one after the other: those that are not zero. */
export function packRows(
  buffer: ArrayBufferLike,
  rows: number,
  entries: number,
  begin: number,
  end: number,
  length: number,
  valuesOf: (image: number) => Float64Array,
): void {
  const { f32, u32, word } = view(buffer);
  let at = begin * length * 8;
  for (let image = begin; image < end; image++) {
    u32[word(rows, 2 * image)] = at;
    valuesOf(image).forEach((value, i) => {
      if (Math.fround(value) === 0) return;
      u32[word(entries + at, 0)] = i * ROW_BYTES;
      f32[word(entries + at, 1)] = value;
      at += 8;
    });
    u32[word(rows, 2 * image + 1)] = at;
  }
}
