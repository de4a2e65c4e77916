// A batch seen by input instead of by row: what the weight gradient of one input needs.
//
//   columns (K+1)  u32 begin, u32 end: byte offsets into `lists`; column K is the bias
//   lists   (…)    u32 gradient row · 128, f32 value of the input in that row
//   rows, entries  as in sparse.ts
//
// Column k begins at k · capacity · 8. `begin` and `end` are inputs, so that calls for disjoint ranges never touch.

import { PANEL_ROW } from './simd';

/** A row whose coefficient is negligible is marked with this in `targets` and leaves the weight gradient. */
export const SKIP: u32 = 0xffffffff;

/** Empties the columns. */
export function clearColumns(columns: usize, begin: u32, end: u32, capacity: u32): void {
  for (let k = begin; k < end; k++) {
    const list = k * capacity * 8;
    store<u32>(columns + ((<usize>k) << 3), list);
    store<u32>(columns + ((<usize>k) << 3), list, 4);
  }
}

/**
 * Appends the rows to the columns. `targets` (M) is the gradient row that each row belongs to, or SKIP. With `withBias`,
 * each row also has the value 1 in column K.
 */
export function appendRows(
  columns: usize, lists: usize, rows: usize, entries: usize, targets: usize,
  begin: u32, end: u32, M: u32, K: u32, withBias: u32,
): void {
  const first = begin * <u32>PANEL_ROW, beyond = end * <u32>PANEL_ROW;
  for (let row: u32 = 0; row < M; row++) {
    const target = load<u32>(targets + ((<usize>row) << 2));
    if (target == SKIP) continue;
    const offset = target * <u32>PANEL_ROW;
    const last = entries + load<u32>(rows + ((<usize>row) << 3), 4);
    let at = lowerBound(entries + load<u32>(rows + ((<usize>row) << 3)), last, first);
    for (; at < last; at += 8) {
      const input = load<u32>(at);
      if (input >= beyond) break;
      append(columns + ((<usize>(input / <u32>PANEL_ROW)) << 3), lists, offset, load<f32>(at, 4));
    }
    if (withBias && begin <= K && K < end) append(columns + ((<usize>K) << 3), lists, offset, 1);
  }
}

/** sums (K+1) += the rows, each with the value 1 for the bias where `withBias` is set. */
export function sumRows(
  sums: usize, rows: usize, entries: usize, begin: u32, end: u32, M: u32, K: u32, withBias: u32,
): void {
  const first = begin * <u32>PANEL_ROW, beyond = end * <u32>PANEL_ROW;
  for (let row: u32 = 0; row < M; row++) {
    const last = entries + load<u32>(rows + ((<usize>row) << 3), 4);
    let at = lowerBound(entries + load<u32>(rows + ((<usize>row) << 3)), last, first);
    for (; at < last; at += 8) {
      const input = load<u32>(at);
      if (input >= beyond) break;
      const sum = sums + ((<usize>(input / <u32>PANEL_ROW)) << 2);
      store<f32>(sum, load<f32>(sum) + load<f32>(at, 4));
    }
  }
  if (withBias && begin <= K && K < end) {
    const sum = sums + ((<usize>K) << 2);
    store<f32>(sum, load<f32>(sum) + <f32>M);
  }
}

/**
 * Appends sums (K+1) to the columns as the values of one more row, `target`, and clears them: a term of rank 1 costs
 * one entry a column instead of one a row.
 */
export function appendSums(columns: usize, lists: usize, sums: usize, begin: u32, end: u32, target: u32): void {
  for (let k = begin; k < end; k++) {
    const sum = sums + ((<usize>k) << 2);
    const value = load<f32>(sum);
    if (value != 0) append(columns + ((<usize>k) << 3), lists, target * <u32>PANEL_ROW, value);
    store<f32>(sum, 0);
  }
}

// @ts-ignore: decorator
@inline
function append(column: usize, lists: usize, offset: u32, value: f32): void {
  const at = load<u32>(column, 4);
  store<u32>(lists + at, offset);
  store<f32>(lists + at, value, 4);
  store<u32>(column, at + 8, 4);
}

// The first entry of a row whose input is not below `offset`.
// @ts-ignore: decorator
@inline
function lowerBound(at: usize, last: usize, offset: u32): usize {
  let low: usize = 0, high = (last - at) >> 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(at + (middle << 3)) < offset) low = middle + 1;
    else high = middle;
  }
  return at + (low << 3);
}
