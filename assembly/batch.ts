// Batch normalisation (Ioffe and Szegedy 2015) of the channels of convolutions: what is standardised is that of all images of a batch.
//
//   raw      (P, S·Q, 32)   activities at Q positions of S images that were planned
//   factors  (…, P·32)      some numbers of each channel, one row of channels after the other
//
// `begin` and `end` are images.

import { SKIP } from './columns';
import { atLeast, madd, PANEL_ROW } from './simd';

/** activity (P, S·Q, 32) = raw · factors[0] + factors[1], at least `least`: 0 for ReLU, −∞ for none; padding has zeros there. */
export function moveChannels(
  activity: usize, raw: usize, factors: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32, least: f32,
): void {
  const next = <usize>P * PANEL_ROW;
  const floor = f32x4.splat(least);
  for (let panel: u32 = 0; panel < P; panel++) {
    for (let image = begin; image < end; image++) {
      const first = (<usize>panel * S + image) * Q * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 16) {
        const own = factors + panel * PANEL_ROW + part;
        const scale = v128.load(own), shift = v128.load(own + next);
        for (let at = first + part; at < first + <usize>Q * PANEL_ROW; at += PANEL_ROW) {
          v128.store(activity + at, atLeast(floor, madd(v128.load(raw + at), scale, shift)));
        }
      }
    }
  }
}

/**
 * sums (S, 2, P·32) = of each image the sum of the gradient of each channel over positions, and that of the gradient times the raw activity;
 * zero of an image that is left out, whose `targets` (S) say SKIP.
 */
export function gradientSums(
  sums: usize, gradient: usize, raw: usize, targets: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32,
): void {
  const half = <usize>P * PANEL_ROW;
  for (let image = begin; image < end; image++) {
    let to = sums + <usize>image * 2 * half;
    if (load<u32>(targets + ((<usize>image) << 2)) == SKIP) {
      memory.fill(to, 0, 2 * half);
      continue;
    }
    for (let panel: u32 = 0; panel < P; panel++) {
      const first = (<usize>panel * S + image) * Q * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 16, to += 16) {
        let a = f32x4.splat(0), b = a;
        for (let at = first + part; at < first + <usize>Q * PANEL_ROW; at += PANEL_ROW) {
          const d = v128.load(gradient + at);
          a = f32x4.add(a, d);
          b = madd(d, v128.load(raw + at), b);
        }
        v128.store(to, a);
        v128.store(to + half, b);
      }
    }
  }
}

/**
 * gradient = factors[0] · gradient + factors[1] · raw + factors[2] where `raw` is above `least`, otherwise 0: what comes through the mean
 * and the variance of the batch, and a ReLU below where `least` is 0; −∞ where there is none.
 */
export function throughBatch(
  gradient: usize, raw: usize, factors: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32, least: f32,
): void {
  const next = <usize>P * PANEL_ROW;
  const floor = f32x4.splat(least);
  for (let panel: u32 = 0; panel < P; panel++) {
    for (let image = begin; image < end; image++) {
      const first = (<usize>panel * S + image) * Q * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 16) {
        const own = factors + panel * PANEL_ROW + part;
        const a = v128.load(own), b = v128.load(own + next), c = v128.load(own + 2 * next);
        for (let at = first + part; at < first + <usize>Q * PANEL_ROW; at += PANEL_ROW) {
          const y = v128.load(raw + at);
          const d = madd(a, v128.load(gradient + at), madd(b, y, c));
          v128.store(gradient + at, v128.and(d, f32x4.gt(y, floor)));
        }
      }
    }
  }
}
