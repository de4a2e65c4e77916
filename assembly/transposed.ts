// From the gradient of a linear map's outputs to that of its inputs: inside a layer, where it tells classes apart by a map of its
// activities; and for backpropagation, for comparison.
//
//   inputs        (P', S, 32)  gradient rows of the inputs, P' = ceil(K / 32): the layer below can take them as its own
//   cuts, entries              the inputs, as in sparse.ts
//   gradient      (P, T, 32)   gradient rows of the outputs
//   weights       (P, K+1, 32)
//   targets       (…)          SKIP where the gradient of a row is not wanted: it is not computed

import { SKIP } from './columns';
import { madd, PANEL_ROW, sumLanes } from './simd';

/**
 * inputs = gradient · transposed weights where an input is on, 0 where it is off: the derivative of relu. `begin` and `end`
 * are rows. As in the forward product, all rows pass over a block of weights while it is in the first-level cache, and
 * only what is on is multiplied. With `isSquared` entries hold the squares of what the inputs are: then each is multiplied with its
 * root (the constant 2 of the derivative is left to the learning rate).
 */
export function transposedProduct(
  inputs: usize, cuts: usize, entries: usize, gradient: usize, weights: usize, targets: usize,
  begin: u32, end: u32, S: u32, K: u32, P: u32, B: u32, T: u32, isSquared: u32,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  const stride = <usize>S * PANEL_ROW;
  const cutBytes = (<usize>(B + 1)) << 2;
  const inputPanels = (K + 31) / 32;
  for (let panel: u32 = 0; panel < inputPanels; panel++) {
    memory.fill(inputs + panel * stride + begin * PANEL_ROW, 0, <usize>(end - begin) * PANEL_ROW);
  }
  for (let block: u32 = 0; block < B; block++) {
    for (let panel: u32 = 0; panel < P; panel++) {
      const w = weights + <usize>panel * panelBytes;
      let d = gradient + (<usize>panel * T + begin) * PANEL_ROW;
      let x = inputs + <usize>begin * PANEL_ROW;
      let cut = cuts + <usize>begin * cutBytes + ((<usize>block) << 2);
      for (let row = begin; row < end; row++, d += PANEL_ROW, x += PANEL_ROW, cut += cutBytes) {
        if (load<u32>(targets + ((<usize>row) << 2)) == SKIP) continue;
        const d0 = v128.load(d), d1 = v128.load(d, 16), d2 = v128.load(d, 32), d3 = v128.load(d, 48);
        const d4 = v128.load(d, 64), d5 = v128.load(d, 80), d6 = v128.load(d, 96), d7 = v128.load(d, 112);
        const last = entries + load<u32>(cut, 4);
        let at = entries + load<u32>(cut);
        for (; at + 32 <= last; at += 32) {
          const k0 = load<u32>(at), k1 = load<u32>(at, 8), k2 = load<u32>(at, 16), k3 = load<u32>(at, 24);
          const w0 = w + k0, w1 = w + k1, w2 = w + k2, w3 = w + k3;
          let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
          // Always true, see simd.ts: each part of a sum gets a block of its own.
          if (w0) { s0 = dotHalf(w0, d0, d1, d2, d3, s0); }
          if (w1) { s1 = dotHalf(w1, d0, d1, d2, d3, s1); }
          if (w2) { s2 = dotHalf(w2, d0, d1, d2, d3, s2); }
          if (w3) { s3 = dotHalf(w3, d0, d1, d2, d3, s3); }
          if (at) { s0 = dotHalf(w0 + 64, d4, d5, d6, d7, s0); }
          if (d) { s1 = dotHalf(w1 + 64, d4, d5, d6, d7, s1); }
          if (at) { s2 = dotHalf(w2 + 64, d4, d5, d6, d7, s2); }
          if (d) { s3 = dotHalf(w3 + 64, d4, d5, d6, d7, s3); }
          // Four sums of lanes at once, in the order of sumLanes.
          const s01 = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 2, 4, 6), v128.shuffle<f32>(s0, s1, 1, 3, 5, 7));
          const s23 = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 2, 4, 6), v128.shuffle<f32>(s2, s3, 1, 3, 5, 7));
          const sums = f32x4.add(v128.shuffle<f32>(s01, s23, 0, 2, 4, 6), v128.shuffle<f32>(s01, s23, 1, 3, 5, 7));
          add(cell(x, stride, k0), f32x4.extract_lane(sums, 0), at, isSquared);
          add(cell(x, stride, k1), f32x4.extract_lane(sums, 1), at + 8, isSquared);
          add(cell(x, stride, k2), f32x4.extract_lane(sums, 2), at + 16, isSquared);
          add(cell(x, stride, k3), f32x4.extract_lane(sums, 3), at + 24, isSquared);
        }
        for (; at < last; at += 8) {
          const k = load<u32>(at);
          const sum = dotHalf(w + k + 64, d4, d5, d6, d7, dotHalf(w + k, d0, d1, d2, d3, f32x4.splat(0)));
          add(cell(x, stride, k), sumLanes(sum), at, isSquared);
        }
      }
    }
  }
}

