// Convolutions over compressed images, and the largest of neighbouring positions: only what is not zero is multiplied.
//
//   cuts     (M, H·W+1)     u32: where each image passes from one position to the next, byte offsets into `entries`
//   entries  (…)            u32 input · 128, f32 value; input = position · D + channel, where a position has D
//   weights  (P, N·N·D+1, 32)  row (y · N + x) · D + channel of a patch of N · N positions; the last is the bias
//   activity (P, S·Q, 32)   Q positions of S images that were planned
//   winners  (P, S·Q, 32)   u8: which position of its pool each unit is from, row by row
//
// The positions of a patch's row lie side by side in an image, so their entries do, too: a patch is N runs of entries, with no copy.
// What lies outside of the image is zero. `begin` and `end` are images.

import { SKIP } from './columns';
import { atLeast, madd, PANEL_ROW, sumLanes } from './simd';

/** Up to so many values, those of neighbouring positions of a grid lie side by side. */
const NARROW: u32 = 4;

/** Bytes of a position of a grid: of its values, or of a panel of them. */
// @ts-ignore: decorator
@inline
function bytesOf(D: u32): usize {
  return D <= NARROW ? (<usize>D) << 2 : PANEL_ROW;
}

/** Bytes of a row of a grid of images W wide, with its border. */
// @ts-ignore: decorator
@inline
function rowOf(W: u32, D: u32, pad: u32): usize {
  return <usize>(W + 2 * pad) * bytesOf(D);
}

/** Finds where images `begin` to `end` pass from one of Q positions of D values to the next. */
export function cutPositions(
  cuts: usize, rows: usize, entries: usize, begin: u32, end: u32, Q: u32, D: u32,
): void {
  for (let image = begin; image < end; image++) {
    let cut = cuts + ((<usize>image * (Q + 1)) << 2);
    let at = entries + load<u32>(rows + ((<usize>image) << 3));
    const last = entries + load<u32>(rows + ((<usize>image) << 3), 4);
    let beyond: u32 = 0;
    for (let q: u32 = 0; q < Q; q++, cut += 4) {
      store<u32>(cut, <u32>(at - entries));
      beyond += D * <u32>PANEL_ROW;
      while (at + 64 <= last && load<u32>(at, 56) < beyond) at += 64;
      if (at + 64 <= last) {
        // Of the next eight at most seven are of this position: so many that no branch could be told of them.
        at += <usize>(load<u32>(at, 24) < beyond) << 5;
        at += <usize>(load<u32>(at, 8) < beyond) << 4;
        at += <usize>(load<u32>(at) < beyond) << 3;
      } else {
        while (at < last && load<u32>(at) < beyond) at += 8;
      }
    }
    store<u32>(cut, <u32>(last - entries));
  }
}

/** Bytes of weights that are multiplied with some rows of positions at a time, for most of them to stay in a first-level cache. */
const NEAR: usize = 24576;

/**
 * activity = max over pools of L · L positions of patches · weights + bias, and of `least`: 0 for ReLU, −∞ for none. Patches are `stride`
 * apart, and the first is around the first position.
 *
 * Some rows of positions are multiplied with so much of a patch's weights as a first-level cache holds, then with the next.
 *
 *   scratch (rows of a band · columns, 32)  of this call alone, where L > 1
 */
export function convForward(
  activity: usize, winners: usize, scratch: usize, cuts: usize, entries: usize, weights: usize,
  begin: u32, end: u32, P: u32, H: u32, W: u32, D: u32, N: u32, stride: u32, L: u32, S: u32,
  least: f32,
): void {
  const height = ((H - 1) / stride + 1) / L, width = ((W - 1) / stride + 1) / L;
  const columns = width * L;
  const band = L * max<u32>(1, 64 / (L * columns));
  const patchBytes = <usize>(N * N * D) * PANEL_ROW;
  // All of a patch; or a row of it, which is worth up to twice as many; or a position.
  const down: u32 = patchBytes <= NEAR ? N : 1;
  const across: u32 = patchBytes <= 2 * NEAR * N ? N : 1;
  const cutBytes = (<usize>(H * W + 1)) << 2;
  for (let panel: u32 = 0; panel < P; panel++) {
    const w = weights + <usize>panel * (patchBytes + PANEL_ROW);
    for (let image = begin; image < end; image++) {
      const cut = cuts + <usize>image * cutBytes;
      const place = (<usize>panel * S + image) * height * width;
      for (let top: u32 = 0; top < height * L; top += band) {
        const bottom = min<u32>(top + band, height * L);
        const sums = L == 1 ? activity + (place + top * columns) * PANEL_ROW : scratch;
        for (let tap: u32 = 0; tap < N * N; tap += down * across) {
          const isLast = tap + down * across == N * N;
          addTaps(
            sums, tap == 0 ? w + patchBytes : 0, cut, entries, w + <usize>(tap * D) * PANEL_ROW, top, bottom, columns,
            tap / N, tap % N, down, across, H, W, D, N, stride, isLast ? least : -Infinity,
          );
        }
        if (L == 1) continue;
        const first = place + top / L * width;
        poolBand(activity + first * PANEL_ROW, winners + first * 32, sums, (bottom - top) / L, width, L);
      }
    }
  }
}

