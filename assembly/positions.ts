// Images of units, position by position: what of them goes on, what a map to classes reads, and the gradient that comes back.
//
//   activity (P, S·Q, 32)  Q positions of S images that were planned; real units are `channels` of a position's P · 32
//   squares  (S, Q)        sum of squares of each position
//   totals   (S)           the same of all of an image
//
// A position is divided by the root mean square of its own channels and a hundredth of its image's, so that what is nearly off stays
// so. `begin` and `end` are images.

import { SKIP } from './columns';
import { madd, PANEL_ROW, sumLanes, sumSquares } from './simd';

const TINY: f32 = 1e-20;

/** Of the root mean square of an image, what is added to that of each position. */
const FLOOR: f32 = 0.01;

/** squares and totals of activities. */
export function sumPositions(
  squares: usize, totals: usize, activity: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32,
): void {
  for (let image = begin; image < end; image++) {
    let total: f32 = 0;
    for (let q: u32 = 0; q < Q; q++) {
      let sum: f32 = 0;
      for (let panel: u32 = 0; panel < P; panel++) {
        const y = activity + ((<usize>panel * S + image) * Q + q) * PANEL_ROW;
        sum += sumSquares(
          v128.load(y), v128.load(y, 16), v128.load(y, 32), v128.load(y, 48),
          v128.load(y, 64), v128.load(y, 80), v128.load(y, 96), v128.load(y, 112),
        );
      }
      store<f32>(squares + ((<usize>image * Q + q) << 2), sum);
      total += sum;
    }
    store<f32>(totals + ((<usize>image) << 2), total);
  }
}

/** A hundredth of the root mean square of an image. */
// @ts-ignore: decorator
@inline
function floorOf(totals: usize, image: u32, Q: u32, channels: u32): f32 {
  return FLOOR * sqrt<f32>(load<f32>(totals + ((<usize>image) << 2)) / <f32>(Q * channels));
}

/** What a position is multiplied with. */
// @ts-ignore: decorator
@inline
function scaleOf(squares: usize, place: usize, floor: f32, channels: u32): f32 {
  return 1 / (TINY + floor + sqrt<f32>(load<f32>(squares + (place << 2)) / <f32>channels));
}

/**
 * Normalises images, position by position, and writes what is not zero as compressed rows, as normalizeRows does: input =
 * (position · P + panel) · 32 + unit. Without `squares`, activities as they are.
 */
export function normalizePositions(
  rows: usize, entries: usize, activity: usize, squares: usize, totals: usize,
  begin: u32, end: u32, P: u32, Q: u32, S: u32, channels: u32,
): void {
  let at = entries + <usize>begin * Q * P * 256;
  for (let image = begin; image < end; image++) {
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries));
    const floor: f32 = squares ? floorOf(totals, image, Q, channels) : 0;
    let offset: u32 = 0;
    for (let q: u32 = 0; q < Q; q++) {
      const scale = f32x4.splat(squares ? scaleOf(squares, <usize>image * Q + q, floor, channels) : 1);
      for (let panel: u32 = 0; panel < P; panel++) {
        const y = activity + ((<usize>panel * S + image) * Q + q) * PANEL_ROW;
        at = pack(at, y, scale, offset);
        offset += 32 * <u32>PANEL_ROW;
      }
    }
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries), 4);
  }
}

/**
 * The mean of what a map to classes reads over the positions of each of A · A cells, as compressed rows: of normalised activities,
 * (activity) · scale, with `squares`; of activities or their squares without. Cell (i, j) of an image of `height` · `width` positions
 * has rows ⌊i · height / A⌋ to ⌊(i + 1) · height / A⌋, and columns alike; input = (cell · P + panel) · 32 + unit.
 */
