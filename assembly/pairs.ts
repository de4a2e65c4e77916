// Products of two rows at a time with panels. Two versions of one image are on in nearly the same inputs, so that one walk over
// what is on in either loads each weight once for both. It fills twelve sums; the eight of sparse.ts are too few to keep both
// multiply-add units busy.
//
//   cuts    (A, B+1)  u32: where each pair passes from one block of inputs to the next, byte offsets into `entries`
//   entries (A, K)    u32 input · 128, f32 value in the first row, f32 value in the second
//   the other arrays as in sparse.ts
//
// A pair is a row and the one A = `apart` rows after it, so that A pairs are 2 · A rows. Of finite weights, sums are those of
// sparseForward to the bit: what is off in one of the two adds zero, and the order of additions is that of the inputs. Only in
// the relaxed builds: a product that is not fused needs a register more than there are.

import { madd, PANEL_ROW, relu, sumSquares } from './simd';
import { border } from './sparse';

/** Bytes of an entry. */
const ENTRY: usize = 12;

/** Merges rows into pairs and finds their cuts at the inputs K · b / B; `begin` and `end` are pairs. */
export function pairRows(
  cuts: usize, entries: usize, rows: usize, rowEntries: usize, begin: u32, end: u32, apart: u32, K: u32, B: u32,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  for (let pair = begin; pair < end; pair++) {
    const one = rows + ((<usize>pair) << 3), two = one + ((<usize>apart) << 3);
    let a = rowEntries + load<u32>(one), b = rowEntries + load<u32>(two);
    const aEnd = rowEntries + load<u32>(one, 4), bEnd = rowEntries + load<u32>(two, 4);
    const first = entries + <usize>(pair * K) * ENTRY;
    let at = first;
    // Always both, kept where on: cheaper than branches nobody can predict.
    while (a < aEnd || b < bEnd) {
      const i = a < aEnd ? load<u32>(a) : u32.MAX_VALUE, j = b < bEnd ? load<u32>(b) : u32.MAX_VALUE;
      const input = min(i, j);
      store<u32>(at, input);
      store<f32>(at, select<f32>(load<f32>(a, 4), 0, i == input), 4);
      store<f32>(at, select<f32>(load<f32>(b, 4), 0, j == input), 8);
      a += <usize>(i == input) << 3;
      b += <usize>(j == input) << 3;
      at += ENTRY;
    }

    const cut = cuts + ((<usize>(pair * (B + 1))) << 2);
    let passed = first;
    for (let block: u32 = 0; block < B; block++) {
      const beyond = border(block, K, B) * <u32>PANEL_ROW;
      while (passed < at && load<u32>(passed) < beyond) passed += ENTRY;
      store<u32>(cut + ((<usize>block) << 2), <u32>(passed - entries));
    }
    store<u32>(cut + ((<usize>B) << 2), <u32>(at - entries));
  }
}

/**
 * activity = relu(rows · weights + bias), and its goodness, of both rows of each pair. `begin` and `end` are panels, a
 * multiple of three apart.
 */
export function pairForward(
  activity: usize, goodness: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, S: u32, K: u32, B: u32, apart: u32,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  for (let panel = begin; panel < end; panel += 3) {
    for (let pass: u32 = 0; pass < 4; pass++) {
      sixVectors(activity, cuts, entries, weights, panel, 3 * pass, S, K, B, apart);
    }
    for (let one = panel; one < panel + 3; one++) sumRows(activity, goodness, one * S, 2 * apart);
  }
}

/**
 * Three of the twelve couples of vectors that three panels have, from number `couple` on: a panel has four, so that they lie
 * in one panel or two.
 */