/**
 * Adds to `sums` (bottom − top, columns, 32), or to `bias` if it is given, what `down` · `across` positions of each patch make with their
 * `weights`: those from row `below` and column `beside` of the patch on.
 */
function addTaps(
  sums: usize, bias: usize, cut: usize, entries: usize, weights: usize, top: u32, bottom: u32, columns: u32, below: u32,
  beside: u32, down: u32, across: u32, H: u32, W: u32, D: u32, N: u32, stride: u32, least: f32,
): void {
  const pad = <i32>(N >> 1);
  let to = sums;
  for (let cy = top; cy < bottom; cy++) {
    const upper = <i32>(cy * stride + below) - pad;
    const first = max<i32>(upper, 0), end = min<i32>(upper + <i32>down, <i32>H);
    for (let cx: u32 = 0; cx < columns; cx++, to += PANEL_ROW) {
      const left = <i32>(cx * stride + beside) - pad;
      const from = max<i32>(left, 0), beyond = min<i32>(left + <i32>across, <i32>W);
      const start = bias ? bias : to;
      let a0 = v128.load(start), a1 = v128.load(start, 16), a2 = v128.load(start, 32), a3 = v128.load(start, 48);
      let a4 = v128.load(start, 64), a5 = v128.load(start, 80), a6 = v128.load(start, 96), a7 = v128.load(start, 112);
      for (let row = first; row < end && from < beyond; row++) {
        const place = <usize>(row * <i32>W);
        const last = entries + load<u32>(cut + ((place + beyond) << 2));
        let at = entries + load<u32>(cut + ((place + from) << 2));
        // Where the weights of input 0 would be, if the patch reached so far.
        const base = weights + <usize>((row - upper) * <i32>(N * D) - (row * <i32>W + left) * <i32>D) * PANEL_ROW;
        // As in sparse.ts: two entries a turn, and conditions that are always true.
        for (const even = last - ((last - at) & 8); at < even; at += 16) {
          const k = base + load<u32>(at);
          const next = base + load<u32>(at, 8);
          const x = v128.load32_splat(at, 4);
          if (k) {
            a0 = madd(v128.load(k), x, a0);
            a1 = madd(v128.load(k, 16), x, a1);
            a2 = madd(v128.load(k, 32), x, a2);
            a3 = madd(v128.load(k, 48), x, a3);
          }
          if (at) {
            a4 = madd(v128.load(k, 64), x, a4);
            a5 = madd(v128.load(k, 80), x, a5);
            a6 = madd(v128.load(k, 96), x, a6);
            a7 = madd(v128.load(k, 112), x, a7);
          }
          const z = v128.load32_splat(at, 12);
          if (next) {
            a0 = madd(v128.load(next), z, a0);
            a1 = madd(v128.load(next, 16), z, a1);
            a2 = madd(v128.load(next, 32), z, a2);
            a3 = madd(v128.load(next, 48), z, a3);
          }
          if (last) {
            a4 = madd(v128.load(next, 64), z, a4);
            a5 = madd(v128.load(next, 80), z, a5);
            a6 = madd(v128.load(next, 96), z, a6);
            a7 = madd(v128.load(next, 112), z, a7);
          }
        }
        if (at < last) {
          const k = base + load<u32>(at);
          const x = v128.load32_splat(at, 4);
          a0 = madd(v128.load(k), x, a0);
          a1 = madd(v128.load(k, 16), x, a1);
          a2 = madd(v128.load(k, 32), x, a2);
          a3 = madd(v128.load(k, 48), x, a3);
          a4 = madd(v128.load(k, 64), x, a4);
          a5 = madd(v128.load(k, 80), x, a5);
          a6 = madd(v128.load(k, 96), x, a6);
          a7 = madd(v128.load(k, 112), x, a7);
        }
      }
      const floor = f32x4.splat(least);
      v128.store(to, atLeast(floor, a0)); v128.store(to, atLeast(floor, a1), 16);
      v128.store(to, atLeast(floor, a2), 32); v128.store(to, atLeast(floor, a3), 48);
      v128.store(to, atLeast(floor, a4), 64); v128.store(to, atLeast(floor, a5), 80);
      v128.store(to, atLeast(floor, a6), 96); v128.store(to, atLeast(floor, a7), 112);
    }
  }
}

