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
import { atLeast, madd, PANEL_ROW } from './simd';

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
            a0 = madd(x, v128.load(k), a0);
            a1 = madd(x, v128.load(k, 16), a1);
            a2 = madd(x, v128.load(k, 32), a2);
            a3 = madd(x, v128.load(k, 48), a3);
          }
          if (at) {
            a4 = madd(x, v128.load(k, 64), a4);
            a5 = madd(x, v128.load(k, 80), a5);
            a6 = madd(x, v128.load(k, 96), a6);
            a7 = madd(x, v128.load(k, 112), a7);
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
          const k = base + load<u32>(at);
          const x = v128.load32_splat(at, 4);
          a0 = madd(x, v128.load(k), a0);
          a1 = madd(x, v128.load(k, 16), a1);
          a2 = madd(x, v128.load(k, 32), a2);
          a3 = madd(x, v128.load(k, 48), a3);
          a4 = madd(x, v128.load(k, 64), a4);
          a5 = madd(x, v128.load(k, 80), a5);
          a6 = madd(x, v128.load(k, 96), a6);
          a7 = madd(x, v128.load(k, 112), a7);
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
  const shift: usize = D <= 4 ? 4 : 7;
  const gridWidth = W + 2 * (N >> 1);
  const imageBytes = (<usize>((H + 2 * (N >> 1)) * gridWidth)) << shift;
  const height = ((H - 1) / stride + 1) / L, width = ((W - 1) / stride + 1) / L;
  const panelBytes = <usize>(N * N * D + 1) * PANEL_ROW;
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
          let to = L == 1 ? y : scratch;
          for (let cy = py * L; cy < py * L + L; cy++) {
            for (let cx = px; cx < px + row; cx += 2) {
              const corner = from + ((<usize>((cy * gridWidth + cx) * stride)) << shift);
              const apart: u32 = cx + 1 < px + row ? 1 : 0;
              const neighbour = (<usize>(apart * stride)) << shift;
              pairOfPatches(
                to, to + <usize>apart * PANEL_ROW, corner, neighbour, w, gridWidth, <usize>S * imageBytes, shift, D, N, least,
              );
              to += <usize>(1 + apart) * PANEL_ROW;
            }
          }
          if (L > 1) poolRows(y, winner, scratch, L, L);
          y += <usize>(L == 1 ? width : 1) * PANEL_ROW;
          winner += 32;
        }
      }
    }
  }
}

