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

import { madd, PANEL_ROW, relu, sumSquares } from './simd';

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
      const beyond = (K * block / B) * <u32>PANEL_ROW;
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
  product(activity, 0, activity, 0, cuts, entries, weights, begin, end, M, S, K, B, false, false);
}

/** activity = relu(rows · weights + bias), and its goodness. */
export function sparseForward(
  activity: usize, goodness: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32,
): void {
  product(activity, goodness, activity, 0, cuts, entries, weights, begin, end, M, S, K, B, false, true);
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
  product(activity, goodness, shared, sources, rows, entries, weights, begin, end, M, S, K, 1, true, true);
}

// @ts-ignore: decorator
@inline
function product(
  activity: usize, goodness: usize, shared: usize, sources: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, M: u32, S: u32, K: u32, B: u32,
  isShared: bool, isForward: bool,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  const stride = <usize>S * PANEL_ROW;
  const cutBytes = (<usize>(B + 1)) << 2;
  for (let panel = begin; panel < end; panel++) {
    const w = weights + <usize>panel * panelBytes;
    const bias = w + <usize>K * PANEL_ROW;
    for (let block: u32 = 0; block < B; block++) {
      let y = activity + <usize>panel * stride;
      let cut = cuts + ((<usize>block) << 2);
      for (let row: u32 = 0; row < M; row++, y += PANEL_ROW, cut += cutBytes) {
        let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        if (isShared || isForward || block > 0) {
          let from = y;
          if (isShared) {
            from = shared + <usize>panel * stride + <usize>load<u32>(sources + ((<usize>row) << 3)) * PANEL_ROW;
          } else if (isForward && block == 0) {
            from = bias;
          }
          a0 = v128.load(from); a1 = v128.load(from, 16); a2 = v128.load(from, 32); a3 = v128.load(from, 48);
          a4 = v128.load(from, 64); a5 = v128.load(from, 80); a6 = v128.load(from, 96); a7 = v128.load(from, 112);
        }
        const last = entries + load<u32>(cut, 4);
        let at = entries + load<u32>(cut);
        // Two entries a turn: half the bookkeeping. The conditions are always true, see simd.ts: each half of the sums gets
        // a block of its own.
        for (const even = last - ((last - at) & 8); at < even; at += 16) {
          const from = w + load<u32>(at), next = w + load<u32>(at, 8);
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
        if (at < last) {
          const from = w + load<u32>(at);
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
        if (isShared) {
          const scale = v128.load32_splat(sources + ((<usize>row) << 3), 4);
          a0 = madd(scale, a0, v128.load(bias)); a1 = madd(scale, a1, v128.load(bias, 16));
          a2 = madd(scale, a2, v128.load(bias, 32)); a3 = madd(scale, a3, v128.load(bias, 48));
          a4 = madd(scale, a4, v128.load(bias, 64)); a5 = madd(scale, a5, v128.load(bias, 80));
          a6 = madd(scale, a6, v128.load(bias, 96)); a7 = madd(scale, a7, v128.load(bias, 112));
        }
        if (isForward && block + 1 == B) {
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