export function meanCells(
  rows: usize, entries: usize, activity: usize, squares: usize, totals: usize,
  begin: u32, end: u32, P: u32, height: u32, width: u32, A: u32, S: u32, channels: u32, isSquared: u32,
): void {
  const Q = height * width;
  let at = entries + <usize>begin * A * A * P * 256;
  for (let image = begin; image < end; image++) {
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries));
    const floor: f32 = squares ? floorOf(totals, image, Q, channels) : 0;
    let offset: u32 = 0;
    for (let i: u32 = 0; i < A; i++) {
      const top = i * height / A, bottom = (i + 1) * height / A;
      for (let j: u32 = 0; j < A; j++) {
        const left = j * width / A, right = (j + 1) * width / A;
        const share: f32 = 1 / <f32>((bottom - top) * (right - left));
        for (let panel: u32 = 0; panel < P; panel++, offset += 32 * <u32>PANEL_ROW) {
          const first = (<usize>panel * S + image) * Q;
          let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
          for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) {
              const q = y * width + x;
              const from = activity + (first + q) * PANEL_ROW;
              const scale = f32x4.splat(squares ? share * scaleOf(squares, <usize>image * Q + q, floor, channels) : share);
              a0 = madd(mapped(from, 0, isSquared), scale, a0);
              a1 = madd(mapped(from, 16, isSquared), scale, a1);
              a2 = madd(mapped(from, 32, isSquared), scale, a2);
              a3 = madd(mapped(from, 48, isSquared), scale, a3);
              a4 = madd(mapped(from, 64, isSquared), scale, a4);
              a5 = madd(mapped(from, 80, isSquared), scale, a5);
              a6 = madd(mapped(from, 96, isSquared), scale, a6);
              a7 = madd(mapped(from, 112, isSquared), scale, a7);
            }
          }
          at = packVector(at, a0, offset);
          at = packVector(at, a1, offset + 4 * <u32>PANEL_ROW);
          at = packVector(at, a2, offset + 8 * <u32>PANEL_ROW);
          at = packVector(at, a3, offset + 12 * <u32>PANEL_ROW);
          at = packVector(at, a4, offset + 16 * <u32>PANEL_ROW);
          at = packVector(at, a5, offset + 20 * <u32>PANEL_ROW);
          at = packVector(at, a6, offset + 24 * <u32>PANEL_ROW);
          at = packVector(at, a7, offset + 28 * <u32>PANEL_ROW);
        }
      }
    }
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries), 4);
  }
}

/** Four activities, or their squares. */
// @ts-ignore: decorator
@inline
function mapped(from: usize, part: usize, isSquared: u32): v128 {
  const a = v128.load(from + part);
  return isSquared ? f32x4.mul(a, a) : a;
}

/** activity *= the coefficient of its image, in place: the gradient rows of goodness. */
export function scaleImages(
  activity: usize, coefficients: usize, targets: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32,
): void {
  for (let image = begin; image < end; image++) {
    if (load<u32>(targets + ((<usize>image) << 2)) == SKIP) continue;
    const factor = f32x4.splat(load<f32>(coefficients + ((<usize>image) << 2)));
    for (let panel: u32 = 0; panel < P; panel++) {
      const first = activity + (<usize>panel * S + image) * Q * PANEL_ROW;
      for (let y = first; y < first + <usize>Q * PANEL_ROW; y += 16) v128.store(y, f32x4.mul(factor, v128.load(y)));
    }
  }
}

/**
 * From the gradient of cells to gradient rows, in place of the activities that were on. Of normalised activities, with `squares`, back
 * through the division; of squares without their constant 2.
 *
 *   cells (A·A·P, T, 32)  the gradient of the means, of T images
 *   along (S, Q)          of this call alone
 */