/** patch · weights + bias, at least `least`, of a patch of a grid, and of that `apart` bytes behind it. A panel of values is `slab` bytes. */
// @ts-ignore: decorator
@inline
function pairOfPatches(
  to: usize, next: usize, corner: usize, apart: usize, w: usize, gridWidth: u32, slab: usize, shift: usize, D: u32, N: u32,
  least: f32,
): void {
  const bias = w + <usize>(N * N * D) * PANEL_ROW;
  for (let half: usize = 0; half < 128; half += 64) {
    let a0 = v128.load(bias + half), a1 = v128.load(bias + half, 16), a2 = v128.load(bias + half, 32), a3 = v128.load(bias + half, 48);
    let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    let k = w + half;
    for (let y: u32 = 0; y < N; y++) {
      let position = corner + ((<usize>(y * gridWidth)) << shift);
      for (let x: u32 = 0; x < N; x++, position += (<usize>1) << shift) {
        let first = position;
        for (let channel: u32 = 0; channel < D; channel += 32, first += slab) {
          const last = first + ((<usize>min<u32>(32, D - channel)) << 2);
          for (let at = first; at < last; at += 4, k += PANEL_ROW) {
            const p = v128.load32_splat(at), q = v128.load32_splat(at + apart);
            const k0 = v128.load(k), k1 = v128.load(k, 16), k2 = v128.load(k, 32), k3 = v128.load(k, 48);
            a0 = madd(p, k0, a0); b0 = madd(q, k0, b0);
            a1 = madd(p, k1, a1); b1 = madd(q, k1, b1);
            a2 = madd(p, k2, a2); b2 = madd(q, k2, b2);
            a3 = madd(p, k3, a3); b3 = madd(q, k3, b3);
          }
        }
      }
    }
    const floor = f32x4.splat(least);
    const first = to + half, second = next + half;
    v128.store(first, atLeast(floor, a0)); v128.store(first, atLeast(floor, a1), 16);
    v128.store(first, atLeast(floor, a2), 32); v128.store(first, atLeast(floor, a3), 48);
    v128.store(second, atLeast(floor, b0)); v128.store(second, atLeast(floor, b1), 16);
    v128.store(second, atLeast(floor, b2), 32); v128.store(second, atLeast(floor, b3), 48);
  }
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

/** Stores the largest at `part` of a panel's row, and says which they are from. NaN counts as the largest. */
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
 *   grid (ceil(D / 32), S, (H + 2 · pad) · (W + 2 · pad), lanes)  lanes = 4 where D ≤ 4, otherwise 32
 */
export function spreadImages(
  grid: usize, cuts: usize, entries: usize, begin: u32, end: u32, H: u32, W: u32, D: u32, pad: u32, S: u32,
): void {
  const shift: usize = D <= 4 ? 4 : 7;
  const width = W + 2 * pad;
  const imageBytes = (<usize>((H + 2 * pad) * width)) << shift;
  const panelBytes = <usize>S * imageBytes;
  for (let image = begin; image < end; image++) {
    const to = grid + <usize>image * imageBytes;
    for (let panel: usize = 0; panel < <usize>((D + 31) / 32); panel++) {
      memory.fill(to + panel * panelBytes, 0, imageBytes);
    }
    let cut = cuts + ((<usize>image * (H * W + 1)) << 2);
    for (let y: u32 = 0; y < H; y++) {
      let position = to + ((<usize>((y + pad) * width + pad)) << shift);
      for (let x: u32 = 0; x < W; x++, position += (<usize>1) << shift, cut += 4) {
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
  const shift: usize = D <= 4 ? 4 : 7;
  const bytes = (<usize>1) << shift;
  const rowBytes = (<usize>(W + 2 * pad)) << shift;
  const imageBytes = <usize>(H + 2 * pad) * rowBytes;
  for (let panel: u32 = 0; panel < (D + 31) / 32; panel++) {
    for (let image = begin; image < end; image++) {
      const first = grid + (<usize>panel * S + image) * imageBytes;
      for (let y = pad; y < pad + H; y++) {
        const left = first + <usize>y * rowBytes + ((<usize>pad) << shift);
        const right = left + ((<usize>(W - 1)) << shift);
        for (let i: usize = bytes; i <= (<usize>pad) << shift; i += bytes) {
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
 * Lists what is not zero of gradient rows, unit by unit, for blocks `begin` to `end` of R images, of M in all.
 *
 *   counts   (B, P·32)        u32 bytes of each list
 *   lists    (B, P·32, R·Q)   u32 byte offset in `grid` of the corner of the patch, without its panel; f32 value
 *   gradient (P, S·Q, 32)     Q = height · width pools
 *   targets  (M)              SKIP where an image is left out
 */
export function listGradient(
  counts: usize, lists: usize, gradient: usize, winners: usize, targets: usize, begin: u32, end: u32, R: u32, M: u32,
  P: u32, H: u32, W: u32, D: u32, N: u32, stride: u32, L: u32, S: u32,
): void {
  const shift: u32 = D <= 4 ? 4 : 7;
  const pad = N >> 1;
  const gridWidth = W + 2 * pad;
  const gridPositions = (H + 2 * pad) * gridWidth;
  const height = ((H - 1) / stride + 1) / L, width = ((W - 1) / stride + 1) / L;
  const Q = height * width;
  const listBytes = <usize>(R * Q) << 3;
  // from / L = from · share >> 16, without a division for each entry: from is below 256.
  const share = 65535 / L + 1;
  const skip = gridWidth - L;
  for (let block = begin; block < end; block++) {
    for (let panel: u32 = 0; panel < P; panel++) {
      const first = <usize>(block * P + panel) * 32;
      const count = counts + (first << 2);
      const list = lists + first * listBytes;
      memory.fill(count, 0, PANEL_ROW);
      for (let image = block * R; image < min<u32>(M, (block + 1) * R); image++) {
        if (load<u32>(targets + ((<usize>image) << 2)) == SKIP) continue;
        let place = (<usize>panel * S + image) * Q;
        for (let y: u32 = 0; y < height; y++) {
          for (let x: u32 = 0; x < width; x++, place++) {
            const d = gradient + place * PANEL_ROW;
            const winner = winners + (place << 5);
            const corner = image * gridPositions + (y * L * gridWidth + x * L) * stride;
            let to = list;
            for (let part: usize = 0; part < PANEL_ROW; part += 16, to += 4 * listBytes) {
              const values = d + part;
              const isOn = <u32>i32x4.bitmask(f32x4.ne(v128.load(values), f32x4.splat(0)));
              if (isOn == 0) continue;
              const lengths = count + part;
              const from = winner + (part >> 2);
              append(to, lengths, values, isOn & 1, L == 1 ? corner : corner + placeOf(from, share, skip) * stride, shift);
              append(
                to + listBytes, lengths + 4, values + 4, isOn >> 1 & 1,
                L == 1 ? corner : corner + placeOf(from + 1, share, skip) * stride, shift,
              );
              append(
                to + 2 * listBytes, lengths + 8, values + 8, isOn >> 2 & 1,
                L == 1 ? corner : corner + placeOf(from + 2, share, skip) * stride, shift,
              );
              append(
                to + 3 * listBytes, lengths + 12, values + 12, isOn >> 3,
                L == 1 ? corner : corner + placeOf(from + 3, share, skip) * stride, shift,
              );
            }
          }
        }
      }
    }
  }
}

/** Where in its pool a winner is, counted in positions of the grid. */
// @ts-ignore: decorator
@inline
function placeOf(winner: usize, share: u32, skip: u32): u32 {
  const from = <u32>load<u8>(winner);
  return (from * share >> 16) * skip + from;
}

/** Writes an entry behind a list, always; it counts where it is on: cheaper than a branch that nobody can predict. */
// @ts-ignore: decorator
@inline
function append(list: usize, length: usize, value: usize, isOn: u32, position: u32, shift: u32): void {
  const bytes = load<u32>(length);
  const to = list + <usize>bytes;
  store<u32>(to, position << shift);
  store<f32>(to, load<f32>(value), 4);
  store<u32>(length, bytes + (isOn << 3));
}

/**
 * The gradient of the weights of units `begin` to `end`, summed over B blocks of lists.
 *
 *   sums (P·32, T)  T floats for each unit: (panels of D, N, N, 32), or (N, N rounded up to 4, 4) where D ≤ 4; then its bias
 */
export function convGradient(
  sums: usize, counts: usize, lists: usize, grid: usize, begin: u32, end: u32, B: u32, R: u32, Q: u32, U: u32,
  H: u32, W: u32, D: u32, N: u32, S: u32, T: u32,
): void {
  const isSmall = D <= 4;
  const shift: usize = isSmall ? 4 : 7;
  const pad = N >> 1;
  const gridWidth = W + 2 * pad;
  const panelBytes = (<usize>(S * (H + 2 * pad) * gridWidth)) << shift;
  const listBytes = <usize>(R * Q) << 3;
  const panels = (D + 31) / 32;
  for (let block: u32 = 0; block < B; block++) {
    const isFirst = block == 0;
    for (let panel: u32 = 0; panel < panels; panel++) {
      const from = grid + <usize>panel * panelBytes;
      for (let unit = begin; unit < end; unit++) {
        const list = lists + (<usize>block * U + unit) * listBytes;
        const last = list + load<u32>(counts + ((<usize>(block * U + unit)) << 2));
        const own = sums + ((<usize>unit * T) << 2);
        if (panel == 0) {
          const bias = own + ((<usize>(T - 4)) << 2);
          let sum: f32 = isFirst ? 0 : load<f32>(bias);
          for (let at = list; at < last; at += 8) sum += load<f32>(at, 4);
          store<f32>(bias, sum);
        }
        if (isSmall) {
          const across = (N + 3) / 4;
          for (let y: u32 = 0; y < N; y++) {
            for (let x: u32 = 0; x < across; x++) {
              const to = own + ((<usize>(y * across + x)) << 6);
              addFour(to, from + ((<usize>(y * gridWidth + 4 * x)) << 4), list, last, isFirst);
            }
          }
        } else {
          let to = own + ((<usize>(panel * N * N)) << 7);
          for (let y: u32 = 0; y < N; y++) {
            for (let x: u32 = 0; x < N; x++, to += PANEL_ROW) {
              addRow(to, from + ((<usize>(y * gridWidth + x)) << 7), list, last, isFirst);
            }
          }
        }
      }
    }
  }
}

/** panels (P, N·N·D+1, 32) = the sums of units `begin` to `end`, as weights lie. */
export function panelSums(panels: usize, sums: usize, begin: u32, end: u32, D: u32, N: u32, T: u32): void {
  const K = N * N * D;
  const across = (N + 3) / 4 * 4;
  for (let unit = begin; unit < end; unit++) {
    const own = sums + ((<usize>unit * T) << 2);
    const to = panels + <usize>(unit >> 5) * (K + 1) * PANEL_ROW + ((<usize>(unit & 31)) << 2);
    for (let k: u32 = 0; k < K; k++) {
      const patch = k / D, channel = k % D;
      const from = D <= 4
        ? ((patch / N) * across + patch % N) * 4 + channel
        : ((channel >> 5) * N * N + patch) * 32 + (channel & 31);
      store<f32>(to + <usize>k * PANEL_ROW, load<f32>(own + ((<usize>from) << 2)));
    }
    store<f32>(to + <usize>K * PANEL_ROW, load<f32>(own + ((<usize>(T - 4)) << 2)));
  }
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
      a0 = madd(d, v128.load(from), a0);
      a1 = madd(d, v128.load(from, 16), a1);
      a2 = madd(d, v128.load(from, 32), a2);
      a3 = madd(d, v128.load(from, 48), a3);
    }
    if (at) {
      a4 = madd(d, v128.load(from, 64), a4);
      a5 = madd(d, v128.load(from, 80), a5);
      a6 = madd(d, v128.load(from, 96), a6);
      a7 = madd(d, v128.load(from, 112), a7);
    }
    const e = v128.load32_splat(at, 12);
    if (next) {
      a0 = madd(e, v128.load(next), a0);
      a1 = madd(e, v128.load(next, 16), a1);
      a2 = madd(e, v128.load(next, 32), a2);
      a3 = madd(e, v128.load(next, 48), a3);
    }
    if (last) {
      a4 = madd(e, v128.load(next, 64), a4);
      a5 = madd(e, v128.load(next, 80), a5);
      a6 = madd(e, v128.load(next, 96), a6);
      a7 = madd(e, v128.load(next, 112), a7);
    }
  }
  if (at < last) {
    const from = grid + load<u32>(at);
    const d = v128.load32_splat(at, 4);
    a0 = madd(d, v128.load(from), a0);
    a1 = madd(d, v128.load(from, 16), a1);
    a2 = madd(d, v128.load(from, 32), a2);
    a3 = madd(d, v128.load(from, 48), a3);
    a4 = madd(d, v128.load(from, 64), a4);
    a5 = madd(d, v128.load(from, 80), a5);
    a6 = madd(d, v128.load(from, 96), a6);
    a7 = madd(d, v128.load(from, 112), a7);
  }
  v128.store(to, a0); v128.store(to, a1, 16); v128.store(to, a2, 32); v128.store(to, a3, 48);
  v128.store(to, a4, 64); v128.store(to, a5, 80); v128.store(to, a6, 96); v128.store(to, a7, 112);
}

/** The same for four neighbouring positions of four values each. */
// @ts-ignore: decorator
@inline
function addFour(to: usize, grid: usize, list: usize, last: usize, isFirst: bool): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  if (!isFirst) {
    a0 = v128.load(to); a1 = v128.load(to, 16); a2 = v128.load(to, 32); a3 = v128.load(to, 48);
  }
  for (let at = list; at < last; at += 8) {
    const from = grid + load<u32>(at);
    const d = v128.load32_splat(at, 4);
    a0 = madd(d, v128.load(from), a0);
    a1 = madd(d, v128.load(from, 16), a1);
    a2 = madd(d, v128.load(from, 32), a2);
    a3 = madd(d, v128.load(from, 48), a3);
  }
  v128.store(to, a0); v128.store(to, a1, 16); v128.store(to, a2, 32); v128.store(to, a3, 48);
}