/** Of height · width pools, the largest and which it is. */
function poolBand(y: usize, winner: usize, sums: usize, height: u32, width: u32, L: u32): void {
  for (let py: u32 = 0; py < height; py++) {
    for (let px: u32 = 0; px < width; px++, y += PANEL_ROW, winner += 32) {
      poolRows(y, winner, sums + <usize>((py * L * width + px) * L) * PANEL_ROW, L, width * L);
    }
  }
}

/**
 * The same of images as spreadImages writes them, zeros multiplied, too, and whatever the border holds: cheaper where few values are zero. A
 * sum has the same bits either way.
 */
export function gridForward(
  activity: usize, winners: usize, scratch: usize, grid: usize, weights: usize,
  begin: u32, end: u32, P: u32, H: u32, W: u32, D: u32, N: u32, stride: u32, L: u32, S: u32,
  least: f32,
): void {
  const positionBytes = bytesOf(D);
  const rowBytes = rowOf(W, D, N >> 1);
  const imageBytes = <usize>(H + 2 * (N >> 1)) * rowBytes;
  const slab = <usize>S * imageBytes;
  const height = ((H - 1) / stride + 1) / L, width = ((W - 1) / stride + 1) / L;
  const panelBytes = <usize>(N * N * D + 1) * PANEL_ROW;
  const right = <usize>stride * positionBytes, down = <usize>stride * rowBytes;
  // Neighbours are multiplied two at a time; the last of an odd number is its own neighbour.
  const row = L == 1 ? width : L;
  for (let panel: u32 = 0; panel < P; panel++) {
    const w = weights + <usize>panel * panelBytes;
    for (let image = begin; image < end; image++) {
      const from = grid + <usize>image * imageBytes;
      const place = (<usize>panel * S + image) * height * width;
      let y = activity + place * PANEL_ROW;
      let winner = winners + place * 32;
      for (let py: u32 = 0; py < height; py++) {
        for (let px: u32 = 0; px < width * L; px += row) {
          const corner = from + <usize>(py * L) * down + <usize>px * right;
          if (L == 2 && D <= NARROW) {
            poolOfPatches(y, winner, corner, right, down, w, rowBytes, D, N, least);
          } else {
            let to = L == 1 ? y : scratch;
            for (let cy: u32 = 0; cy < L; cy++) {
              for (let cx: u32 = 0; cx < row; cx += 2) {
                const apart: u32 = cx + 1 < row ? 1 : 0;
                const patch = corner + <usize>cy * down + <usize>cx * right;
                pairOfPatches(to, to + <usize>apart * PANEL_ROW, patch, <usize>apart * right, w, rowBytes, slab, D, N, least);
                to += <usize>(1 + apart) * PANEL_ROW;
              }
            }
            if (L > 1) poolRows(y, winner, scratch, L, L);
          }
          y += <usize>(L == 1 ? width : 1) * PANEL_ROW;
          winner += 32;
        }
      }
    }
  }
}

/** patch · weights + bias, at least `least`, of a patch of a grid, and of that `apart` bytes behind it. A panel of values is `slab` bytes. */
function pairOfPatches(
  to: usize, next: usize, corner: usize, apart: usize, w: usize, rowBytes: usize, slab: usize, D: u32, N: u32, least: f32,
): void {
  const bias = w + <usize>(N * N * D) * PANEL_ROW;
  const floor = f32x4.splat(least);
  // The values of a row of narrow positions lie side by side; those of others in panels of a position.
  const across: u32 = D <= NARROW ? 1 : N;
  const values: u32 = D <= NARROW ? N * D : D;
  const atOnce: u32 = D <= NARROW ? values : 32;
  for (let half: usize = 0; half < 128; half += 64) {
    let a0 = v128.load(bias + half), a1 = v128.load(bias + half, 16), a2 = v128.load(bias + half, 32), a3 = v128.load(bias + half, 48);
    let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    let k = w + half;
    for (let y: u32 = 0; y < N; y++) {
      let position = corner + <usize>y * rowBytes;
      for (let x: u32 = 0; x < across; x++, position += PANEL_ROW) {
        let first = position;
        for (let value: u32 = 0; value < values; value += atOnce, first += slab) {
          const last = first + ((<usize>min<u32>(atOnce, values - value)) << 2);
          let at = first;
          do {
            const p = v128.load32_splat(at), q = v128.load32_splat(at + apart);
            const k0 = v128.load(k), k1 = v128.load(k, 16), k2 = v128.load(k, 32), k3 = v128.load(k, 48);
            a0 = madd(k0, p, a0); b0 = madd(k0, q, b0);
            a1 = madd(k1, p, a1); b1 = madd(k1, q, b1);
            a2 = madd(k2, p, a2); b2 = madd(k2, q, b2);
            a3 = madd(k3, p, a3); b3 = madd(k3, q, b3);
            at += 4;
            k += PANEL_ROW;
          } while (at < last);
        }
      }
    }
    const first = to + half, second = next + half;
    v128.store(first, atLeast(floor, a0)); v128.store(first, atLeast(floor, a1), 16);
    v128.store(first, atLeast(floor, a2), 32); v128.store(first, atLeast(floor, a3), 48);
    v128.store(second, atLeast(floor, b0)); v128.store(second, atLeast(floor, b1), 16);
    v128.store(second, atLeast(floor, b2), 32); v128.store(second, atLeast(floor, b3), 48);
  }
}