/**
 * From the gradient of normalised rows to that of the rows themselves, in place: what is along a row is taken out, since its length
 * does not count, and the rest is divided by its root mean square. What is along it is gradient · logits, for a map without bias.
 *
 *   inputs         (Q, S, 32)   as above, of K inputs, which may have gaps between them
 *   rows, entries               the normalised rows
 *   goodness       (Q, S)       sum of squares of each row in each panel, before it was normalised
 *   logits         (P, T, 32)   what the map made of the rows
 */
export function throughLength(
  inputs: usize, rows: usize, entries: usize, goodness: usize, gradient: usize, logits: usize, targets: usize,
  begin: u32, end: u32, S: u32, K: u32, Q: u32, P: u32, T: u32,
): void {
  const stride = <usize>S * PANEL_ROW;
  for (let row = begin; row < end; row++) {
    if (load<u32>(targets + ((<usize>row) << 2)) == SKIP) continue;
    let squares: f32 = 0;
    for (let panel: u32 = 0; panel < Q; panel++) squares += load<f32>(goodness + ((<usize>panel * S + row) << 2));
    let sums = f32x4.splat(0);
    for (let panel: u32 = 0; panel < P; panel++) {
      const place = (<usize>panel * T + row) * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 16) {
        sums = madd(v128.load(gradient + place + part), v128.load(logits + place + part), sums);
      }
    }
    const along = sumLanes(sums) / <f32>K;
    const scale: f32 = 1 / (<f32>1e-20 + sqrt<f32>(squares / <f32>K));
    const last = entries + load<u32>(rows + ((<usize>row) << 3), 4);
    for (let at = entries + load<u32>(rows + ((<usize>row) << 3)); at < last; at += 8) {
      const x = cell(inputs + <usize>row * PANEL_ROW, stride, load<u32>(at));
      store<f32>(x, scale * (load<f32>(x) - along * load<f32>(at, 4)));
    }
  }
}

// @ts-ignore: decorator
@inline
function dotHalf(w: usize, a: v128, b: v128, c: v128, d: v128, sum: v128): v128 {
  const first = madd(b, v128.load(w, 16), madd(a, v128.load(w), sum));
  return madd(d, v128.load(w, 48), madd(c, v128.load(w, 32), first));
}

// Where input k, given as k · 128, is in the row that begins at `row`.
// @ts-ignore: decorator
@inline
function cell(row: usize, stride: usize, offset: u32): usize {
  return row + <usize>(offset >> 12) * stride + ((offset >> 5) & 124);
}

// @ts-ignore: decorator
@inline
function add(cell: usize, value: f32, entry: usize, isSquared: u32): void {
  store<f32>(cell, load<f32>(cell) + (isSquared ? value * sqrt<f32>(load<f32>(entry, 4)) : value));
}
