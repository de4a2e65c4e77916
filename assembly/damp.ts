// Damped states of recurrent networks (the paper's section on top-down effects): a part of the old state stays.
//
//   states   (P, S, 32)  before normalisation
//   goodness (P, S)      sum of squares of each row of states in each panel
//   activity (P, S, 32)  what the units compute at this moment

import { madd, PANEL_ROW, sumLanes } from './simd';

/**
 * states = damping · states + (1 − damping) · activity in the first M rows, and their goodness. Then activity =
 * (1 − damping) · states where the unit is on at this moment, else 0: the share of the goodness' slope that reaches the
 * weights, because the old states no longer depend on them. `begin` and `end` are panels.
 */
export function dampStates(
  states: usize, goodness: usize, activity: usize, begin: u32, end: u32, M: u32, S: u32, damping: f32,
): void {
  const kept = f32x4.splat(damping), taken = f32x4.splat(1 - damping);
  for (let panel = begin; panel < end; panel++) {
    let s = states + <usize>panel * S * PANEL_ROW;
    let y = activity + <usize>panel * S * PANEL_ROW;
    for (let row: u32 = 0; row < M; row++) {
      let even = f32x4.splat(0), odd = even;
      for (let part: usize = 0; part < PANEL_ROW; part += 32) {
        const a = move(s + part, y + part, kept, taken);
        const b = move(s + part + 16, y + part + 16, kept, taken);
        even = madd(a, a, even);
        odd = madd(b, b, odd);
      }
      store<f32>(goodness + ((<usize>panel * S + row) << 2), sumLanes(f32x4.add(even, odd)));
      s += PANEL_ROW;
      y += PANEL_ROW;
    }
  }
}

// @ts-ignore: decorator
@inline
function move(s: usize, y: usize, kept: v128, taken: v128): v128 {
  const now = v128.load(y);
  const state = madd(taken, now, f32x4.mul(kept, v128.load(s)));
  v128.store(s, state);
  v128.store(y, v128.and(f32x4.mul(taken, state), f32x4.gt(now, f32x4.splat(0))));
  return state;
}