/**
 * The largest of the same of four patches of narrow positions, of which the next is `right` bytes further and the others `down`, and which it is
 * from: without writing down what is smaller.
 */
function poolOfPatches(
  to: usize, winner: usize, corner: usize, right: usize, down: usize, w: usize, rowBytes: usize, D: u32, N: u32, least: f32,
): void {
  const bias = w + <usize>(N * N * D) * PANEL_ROW;
  const end = corner + N * rowBytes;
  const run = (<usize>(N * D)) << 2;
  const both = down + right;
  for (let part: usize = 0; part < 128; part += 32) {
    let a0 = v128.load(bias + part), a1 = v128.load(bias + part, 16);
    let b0 = a0, b1 = a1, c0 = a0, c1 = a1, d0 = a0, d1 = a1;
    let k = w + part;
    let first = corner;
    do {
      const last = first + run;
      let at = first;
      do {
        const k0 = v128.load(k), k1 = v128.load(k, 16);
        const p = v128.load32_splat(at), q = v128.load32_splat(at + right);
        const r = v128.load32_splat(at + down), s = v128.load32_splat(at + both);
        a0 = madd(k0, p, a0); a1 = madd(k1, p, a1);
        b0 = madd(k0, q, b0); b1 = madd(k1, q, b1);
        c0 = madd(k0, r, c0); c1 = madd(k1, r, c1);
        d0 = madd(k0, s, d0); d1 = madd(k1, s, d1);
        at += 4;
        k += PANEL_ROW;
      } while (at < last);
      first += rowBytes;
    } while (first < end);
    const floor = f32x4.splat(least);
    const from = largestOf(to + part, floor, a0, b0, c0, d0), others = largestOf(to + part + 16, floor, a1, b1, c1, d1);
    const bytes = i16x8.narrow_i32x4_s(from, others);
    v128.store64_lane(winner + (part >> 2), i8x16.narrow_i16x8_u(bytes, bytes), 0);
  }
}

/** Stores the largest of four, and of `floor`; which it was. NaN counts as larger than what is before it. */
// @ts-ignore: decorator
@inline
function largestOf(to: usize, floor: v128, a: v128, b: v128, c: v128, d: v128): v128 {
  let most = atLeast(floor, a);
  const second = atLeast(floor, b), third = atLeast(floor, c), fourth = atLeast(floor, d);
  let isSmaller = f32x4.le(second, most);
  let winner = v128.andnot(i32x4.splat(1), isSmaller);
  most = v128.bitselect(most, second, isSmaller);
  isSmaller = f32x4.le(third, most);
  winner = v128.bitselect(winner, i32x4.splat(2), isSmaller);
  most = v128.bitselect(most, third, isSmaller);
  isSmaller = f32x4.le(fourth, most);
  winner = v128.bitselect(winner, i32x4.splat(3), isSmaller);
  v128.store(to, v128.bitselect(most, fourth, isSmaller));
  return winner;
}

/** Stores the largest of L · L panel rows, of which L lie side by side and `apart` further the next, and which they are from. */
function poolRows(y: usize, winner: usize, rows: usize, L: u32, apart: u32): void {
  for (let half: usize = 0; half < 2; half++) {
    const part = 64 * half;
    const low = i16x8.narrow_i32x4_s(largest(y, rows, part, L, apart), largest(y, rows, part + 16, L, apart));
    const high = i16x8.narrow_i32x4_s(largest(y, rows, part + 32, L, apart), largest(y, rows, part + 48, L, apart));
    v128.store(winner + 16 * half, i8x16.narrow_i16x8_u(low, high));
  }
}

/** Stores the largest at `part` of a panel's row, and says which they are from. NaN counts as larger than what is before it. */
// @ts-ignore: decorator
@inline
function largest(y: usize, rows: usize, part: usize, L: u32, apart: u32): v128 {
  let most = v128.load(rows + part);
  let winner = i32x4.splat(0);
  let i: u32 = 1;
  for (let row: u32 = 0; row < L; row++) {
    for (let column: u32 = row == 0 ? 1 : 0; column < L; column++, i++) {
      const x = v128.load(rows + <usize>(row * apart + column) * PANEL_ROW + part);
      const isSmaller = f32x4.le(x, most);
      most = v128.bitselect(most, x, isSmaller);
      winner = v128.bitselect(winner, i32x4.splat(i), isSmaller);
    }
  }
  v128.store(y + part, most);
  return winner;
}

