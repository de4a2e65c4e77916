// The weight gradient of an input and 32 units is summed in registers and goes straight into the optimizer's step: no
// gradient array is ever written.
//
//   weights, velocity, first, second  (P, K+1, 32)
//   columns  (K+1), lists             as in columns.ts
//   gradient (P, S, 32)               the rows dY = coefficient · y
//
// `begin` and `end` are panels. All steps go uphill: a positive coefficient asks for more goodness. The gradient is divided
// by the batch (`perRow` = 1 / batch); the bias (row K) does not decay.

import { flush, madd, PANEL_ROW, TINY } from './simd';

/** velocity = momentum · velocity + (1 − momentum) · gradient; weights += rate · (velocity − decay · weights). */
export function momentumStep(
  weights: usize, velocity: usize, columns: usize, lists: usize, gradient: usize,
  begin: u32, end: u32, S: u32, K: u32,
  perRow: f32, rate: f32, decay: f32, momentum: f32,
): void {
  step(
    weights, velocity, 0, columns, lists, gradient, begin, end, S, K, false,
    (1 - momentum) * perRow, rate, decay, momentum, 0, 0, 0,
  );
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019): `rate` already holds the correction of the first moment's
 * bias, `secondScale` = 1 / (1 − beta2^t) that of the second; `decay` is the share of a weight lost in this step.
 */
export function adamStep(
  weights: usize, first: usize, second: usize, columns: usize, lists: usize, gradient: usize,
  begin: u32, end: u32, S: u32, K: u32,
  perRow: f32, rate: f32, decay: f32, beta1: f32, beta2: f32, secondScale: f32, epsilon: f32,
): void {
  step(
    weights, first, second, columns, lists, gradient, begin, end, S, K, true,
    perRow, rate, decay, beta1, beta2, secondScale, epsilon,
  );
}

// @ts-ignore: decorator
@inline
function step(
  weights: usize, first: usize, second: usize, columns: usize, lists: usize, gradient: usize,
  begin: u32, end: u32, S: u32, K: u32, isAdam: bool,
  perRow: f32, rate: f32, decay: f32, beta1: f32, beta2: f32, secondScale: f32, epsilon: f32,
): void {
  const panelBytes = <usize>(K + 1) * PANEL_ROW;
  // Spread over the lanes once: V8 does not move constants out of loops.
  const zero = f32x4.splat(0), tiny = f32x4.splat(TINY), magnitude = i32x4.splat(0x7fffffff);
  const perRows = f32x4.splat(perRow), rates = f32x4.splat(rate), decays = f32x4.splat(decay);
  const beta1s = f32x4.splat(beta1), rest1s = f32x4.splat(1 - beta1);
  const beta2s = f32x4.splat(beta2), rest2s = f32x4.splat(1 - beta2);
  const secondScales = f32x4.splat(secondScale), epsilons = f32x4.splat(epsilon);
  for (let panel = begin; panel < end; panel++) {
    const d = gradient + <usize>panel * S * PANEL_ROW;
    let w = weights + <usize>panel * panelBytes;
    let m = first + <usize>panel * panelBytes;
    let v = second + <usize>panel * panelBytes;
    for (let k: u32 = 0; k <= K; k++) {
      const loss = k == K ? zero : decays;
      let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
      const last = lists + load<u32>(columns + ((<usize>k) << 3), 4);
      for (let at = lists + load<u32>(columns + ((<usize>k) << 3)); at < last; at += 8) {
        const from = d + load<u32>(at);
        const x = v128.load32_splat(at, 4);
        // Always true, see simd.ts: each half of the sums gets a block of its own.
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
      if (isAdam) {
        adam(w, m, v, a0, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 16, m + 16, v + 16, a1, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 32, m + 32, v + 32, a2, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 48, m + 48, v + 48, a3, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 64, m + 64, v + 64, a4, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 80, m + 80, v + 80, a5, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 96, m + 96, v + 96, a6, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
        adam(w + 112, m + 112, v + 112, a7, perRows, rates, loss, beta1s, rest1s, beta2s, rest2s, secondScales, epsilons, tiny, magnitude);
      } else {
        move(w, m, a0, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 16, m + 16, a1, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 32, m + 32, a2, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 48, m + 48, a3, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 64, m + 64, a4, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 80, m + 80, a5, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 96, m + 96, a6, perRows, rates, loss, beta1s, tiny, magnitude);
        move(w + 112, m + 112, a7, perRows, rates, loss, beta1s, tiny, magnitude);
      }
      w += PANEL_ROW;
      m += PANEL_ROW;
      v += PANEL_ROW;
    }
  }
}

// @ts-ignore: decorator
@inline
function move(
  w: usize, m: usize, sum: v128, share: v128, rate: v128, decay: v128, momentum: v128, tiny: v128, magnitude: v128,
): void {
  const velocity = flush(madd(share, sum, f32x4.mul(momentum, v128.load(m))), tiny, magnitude);
  const weight = v128.load(w);
  v128.store(m, velocity);
  v128.store(w, madd(rate, f32x4.sub(velocity, f32x4.mul(decay, weight)), weight));
}

// @ts-ignore: decorator
@inline
function adam(
  w: usize, m: usize, v: usize, sum: v128, perRow: v128, rate: v128, decay: v128, beta1: v128, rest1: v128,
  beta2: v128, rest2: v128, secondScale: v128, epsilon: v128, tiny: v128, magnitude: v128,
): void {
  const g = f32x4.mul(perRow, sum);
  const first = flush(madd(rest1, g, f32x4.mul(beta1, v128.load(m))), tiny, magnitude);
  const second = flush(madd(rest2, f32x4.mul(g, g), f32x4.mul(beta2, v128.load(v))), tiny, magnitude);
  v128.store(m, first);
  v128.store(v, second);
  const length = f32x4.add(f32x4.sqrt(f32x4.mul(secondScale, second)), epsilon);
  const weight = v128.load(w);
  const kept = f32x4.sub(weight, f32x4.mul(decay, weight));
  v128.store(w, madd(rate, f32x4.div(first, length), kept));
}
