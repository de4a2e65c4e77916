// Products of compressed rows with panels: only what is not zero is multiplied.
//
//   rows     (M)           u32 begin, u32 end: byte offsets into `entries`, sorted by input
//   cuts     (M, B+1)      u32: where each row passes from one block of inputs to the next; rows are cuts with B = 1
//   entries  (…)           u32 input · 128, f32 value
//   weights  (P, K+1, 32)  a panel holds 32 units; its row K is their bias
//   activity (P, S, 32)    S rows are planned, the first M of them are written
//   goodness (P, S)        sum of squares of each row in each panel
//
// `begin` and `end` are panels. A block of a panel is small enough to stay in the first-level cache while all rows pass over
// it; sums wait in `activity` between blocks. The order of additions is that of the inputs, whatever the blocks.

import { SKIP } from './columns';
import { madd, PANEL_ROW, relu, sumSquares } from './simd';

/** The input at which block `block` of B begins, K · block / B: the product may be larger than 32 bits. */
// @ts-ignore: decorator
@inline
export function border(block: u32, K: u32, B: u32): u32 {
  return <u32>(<u64>K * block / B);
}

/** Finds the cuts of rows `begin` to `end` at the inputs K · b / B. */
export function cutRows(
  cuts: usize, rows: usize, entries: usize, begin: u32, end: u32, K: u32, B: u32,
): void {
  for (let row = begin; row < end; row++) {
    const cut = cuts + ((<usize>(row * (B + 1))) << 2);
    let at = load<u32>(rows + ((<usize>row) << 3));
    const last = load<u32>(rows + ((<usize>row) << 3), 4);
    store<u32>(cut, at);
    for (let block: u32 = 1; block < B; block++) {
      const beyond = border(block, K, B) * <u32>PANEL_ROW;
      while (at < last && load<u32>(entries + at) < beyond) at += 8;
      store<u32>(cut + ((<usize>block) << 2), at);
    }
    store<u32>(cut + ((<usize>B) << 2), last);
  }
}

/** activity = rows · weights, without bias: the share of a product that several inputs have in common. */
export function sparseProduct(
  activity: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32,
): void {
  wholeProduct(activity, 0, activity, 0, cuts, entries, weights, begin, end, M, S, K, B, false);
}

/** activity = relu(rows · weights + bias), and its goodness. */
export function sparseForward(
  activity: usize, goodness: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32,
): void {
  wholeProduct(activity, goodness, activity, 0, cuts, entries, weights, begin, end, M, S, K, B, true);
}

/**
 * activity = relu(scale · (shared[source] + rows · weights) + bias), and its goodness: the positive, the negative and
 * the neutral input share the product with the image and differ in a few label inputs only.
 *
 *   shared  (P, S, 32)  rows of a sparseProduct, in the same panels as activity
 *   sources (M)         u32 row of `shared`, f32 scale
 */
export function sharedForward(
  activity: usize, goodness: usize, shared: usize, sources: usize, rows: usize, entries: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32,
): void {
  wholeProduct(activity, goodness, shared, sources, rows, entries, weights, begin, end, M, S, K, 1, true);
}

// Of rows as wide as the weights. What differs is asked once a row: three copies of the code would cost a page its bytes.
function wholeProduct(
  activity: usize, goodness: usize, shared: usize, sources: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32, isForward: bool,
): void {
  product(
    activity, goodness, shared, sources, cuts, entries, 0, 0, weights, begin, end, M, S, K, B, B, false, isForward,
  );
}

/**
 * activity += rows · weights, of rows that are wider than the field which the weights are for; with `isLast`, then activity =
 * relu(activity + bias), and its goodness. With `sources`, as above but for the scale, it starts from shared[source] instead.
 *
 *   cuts   (M, C+1)  where each row passes from one panel of 32 inputs to the next
 *   spans  (B, …)    u32 first, u32 beyond: neighbouring panels that the field touches; then for each of their inputs the
 *                    offset of its weights in a panel, or SKIP
 *   zeros  (32)      what stands for the weights of an input that is skipped: cheaper than a branch that depends on it
 */
export function placedForward(
  activity: usize, goodness: usize, shared: usize, sources: usize, cuts: usize, entries: usize, spans: usize, zeros: usize,
  weights: usize, begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32, C: u32, isLast: u32,
): void {
  product(
    activity, goodness, shared, sources, cuts, entries, spans, zeros, weights,
    begin, end, M, S, K, B, C, true, isLast != 0,
  );
}