/**
 * Writes images as what they are, zeros included, with a border of zeros as wide as patches reach beyond the edges: what the weight
 * gradient reads.
 *
 *   grid (ceil(D / 32), S, (H + 2 · pad) · (W + 2 · pad), lanes)  lanes = D where D ≤ 4, otherwise 32
 */
export function spreadImages(
  grid: usize, cuts: usize, entries: usize, begin: u32, end: u32, H: u32, W: u32, D: u32, pad: u32, S: u32,
): void {
  const positionBytes = bytesOf(D);
  const rowBytes = rowOf(W, D, pad);
  const imageBytes = <usize>(H + 2 * pad) * rowBytes;
  const panelBytes = <usize>S * imageBytes;
  for (let image = begin; image < end; image++) {
    const to = grid + <usize>image * imageBytes;
    for (let panel: usize = 0; panel < <usize>((D + 31) / 32); panel++) {
      memory.fill(to + panel * panelBytes, 0, imageBytes);
    }
    let cut = cuts + ((<usize>image * (H * W + 1)) << 2);
    for (let y: u32 = 0; y < H; y++) {
      let position = to + <usize>(y + pad) * rowBytes + <usize>pad * positionBytes;
      for (let x: u32 = 0; x < W; x++, position += positionBytes, cut += 4) {
        const first = (y * W + x) * D;
        const last = entries + load<u32>(cut, 4);
        for (let at = entries + load<u32>(cut); at < last; at += 8) {
          const channel = load<u32>(at) / <u32>PANEL_ROW - first;
          store<f32>(position + <usize>(channel >> 5) * panelBytes + ((channel & 31) << 2), load<f32>(at, 4));
        }
      }
    }
  }
}

/** Fills the border of a grid with what lies as far inside of the edges, of images that are wider and higher than `pad`. */
export function reflectBorder(
  grid: usize, begin: u32, end: u32, H: u32, W: u32, D: u32, pad: u32, S: u32,
): void {
  const bytes = bytesOf(D);
  const rowBytes = rowOf(W, D, pad);
  const imageBytes = <usize>(H + 2 * pad) * rowBytes;
  for (let panel: u32 = 0; panel < (D + 31) / 32; panel++) {
    for (let image = begin; image < end; image++) {
      const first = grid + (<usize>panel * S + image) * imageBytes;
      for (let y = pad; y < pad + H; y++) {
        const left = first + <usize>y * rowBytes + <usize>pad * bytes;
        const right = left + <usize>(W - 1) * bytes;
        for (let i: usize = bytes; i <= <usize>pad * bytes; i += bytes) {
          memory.copy(left - i, left + i, bytes);
          memory.copy(right + i, right - i, bytes);
        }
      }
      const top = first + <usize>pad * rowBytes, bottom = top + <usize>(H - 1) * rowBytes;
      for (let i = rowBytes; i <= <usize>pad * rowBytes; i += rowBytes) {
        memory.copy(top - i, top + i, rowBytes);
        memory.copy(bottom + i, bottom - i, rowBytes);
      }
    }
  }
}

/**
 * The gradient of the weights of units `begin` to `end`, each a multiple of four or the last, of M images: summed over blocks of R of them, whose
 * gradient rows are listed unit by unit first, since little of them is not zero where pools have been. The lists of a block are still in a cache
 * when they are read.
 *
 *   sums     (P·32, T)     T floats for each unit: (panels of D, N, N, 32), or (N, N·D rounded up to 4) where D ≤ 4; then four whose sum is its bias
 *   counts   (P·32)        u32 bytes of each list
 *   lists    (P·32, …)     lists of up to R · Q entries, listStride apart: u32 byte offset in `grid` of the corner of the patch, without its
 *                          panel; f32 value
 *   grid                   as spreadImages writes it
 *   gradient (P, S·Q, 32)  Q = height · width pools
 *   targets  (M)           SKIP where an image is left out
 */
export function convGradient(
  sums: usize, counts: usize, lists: usize, grid: usize, gradient: usize, winners: usize, targets: usize, begin: u32, end: u32,
  R: u32, M: u32, H: u32, W: u32, D: u32, N: u32, stride: u32, L: u32, S: u32, T: u32,
): void {
  const height = ((H - 1) / stride + 1) / L, width = ((W - 1) / stride + 1) / L;
  const listBytes = listStride(R * height * width);
  if (begin == end) return;
  for (let first: u32 = 0; first < M; first += R) {
    memory.fill(counts + ((<usize>begin) << 2), 0, (<usize>((end - begin + 3) & ~3)) << 2);
    for (let image = first; image < min<u32>(M, first + R); image++) {
      if (load<u32>(targets + ((<usize>image) << 2)) == SKIP) continue;
      listImage(counts, lists, listBytes, gradient, winners, begin, end, image, height, width, H, W, D, N, stride, L, S);
    }
    addLists(sums, counts, lists, listBytes, grid, begin, end, H, W, D, N, S, T, first == 0);
  }
}