export function cellGradient(
  activity: usize, cells: usize, squares: usize, totals: usize, along: usize, targets: usize,
  begin: u32, end: u32, P: u32, height: u32, width: u32, A: u32, S: u32, T: u32, channels: u32, isSquared: u32,
): void {
  const Q = height * width;
  for (let image = begin; image < end; image++) {
    if (load<u32>(targets + ((<usize>image) << 2)) == SKIP) continue;
    const floor: f32 = squares ? floorOf(totals, image, Q, channels) : 0;
    // How far all of a position pulls along itself, and all of the image along its length.
    let length: f32 = 0;
    if (squares) {
      for (let i: u32 = 0; i < A; i++) {
        const top = i * height / A, bottom = (i + 1) * height / A;
        for (let j: u32 = 0; j < A; j++) {
          const left = j * width / A, right = (j + 1) * width / A;
          const share: f32 = 1 / <f32>((bottom - top) * (right - left));
          const cell = cells + (<usize>((i * A + j) * P) * T + image) * PANEL_ROW;
          for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) {
              const q = y * width + x;
              let sums = f32x4.splat(0);
              for (let panel: u32 = 0; panel < P; panel++) {
                const from = activity + ((<usize>panel * S + image) * Q + q) * PANEL_ROW;
                const g = cell + <usize>panel * T * PANEL_ROW;
                for (let part: usize = 0; part < PANEL_ROW; part += 16) {
                  sums = madd(v128.load(from + part), v128.load(g + part), sums);
                }
              }
              const place = <usize>image * Q + q;
              const scale = scaleOf(squares, place, floor, channels);
              const pull = share * scale * scale * sumLanes(sums);
              store<f32>(along + (place << 2), pull);
              length += pull;
            }
          }
        }
      }
      const total = load<f32>(totals + ((<usize>image) << 2));
      length = total > 0 ? FLOOR * length / sqrt<f32>(total * <f32>(Q * channels)) : 0;
    }
    for (let i: u32 = 0; i < A; i++) {
      const top = i * height / A, bottom = (i + 1) * height / A;
      for (let j: u32 = 0; j < A; j++) {
        const left = j * width / A, right = (j + 1) * width / A;
        const share: f32 = 1 / <f32>((bottom - top) * (right - left));
        const cell = cells + (<usize>((i * A + j) * P) * T + image) * PANEL_ROW;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            const q = y * width + x;
            const place = <usize>image * Q + q;
            let factor: f32 = share, own: f32 = 0;
            if (squares) {
              const square = load<f32>(squares + (place << 2));
              if (square == 0) continue;
              factor *= scaleOf(squares, place, floor, channels);
              own = length + load<f32>(along + (place << 2)) / sqrt<f32>(square * <f32>channels);
            }
            const factors = f32x4.splat(factor), owns = f32x4.splat(own);
            for (let panel: u32 = 0; panel < P; panel++) {
              const to = activity + ((<usize>panel * S + image) * Q + q) * PANEL_ROW;
              const g = cell + <usize>panel * T * PANEL_ROW;
              for (let part: usize = 0; part < PANEL_ROW; part += 16) {
                const a = v128.load(to + part);
                const back = f32x4.mul(factors, v128.load(g + part));
                const d = isSquared ? f32x4.mul(back, a) : f32x4.sub(back, f32x4.mul(owns, a));
                // Off is off; NaN is not.
                v128.store(to + part, v128.andnot(d, f32x4.eq(a, f32x4.splat(0))));
              }
            }
          }
        }
      }
    }
  }
}

// Writes what of a panel's row is on from `at` on, and returns where it ends.
// @ts-ignore: decorator
@inline
function pack(at: usize, y: usize, scale: v128, offset: u32): usize {
  for (let part: usize = 0; part < PANEL_ROW; part += 16, offset += 4 * <u32>PANEL_ROW) {
    at = packVector(at, f32x4.mul(v128.load(y + part), scale), offset);
  }
  return at;
}

// @ts-ignore: decorator
@inline
export function packVector(at: usize, a: v128, offset: u32): usize {
  const isOn = <u32>i32x4.bitmask(f32x4.ne(a, f32x4.splat(0)));
  if (isOn == 0) return at;
  // Always written, kept only when on: cheaper than a branch nobody can predict.
  store<u32>(at, offset);
  store<f32>(at, f32x4.extract_lane(a, 0), 4);
  at += (isOn & 1) << 3;
  store<u32>(at, offset + <u32>PANEL_ROW);
  store<f32>(at, f32x4.extract_lane(a, 1), 4);
  at += (isOn & 2) << 2;
  store<u32>(at, offset + 2 * <u32>PANEL_ROW);
  store<f32>(at, f32x4.extract_lane(a, 2), 4);
  at += (isOn & 4) << 1;
  store<u32>(at, offset + 3 * <u32>PANEL_ROW);
  store<f32>(at, f32x4.extract_lane(a, 3), 4);
  return at + (isOn & 8);
}
