// Local receptive fields without weight sharing: dense layers side by side, each on a field of its own among the inputs.
// A field's rows are picked out of the layer's, and then multiplied as those of any dense layer are; where they would be many
// short pieces, placedForward in sparse.ts multiplies them where they lie.
//
//   rows, entries              compressed rows of a field of F inputs, as in sparse.ts; row r begins at r · F · 8
//   sourceRows, sourceEntries  compressed rows of all inputs
//   runs (R)                   u32 first · 128, u32 beyond · 128: the field's inputs, as runs of neighbours in order

import { PANEL_ROW } from './simd';

/**
 * rows = the entries of the source rows whose inputs lie in the runs, numbered from `first` in the order of the runs.
 * With `first` = 0 each row begins anew; otherwise it goes on after what it holds, so that a field can span several
 * sources. `begin` and `end` are rows.
 */
export function gatherRows(
  rows: usize, entries: usize, sourceRows: usize, sourceEntries: usize, runs: usize,
  begin: u32, end: u32, R: u32, F: u32, first: u32,
): void {
  const lastRun = runs + ((<usize>R) << 3);
  for (let row = begin; row < end; row++) {
    const pair = rows + ((<usize>row) << 3);
    if (first == 0) store<u32>(pair, row * F * 8);
    let to = entries + (first == 0 ? row * F * 8 : load<u32>(pair, 4));
    let at = sourceEntries + load<u32>(sourceRows + ((<usize>row) << 3));
    const last = sourceEntries + load<u32>(sourceRows + ((<usize>row) << 3), 4);
    let local = first * <u32>PANEL_ROW;
    for (let run = runs; run < lastRun; run += 8) {
      const from = load<u32>(run), beyond = load<u32>(run, 4);
      at = seek(at, last, from);
      const stop = seek(at, last, beyond);
      // Modulo 2^32, so that runs may move up as well as down; the values stay.
      const shift = i32x4(local - from, 0, local - from, 0);
      for (; at + 16 <= stop; at += 16, to += 16) v128.store(to, i32x4.add(v128.load(at), shift));
      if (at < stop) {
        store<u32>(to, load<u32>(at) + (local - from));
        store<f32>(to, load<f32>(at, 4), 4);
        at += 8;
        to += 8;
      }
      local += beyond - from;
    }
    store<u32>(pair, <u32>(to - entries), 4);
  }
}

/**
 * Zeroes weights (P, K+1, 32), or anything of that shape, where a unit does not see an input: bit u of word k of `masks`
 * (P, K) says that unit u of the panel sees input k. A unit that sees no input at all loses its bias too. `begin` and
 * `end` are panels.
 */
export function maskWeights(weights: usize, masks: usize, begin: u32, end: u32, K: u32): void {
  for (let panel = begin; panel < end; panel++) {
    let w = weights + <usize>panel * (K + 1) * PANEL_ROW;
    const mask = masks + ((<usize>panel * K) << 2);
    let seeing: u32 = 0;
    for (let k: u32 = 0; k < K; k++, w += PANEL_ROW) {
      const bits = load<u32>(mask + ((<usize>k) << 2));
      seeing |= bits;
      if (bits != 0xffffffff) maskRow(w, bits);
    }
    maskRow(w, seeing);
  }
}

// The first entry whose input is not below `offset`. Inputs of a row differ, so it is at most as many entries away as
// there are inputs between; in a row that is full it is exactly there.
// @ts-ignore: decorator
@inline
function seek(at: usize, last: usize, offset: u32): usize {
  if (at >= last) return at;
  const next = load<u32>(at);
  if (next >= offset) return at;
  let high = min<usize>(last, at + (<usize>((offset - next) / <u32>PANEL_ROW) << 3));
  if (load<u32>(high - 8) < offset) return high;
  let low = at + 8;
  high -= 8;
  while (low < high) {
    const middle = low + (((high - low) >> 4) << 3);
    if (load<u32>(middle) < offset) low = middle + 8;
    else high = middle;
  }
  return low;
}

// @ts-ignore: decorator
@inline
function maskRow(w: usize, bits: u32): void {
  const all = i32x4.splat(bits);
  let lanes = i32x4(1, 2, 4, 8);
  for (let part: usize = 0; part < PANEL_ROW; part += 16) {
    v128.store(w + part, v128.and(v128.load(w + part), i32x4.eq(v128.and(all, lanes), lanes)));
    lanes = i32x4.shl(lanes, 4);
  }
}