/**
 * Bytes from a unit's list of up to `entries` to the next: an odd count of cache lines, since those that are written in turns would share a few
 * sets of the cache if they lay a power of two apart.
 */
// @ts-ignore: decorator
@inline
function listStride(entries: u32): usize {
  return (<usize>((entries + 7) / 8) | 1) << 6;
}

/**
 * Appends what is not zero of an image's gradient rows to the lists of units `begin` to `end`. Every value is written behind its list, and counts
 * where it is not zero: cheaper than branches that nobody can predict. Loops that begin with their body have V8 compute ahead of them what does
 * not change.
 */
function listImage(
  counts: usize, lists: usize, listBytes: usize, gradient: usize, winners: usize, begin: u32, end: u32, image: u32, height: u32,
  width: u32, H: u32, W: u32, D: u32, N: u32, stride: u32, L: u32, S: u32,
): void {
  const positionBytes = <u32>bytesOf(D) * stride;
  const rowBytes = <u32>rowOf(W, D, N >> 1) * stride;
  const start = image * <u32>rowOf(W, D, N >> 1) * (H + 2 * (N >> 1));
  // from / L = from · share >> 16, without a division for each entry: from is below 256. Without pools, whatever is read counts nothing.
  const share = i32x4.splat(65535 / L + 1);
  const nextRow = i32x4.splat(L > 1 ? rowBytes - L * positionBytes : 0), nextColumn = i32x4.splat(L > 1 ? positionBytes : 0);
  const winnersOf = L > 1 ? winners : gradient;
  let unit = begin;
  do {
    const last = min<u32>(end, (unit & ~31) + 32);
    let place = (<usize>(unit >> 5) * S + image) * height * width;
    let corner = start;
    let y = height;
    do {
      let position = corner;
      let x = width;
      do {
        let values = gradient + place * PANEL_ROW + ((<usize>(unit & 31)) << 2);
        let winner = winnersOf + (place << 5) + (unit & 31);
        let length = counts + ((<usize>unit) << 2);
        let to = lists + <usize>unit * listBytes;
        const lastLength = counts + ((<usize>last) << 2);
        do {
          const value = v128.load(values);
          const from = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(winner)));
          const row = i32x4.mul(i32x4.shr_u(i32x4.mul(from, share), 16), nextRow);
          const at = i32x4.add(i32x4.add(i32x4.splat(position), row), i32x4.mul(from, nextColumn));
          const two = v128.shuffle<u32>(at, value, 0, 4, 1, 5), others = v128.shuffle<u32>(at, value, 2, 6, 3, 7);
          v128.store64_lane(to + load<u32>(length), two, 0);
          v128.store64_lane(to + listBytes + load<u32>(length, 4), two, 1);
          v128.store64_lane(to + 2 * listBytes + load<u32>(length, 8), others, 0);
          v128.store64_lane(to + 3 * listBytes + load<u32>(length, 12), others, 1);
          const isOn = f32x4.ne(value, f32x4.splat(0));
          v128.store(length, i32x4.add(v128.load(length), v128.and(isOn, i32x4.splat(8))));
          values += 16;
          winner += 4;
          to += 4 * listBytes;
          length += 16;
        } while (length < lastLength);
        place++;
        position += L * positionBytes;
      } while (--x);
      corner += L * rowBytes;
    } while (--y);
    unit = last;
  } while (unit < end);
}

/** Adds what the lists of units `begin` to `end` find in the grid to their sums, or begins them. */
function addLists(
  sums: usize, counts: usize, lists: usize, listBytes: usize, grid: usize, begin: u32, end: u32, H: u32, W: u32, D: u32, N: u32,
  S: u32, T: u32, isFirst: bool,
): void {
  const rowBytes = rowOf(W, D, N >> 1);
  const panelBytes = <usize>(S * (H + 2 * (N >> 1))) * rowBytes;
  for (let panel: u32 = 0; panel < (D + 31) / 32; panel++) {
    const from = grid + <usize>panel * panelBytes;
    for (let unit = begin; unit < end; unit++) {
      const list = lists + <usize>unit * listBytes;
      const last = list + load<u32>(counts + ((<usize>unit) << 2));
      const own = sums + ((<usize>unit * T) << 2);
      if (panel == 0) {
        const bias = own + ((<usize>(T - 4)) << 2);
        v128.store(bias, addValues(list, last, isFirst ? f32x4.splat(0) : v128.load(bias)));
      }
      if (D <= NARROW) {
        addNarrow(own, from, rowBytes, list, last, (N * D + 3) / 4, N, isFirst);
        continue;
      }
      let to = own + ((<usize>(panel * N * N)) << 7);
      for (let y: u32 = 0; y < N; y++) {
        for (let x: u32 = 0; x < N; x++, to += PANEL_ROW) {
          addRow(to, from + <usize>y * rowBytes + <usize>x * PANEL_ROW, list, last, isFirst);
        }
      }
    }
  }
}

