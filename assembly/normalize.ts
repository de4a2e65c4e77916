// Length normalisation between layers: only the direction of a row goes on (section 2.1 of the paper).

import { PANEL_ROW } from './simd';

const TINY: f32 = 1e-20;

/**
 * Divides each row by the root of the mean of its squares and writes what is not zero as a compressed row. A call packs
 * its rows one after another from `entries + begin · P · 256`, so that calls for disjoint ranges never touch.
 *
 *   rows     (M)        u32 begin, u32 end: byte offsets into `entries`
 *   entries  (…)        u32 unit · 128, f32 value
 *   activity (P, S, 32)
 *   goodness (P, S)     sum of squares of each row in each panel
 *
 * `begin` and `end` are rows; `units` counts real units, without the padding of the last panel.
 */
export function normalizeRows(
  rows: usize, entries: usize, activity: usize, goodness: usize,
  begin: u32, end: u32, S: u32, P: u32, units: u32,
): void {
  let at = entries + <usize>begin * P * 256;
  for (let row = begin; row < end; row++) {
    let sum: f32 = 0;
    for (let panel: u32 = 0; panel < P; panel++) sum += load<f32>(goodness + ((<usize>panel * S + row) << 2));
    const scale = f32x4.splat(1 / (TINY + sqrt<f32>(sum / <f32>units)));
    at = packRow(rows, entries, at, activity, row, S, P, scale, false);
  }
}

/** The same without the division, or with `isSquared` the squares: what a layer's own map of classes reads, and backpropagation. */
export function compressRows(
  rows: usize, entries: usize, activity: usize, begin: u32, end: u32, S: u32, P: u32, isSquared: u32,
): void {
  let at = entries + <usize>begin * P * 256;
  for (let row = begin; row < end; row++) {
    at = packRow(rows, entries, at, activity, row, S, P, f32x4.splat(1), isSquared != 0);
  }
}

// Writes one row from `at` on and returns where it ends.
// @ts-ignore: decorator
@inline
function packRow(
  rows: usize, entries: usize, at: usize, activity: usize, row: u32, S: u32, P: u32, scale: v128, isSquared: bool,
): usize {
  store<u32>(rows + ((<usize>row) << 3), <u32>(at - entries));
  let offset: u32 = 0;
  for (let panel: u32 = 0; panel < P; panel++) {
    const y = activity + (<usize>panel * S + row) * PANEL_ROW;
    for (let part: usize = 0; part < PANEL_ROW; part += 16, offset += 4 * <u32>PANEL_ROW) {
      const a = v128.load(y + part);
      const isOn = <u32>i32x4.bitmask(f32x4.gt(a, f32x4.splat(0)));
      if (isOn == 0) continue;
      // Always written, kept only when on: cheaper than a branch nobody can predict.
      const x = f32x4.mul(a, isSquared ? a : scale);
      store<u32>(at, offset);
      store<f32>(at, f32x4.extract_lane(x, 0), 4);
      at += (isOn & 1) << 3;
      store<u32>(at, offset + <u32>PANEL_ROW);
      store<f32>(at, f32x4.extract_lane(x, 1), 4);
      at += (isOn & 2) << 2;
      store<u32>(at, offset + 2 * <u32>PANEL_ROW);
      store<f32>(at, f32x4.extract_lane(x, 2), 4);
      at += (isOn & 4) << 1;
      store<u32>(at, offset + 3 * <u32>PANEL_ROW);
      store<f32>(at, f32x4.extract_lane(x, 3), 4);
      at += isOn & 8;
    }
  }
  store<u32>(rows + ((<usize>row) << 3), <u32>(at - entries), 4);
  return at;
}