// @ts-ignore: decorator
@inline
function product(
  activity: usize, goodness: usize, shared: usize, sources: usize, cuts: usize, entries: usize, spans: usize, zeros: usize,
  weights: usize, begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32, C: u32,
  isPlaced: bool, isForward: bool,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  const stride = <usize>S * PANEL_ROW;
  const cutBytes = (<usize>(C + 1)) << 2;
  for (let panel = begin; panel < end; panel++) {
    const w = weights + <usize>panel * panelBytes;
    const bias = w + <usize>K * PANEL_ROW;
    let span = spans;
    for (let block: u32 = 0; block < B; block++) {
      const first = isPlaced ? load<u32>(span) : block;
      const width = isPlaced ? load<u32>(span, 4) - first : 1;
      const places = span + 8 - ((<usize>first) << 7);
      span += 8 + ((<usize>width) << 7);
      const isEnd = isForward && block + 1 == B;
      let y = activity + <usize>panel * stride;
      let cut = cuts + ((<usize>first) << 2);
      for (let row: u32 = 0; row < M; row++, y += PANEL_ROW, cut += cutBytes) {
        let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        if (isPlaced || isForward || block > 0) {
          let from = y;
          if (block == 0) {
            if (sources) {
              from = shared + <usize>panel * stride + <usize>load<u32>(sources + ((<usize>row) << 3)) * PANEL_ROW;
            } else if (!isPlaced) {
              from = bias;
            }
          }
          a0 = v128.load(from); a1 = v128.load(from, 16); a2 = v128.load(from, 32); a3 = v128.load(from, 48);
          a4 = v128.load(from, 64); a5 = v128.load(from, 80); a6 = v128.load(from, 96); a7 = v128.load(from, 112);
        }
        const last = entries + load<u32>(cut + ((<usize>width) << 2));
        let at = entries + load<u32>(cut);
        // Two entries a turn: half the bookkeeping. The conditions are always true, see simd.ts: each half of the sums gets
        // a block of its own.
        if (!isPlaced) {
          for (const even = last - ((last - at) & 8); at < even; at += 16) {
            const from = w + load<u32>(at);
            const next = w + load<u32>(at, 8);
            const x = v128.load32_splat(at, 4);
            if (from) {
              a0 = madd(x, v128.load(from), a0);
              a1 = madd(x, v128.load(from, 16), a1);
              a2 = madd(x, v128.load(from, 32), a2);
              a3 = madd(x, v128.load(from, 48), a3);
            }
            if (at) {
              a4 = madd(x, v128.load(from, 64), a4);
              a5 = madd(x, v128.load(from, 80), a5);
              a6 = madd(x, v128.load(from, 96), a6);
              a7 = madd(x, v128.load(from, 112), a7);
            }
            const z = v128.load32_splat(at, 12);
            if (next) {
              a0 = madd(z, v128.load(next), a0);
              a1 = madd(z, v128.load(next, 16), a1);
              a2 = madd(z, v128.load(next, 32), a2);
              a3 = madd(z, v128.load(next, 48), a3);
            }
            if (last) {
              a4 = madd(z, v128.load(next, 64), a4);
              a5 = madd(z, v128.load(next, 80), a5);
              a6 = madd(z, v128.load(next, 96), a6);
              a7 = madd(z, v128.load(next, 112), a7);
            }
          }
        }
        for (; at < last; at += 8) {
          const from = rowOf(w, places, load<u32>(at), zeros, isPlaced);
          const x = v128.load32_splat(at, 4);
          if (from) {
            a0 = madd(x, v128.load(from), a0);
            a1 = madd(x, v128.load(from, 16), a1);
            a2 = madd(x, v128.load(from, 32), a2);
            a3 = madd(x, v128.load(from, 48), a3);
          }
          if (at) {
            a4 = madd(x, v128.load(from, 64), a4);
            a5 = madd(x, v128.load(from, 80), a5);
            a6 = madd(x, v128.load(from, 96), a6);
            a7 = madd(x, v128.load(from, 112), a7);
          }
        }
        if (!isPlaced && sources) {
          const scale = v128.load32_splat(sources + ((<usize>row) << 3), 4);
          a0 = madd(scale, a0, v128.load(bias)); a1 = madd(scale, a1, v128.load(bias, 16));
          a2 = madd(scale, a2, v128.load(bias, 32)); a3 = madd(scale, a3, v128.load(bias, 48));
          a4 = madd(scale, a4, v128.load(bias, 64)); a5 = madd(scale, a5, v128.load(bias, 80));
          a6 = madd(scale, a6, v128.load(bias, 96)); a7 = madd(scale, a7, v128.load(bias, 112));
        }
        if (isPlaced && isEnd) {
          a0 = f32x4.add(a0, v128.load(bias)); a1 = f32x4.add(a1, v128.load(bias, 16));
          a2 = f32x4.add(a2, v128.load(bias, 32)); a3 = f32x4.add(a3, v128.load(bias, 48));
          a4 = f32x4.add(a4, v128.load(bias, 64)); a5 = f32x4.add(a5, v128.load(bias, 80));
          a6 = f32x4.add(a6, v128.load(bias, 96)); a7 = f32x4.add(a7, v128.load(bias, 112));
        }
        if (isEnd) {
          a0 = relu(a0); a1 = relu(a1); a2 = relu(a2); a3 = relu(a3);
          a4 = relu(a4); a5 = relu(a5); a6 = relu(a6); a7 = relu(a7);
          store<f32>(goodness + ((<usize>panel * S + row) << 2), sumSquares(a0, a1, a2, a3, a4, a5, a6, a7));
        }
        v128.store(y, a0); v128.store(y, a1, 16); v128.store(y, a2, 32); v128.store(y, a3, 48);
        v128.store(y, a4, 64); v128.store(y, a5, 80); v128.store(y, a6, 96); v128.store(y, a7, 112);
      }
    }
  }
}

/** The weights of the input at `offset`. */
// @ts-ignore: decorator
@inline
function rowOf(w: usize, places: usize, offset: u32, zeros: usize, isPlaced: bool): usize {
  if (!isPlaced) return w + offset;
  const place = load<u32>(places + (offset >> 5));
  return select(zeros, w + place, place == SKIP);
}

/**
 * Reads panels of weights through, cache line by cache line, so that the processor streams them in; needed one by one, in
 * the order of sparse rows, each line would be waited for. What was read goes into the first word of seen (P, 16): a
 * compiler may leave out loads that nothing needs.
 */
export function fetchPanels(seen: usize, weights: usize, begin: u32, end: u32, K: u32): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  for (let panel = begin; panel < end; panel++) {
    const first = weights + <usize>panel * panelBytes;
    let bits: u32 = 0;
    for (let at = first; at < first + panelBytes; at += 64) bits |= load<u32>(at);
    store<u32>(seen + ((<usize>panel) << 6), bits);
  }
}