/** The same of narrow positions, of which a patch's row is in so many vectors. */
// @ts-ignore: decorator
@inline
function addNarrow(
  own: usize, from: usize, rowBytes: usize, list: usize, last: usize, vectors: u32, N: u32, isFirst: bool,
): void {
  const sumBytes = (<usize>vectors) << 4;
  for (let y: u32 = 0; y < N; y += 3) {
    // A row twice, or three times, where there are no more: it comes to the same.
    const second: usize = y + 1 < N ? 1 : 0, third: usize = y + 2 < N ? 2 : second;
    const to = own + <usize>y * sumBytes, at = from + <usize>y * rowBytes;
    if (vectors == 3) {
      addNine(
        to, to + second * sumBytes, to + third * sumBytes, at, at + second * rowBytes, at + third * rowBytes, list, last, isFirst,
      );
      continue;
    }
    for (let v: usize = 0; v < sumBytes; v += 16) {
      addThree(
        to + v, to + second * sumBytes + v, to + third * sumBytes + v, at + v, second * rowBytes, third * rowBytes, list, last,
        isFirst,
      );
    }
  }
}

/** panels (P, N·N·D+1, 32) = the sums of units `begin` to `end`, as weights lie. */
export function panelSums(panels: usize, sums: usize, begin: u32, end: u32, D: u32, N: u32, T: u32): void {
  const K = N * N * D;
  // Sums that lie as weights do: of a row of narrow positions, or of a panel of one.
  const isNarrow = D <= NARROW;
  const across: u32 = isNarrow ? 1 : N;
  const run: u32 = isNarrow ? N * D : D;
  const apart: u32 = isNarrow ? (run + 3) / 4 * 4 : 32;
  for (let first = begin; first < end;) {
    // Units of a panel, one after the other for each row of weights: what is written stays near.
    const last = min<u32>(end, (first & ~31) + 32);
    const to = panels + <usize>(first >> 5) * (K + 1) * PANEL_ROW;
    for (let slab: u32 = 0; slab < D; slab += 32) {
      const values: u32 = isNarrow ? run : min<u32>(32, D - slab);
      for (let patch: u32 = 0; patch < N * across; patch++) {
        const row = to + <usize>(patch * run + slab) * PANEL_ROW;
        const place = ((slab >> 5) * N * N + patch) * apart;
        for (let unit = first; unit < last; unit++) {
          let from = sums + ((<usize>(unit * T + place)) << 2);
          let weight = row + ((<usize>(unit & 31)) << 2);
          for (let value: u32 = 0; value < values; value++, from += 4, weight += PANEL_ROW) store<f32>(weight, load<f32>(from));
        }
      }
    }
    for (let unit = first; unit < last; unit++) {
      store<f32>(to + <usize>K * PANEL_ROW + ((<usize>(unit & 31)) << 2), sumLanes(v128.load(sums + ((<usize>(unit * T + T - 4)) << 2))));
    }
    first = last;
  }
}

/** Adds the values of a list to four sums in turns, which need not wait for each other. */
// @ts-ignore: decorator
@inline
function addValues(list: usize, last: usize, sums: v128): v128 {
  let at = list;
  for (const whole = last - ((last - list) & 31); at < whole; at += 32) {
    sums = f32x4.add(sums, v128.shuffle<u32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7));
  }
  for (; at < last; at += 8) sums = f32x4.add(sums, v128.load32_zero(at, 4));
  return sums;
}

