// Peer normalisation (the paper's section on local receptive fields): the mean activity of a unit is drawn towards that
// of its layer, even where the unit is off.
//
//   means    (P, 32)      running mean of each unit over positive rows
//   sums     (P)          sum of the means of a panel
//   activity (P, S, 32)

import { flush, PANEL_ROW, TINY } from './simd';

/** means = memory · means + (1 − memory) · mean of the first M rows; `begin` and `end` are panels. */
export function updateMeans(
  means: usize, sums: usize, activity: usize, begin: u32, end: u32, M: u32, S: u32, memory: f32,
): void {
  const share = f32x4.splat((1 - memory) / <f32>M);
  for (let panel = begin; panel < end; panel++) {
    const mean = means + <usize>panel * PANEL_ROW;
    let total: f32 = 0;
    for (let part: usize = 0; part < PANEL_ROW; part += 16) {
      let sum = f32x4.splat(0);
      const y = activity + <usize>panel * S * PANEL_ROW + part;
      for (let row: u32 = 0; row < M; row++) sum = f32x4.add(sum, v128.load(y + <usize>row * PANEL_ROW));
      const old = f32x4.mul(f32x4.splat(memory), v128.load(mean + part));
      const moved = f32x4.add(old, f32x4.mul(share, sum));
      const updated = flush(moved, f32x4.splat(TINY), i32x4.splat(0x7fffffff));
      v128.store(mean + part, updated);
      total += f32x4.extract_lane(updated, 0) + f32x4.extract_lane(updated, 1)
        + f32x4.extract_lane(updated, 2) + f32x4.extract_lane(updated, 3);
    }
    store<f32>(sums + ((<usize>panel) << 2), total);
  }
}

/**
 * Gradient row `target` = strength · (mean of the means − mean of the unit): the same for every positive row, so it is
 * one row and the inputs' sums multiply it. `begin` and `end` are panels from those that `activity` and `means` point to,
 * which have `real` units before padding begins; `sums`, P and `units` are those of the whole layer.
 */
export function peerGradient(
  activity: usize, means: usize, sums: usize,
  begin: u32, end: u32, target: u32, S: u32, P: u32, units: u32, real: u32, strength: f32,
): void {
  let total: f32 = 0;
  for (let panel: u32 = 0; panel < P; panel++) total += load<f32>(sums + ((<usize>panel) << 2));
  const average = total / <f32>units;
  for (let panel = begin; panel < end; panel++) {
    const y = activity + (<usize>panel * S + target) * PANEL_ROW;
    const mean = means + <usize>panel * PANEL_ROW;
    for (let lane: u32 = 0; lane < 32; lane++) {
      const isUnit = panel * 32 + lane < real;
      const pull = strength * (average - load<f32>(mean + ((<usize>lane) << 2)));
      store<f32>(y + ((<usize>lane) << 2), isUnit ? pull : 0);
    }
  }
}