// @ts-ignore: decorator
@inline
function sixVectors(
  activity: usize, cuts: usize, entries: usize, weights: usize,
  panel: u32, couple: u32, S: u32, K: u32, B: u32, apart: u32,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  const stride = <usize>S * PANEL_ROW;
  const w = weights + coupleAt(panel, couple, panelBytes);
  const second = weights + coupleAt(panel, couple + 1, panelBytes) - w;
  const third = weights + coupleAt(panel, couple + 2, panelBytes) - w;
  const y = activity + coupleAt(panel, couple, stride);
  const ySecond = activity + coupleAt(panel, couple + 1, stride) - y;
  const yThird = activity + coupleAt(panel, couple + 2, stride) - y;
  const bias = w + <usize>K * PANEL_ROW;
  const cutBytes = (<usize>(B + 1)) << 2;
  for (let block: u32 = 0; block < B; block++) {
    let cut = cuts + ((<usize>block) << 2);
    let one = y, two = y + <usize>apart * PANEL_ROW;
    for (let pair: u32 = 0; pair < apart; pair++, one += PANEL_ROW, two += PANEL_ROW, cut += cutBytes) {
      let from = bias, other = bias, toSecond = second, toThird = third;
      if (block > 0) {
        from = one;
        other = two;
        toSecond = ySecond;
        toThird = yThird;
      }
      let a0 = v128.load(from), a1 = v128.load(from, 16);
      let a2 = v128.load(from + toSecond), a3 = v128.load(from + toSecond, 16);
      let a4 = v128.load(from + toThird), a5 = v128.load(from + toThird, 16);
      let b0 = v128.load(other), b1 = v128.load(other, 16);
      let b2 = v128.load(other + toSecond), b3 = v128.load(other + toSecond, 16);
      let b4 = v128.load(other + toThird), b5 = v128.load(other + toThird, 16);
      const last = entries + load<u32>(cut, 4);
      for (let at = entries + load<u32>(cut); at < last; at += ENTRY) {
        const p = w + load<u32>(at);
        const q = p + second, r = p + third;
        const x = v128.load32_splat(at, 4), z = v128.load32_splat(at, 8);
        // Always true, see simd.ts: each vector of weights gets a block of its own.
        if (p) { const v = v128.load(p); a0 = madd(x, v, a0); b0 = madd(z, v, b0); }
        if (at) { const v = v128.load(p, 16); a1 = madd(x, v, a1); b1 = madd(z, v, b1); }
        if (q) { const v = v128.load(q); a2 = madd(x, v, a2); b2 = madd(z, v, b2); }
        if (last) { const v = v128.load(q, 16); a3 = madd(x, v, a3); b3 = madd(z, v, b3); }
        if (r) { const v = v128.load(r); a4 = madd(x, v, a4); b4 = madd(z, v, b4); }
        if (w) { const v = v128.load(r, 16); a5 = madd(x, v, a5); b5 = madd(z, v, b5); }
      }
      if (block + 1 == B) {
        a0 = relu(a0); a1 = relu(a1); a2 = relu(a2); a3 = relu(a3); a4 = relu(a4); a5 = relu(a5);
        b0 = relu(b0); b1 = relu(b1); b2 = relu(b2); b3 = relu(b3); b4 = relu(b4); b5 = relu(b5);
      }
      v128.store(one, a0); v128.store(one, a1, 16);
      v128.store(one + ySecond, a2); v128.store(one + ySecond, a3, 16);
      v128.store(one + yThird, a4); v128.store(one + yThird, a5, 16);
      v128.store(two, b0); v128.store(two, b1, 16);
      v128.store(two + ySecond, b2); v128.store(two + ySecond, b3, 16);
      v128.store(two + yThird, b4); v128.store(two + yThird, b5, 16);
    }
  }
}

// Where the first row of a couple of vectors begins, in an array of panels.
function coupleAt(panel: u32, couple: u32, panelBytes: usize): usize {
  return <usize>(panel + couple / 4) * panelBytes + <usize>(couple % 4) * 32;
}

// The goodness of `count` rows of one panel; `first` counts rows from that of the first panel.
function sumRows(activity: usize, goodness: usize, first: u32, count: u32): void {
  for (let row = first; row < first + count; row++) {
    const y = activity + <usize>row * PANEL_ROW;
    const sum = sumSquares(
      v128.load(y), v128.load(y, 16), v128.load(y, 32), v128.load(y, 48),
      v128.load(y, 64), v128.load(y, 80), v128.load(y, 96), v128.load(y, 112),
    );
    store<f32>(goodness + ((<usize>row) << 2), sum);
  }
}