/** Adds to 32 sums what a list finds from `grid` on, or begins them. */
// @ts-ignore: decorator
@inline
function addRow(to: usize, grid: usize, list: usize, last: usize, isFirst: bool): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  if (!isFirst) {
    a0 = v128.load(to); a1 = v128.load(to, 16); a2 = v128.load(to, 32); a3 = v128.load(to, 48);
    a4 = v128.load(to, 64); a5 = v128.load(to, 80); a6 = v128.load(to, 96); a7 = v128.load(to, 112);
  }
  // As in sparse.ts: two entries a turn, and conditions that are always true.
  let at = list;
  for (const even = last - ((last - at) & 8); at < even; at += 16) {
    const from = grid + load<u32>(at);
    const next = grid + load<u32>(at, 8);
    const d = v128.load32_splat(at, 4);
    if (from) {
      a0 = madd(v128.load(from), d, a0);
      a1 = madd(v128.load(from, 16), d, a1);
      a2 = madd(v128.load(from, 32), d, a2);
      a3 = madd(v128.load(from, 48), d, a3);
    }
    if (at) {
      a4 = madd(v128.load(from, 64), d, a4);
      a5 = madd(v128.load(from, 80), d, a5);
      a6 = madd(v128.load(from, 96), d, a6);
      a7 = madd(v128.load(from, 112), d, a7);
    }
    const e = v128.load32_splat(at, 12);
    if (next) {
      a0 = madd(v128.load(next), e, a0);
      a1 = madd(v128.load(next, 16), e, a1);
      a2 = madd(v128.load(next, 32), e, a2);
      a3 = madd(v128.load(next, 48), e, a3);
    }
    if (last) {
      a4 = madd(v128.load(next, 64), e, a4);
      a5 = madd(v128.load(next, 80), e, a5);
      a6 = madd(v128.load(next, 96), e, a6);
      a7 = madd(v128.load(next, 112), e, a7);
    }
  }
  if (at < last) {
    const from = grid + load<u32>(at);
    const d = v128.load32_splat(at, 4);
    a0 = madd(v128.load(from), d, a0);
    a1 = madd(v128.load(from, 16), d, a1);
    a2 = madd(v128.load(from, 32), d, a2);
    a3 = madd(v128.load(from, 48), d, a3);
    a4 = madd(v128.load(from, 64), d, a4);
    a5 = madd(v128.load(from, 80), d, a5);
    a6 = madd(v128.load(from, 96), d, a6);
    a7 = madd(v128.load(from, 112), d, a7);
  }
  v128.store(to, a0); v128.store(to, a1, 16); v128.store(to, a2, 32); v128.store(to, a3, 48);
  v128.store(to, a4, 64); v128.store(to, a5, 80); v128.store(to, a6, 96); v128.store(to, a7, 112);
}

/** The same for twelve values of each of three rows. */
// @ts-ignore: decorator
@inline
function addNine(
  to: usize, second: usize, third: usize, grid: usize, below: usize, lowest: usize, list: usize, last: usize, isFirst: bool,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0, c0 = a0, c1 = a0, c2 = a0;
  if (!isFirst) {
    a0 = v128.load(to); a1 = v128.load(to, 16); a2 = v128.load(to, 32);
    b0 = v128.load(second); b1 = v128.load(second, 16); b2 = v128.load(second, 32);
    c0 = v128.load(third); c1 = v128.load(third, 16); c2 = v128.load(third, 32);
  }
  for (let at = list; at < last; at += 8) {
    const offset = load<u32>(at);
    const d = v128.load32_splat(at, 4);
    const from = grid + offset;
    // As in sparse.ts: conditions that are always true. With one row less in them, an accumulator would be spilled.
    if (from) {
      a0 = madd(v128.load(from), d, a0);
      a1 = madd(v128.load(from, 16), d, a1);
      a2 = madd(v128.load(from, 32), d, a2);
    }
    if (at) {
      const next = below + offset;
      b0 = madd(v128.load(next), d, b0);
      b1 = madd(v128.load(next, 16), d, b1);
      b2 = madd(v128.load(next, 32), d, b2);
    }
    if (last) {
      const next = lowest + offset;
      c0 = madd(v128.load(next), d, c0);
      c1 = madd(v128.load(next, 16), d, c1);
      c2 = madd(v128.load(next, 32), d, c2);
    }
  }
  v128.store(to, a0); v128.store(to, a1, 16); v128.store(to, a2, 32);
  v128.store(second, b0); v128.store(second, b1, 16); v128.store(second, b2, 32);
  v128.store(third, c0); v128.store(third, c1, 16); v128.store(third, c2, 32);
}

/** The same for four values of each of three rows, the others `below` and `lowest` bytes further. */
// @ts-ignore: decorator
@inline
function addThree(
  to: usize, second: usize, third: usize, grid: usize, below: usize, lowest: usize, list: usize, last: usize, isFirst: bool,
): void {
  let a = f32x4.splat(0), b = a, c = a;
  if (!isFirst) {
    a = v128.load(to);
    b = v128.load(second);
    c = v128.load(third);
  }
  for (let at = list; at < last; at += 8) {
    const from = grid + load<u32>(at);
    const d = v128.load32_splat(at, 4);
    a = madd(v128.load(from), d, a);
    b = madd(v128.load(from + below), d, b);
    c = madd(v128.load(from + lowest), d, c);
  }
  v128.store(to, a);
  v128.store(second, b);
  v128.store(third, c);
}
