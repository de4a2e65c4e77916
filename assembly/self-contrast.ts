// Self-contrast (Chen et al. 2025): what units make of an image seen twice against what they make of it and another one at once.
//
//   activity (P, S·Q, 32)  u = patches · weights + bias, not rectified, at Q positions of S images that were planned, M of which count
//   slopes   (S, 2, Q)     of the objective, by the goodness at each position: of an image seen twice, and of it and the next of the batch
//
// A convolution is linear, so u says all: an image twice makes z = 2u, and with the next one z = u + u'. The goodness of a position is the
// mean of max(z, 0)² over its C units. Behind the last image comes the first. `begin` and `end` are images.

import { logistic } from './math';
import { madd, PANEL_ROW, relu, sumLanes } from './simd';

/**
 * Climbs −softplus(positive − G) for images seen twice, less `penalty` times the length of G over the positions of an image, and −softplus(G −
 * negative) for two images, both as means over positions. `totals` (S) = the mean goodness of an image seen twice, `mixtures` (S) that of it and
 * the next.
 */
export function mixtureSlopes(
  slopes: usize, totals: usize, mixtures: usize, activity: usize, begin: u32, end: u32, M: u32, P: u32, Q: u32, S: u32,
  C: u32, positive: f32, negative: f32, penalty: f32,
): void {
  const share: f64 = 1 / <f64>Q;
  for (let image = begin; image < end; image++) {
    const next: u32 = image + 1 == M ? 0 : image + 1;
    const twice = slopes + ((<usize>image * 2 * Q) << 2);
    const mixed = twice + ((<usize>Q) << 2);
    let sum: f64 = 0, squares: f64 = 0, both: f64 = 0;
    for (let q: u32 = 0; q < Q; q++) {
      let a = f32x4.splat(0), b = a;
      for (let panel: u32 = 0; panel < P; panel++) {
        const u = activity + ((<usize>panel * S + image) * Q + q) * PANEL_ROW;
        const v = activity + ((<usize>panel * S + next) * Q + q) * PANEL_ROW;
        for (let part: usize = 0; part < PANEL_ROW; part += 16) {
          const own = v128.load(u + part);
          const y = relu(f32x4.add(own, own)), z = relu(f32x4.add(own, v128.load(v + part)));
          a = madd(y, y, a);
          b = madd(z, z, b);
        }
      }
      const goodness = sumLanes(a) / <f32>C, other = sumLanes(b) / <f32>C;
      sum += goodness;
      both += other;
      squares += <f64>goodness * goodness;
      store<f32>(twice + (q << 2), goodness);
      store<f32>(mixed + (q << 2), other);
    }
    store<f32>(totals + ((<usize>image) << 2), <f32>(sum * share));
    store<f32>(mixtures + ((<usize>image) << 2), <f32>(both * share));
    const pull: f64 = squares > 0 ? penalty / sqrt<f64>(squares) : 0;
    for (let q: u32 = 0; q < Q; q++) {
      const goodness = <f64>load<f32>(twice + (q << 2));
      store<f32>(twice + (q << 2), <f32>(share * logistic(positive - goodness) - pull * goodness));
      store<f32>(mixed + (q << 2), <f32>(-share * logistic(load<f32>(mixed + (q << 2)) - negative)));
    }
  }
}

/**
 * gradient (P, S·Q, 32) of the same in the activity of images `begin` to `end`: what comes of an image seen twice, seen with the next one, and
 * with the one before.
 */
export function mixtureGradient(
  gradient: usize, slopes: usize, activity: usize, begin: u32, end: u32, M: u32, P: u32, Q: u32, S: u32, C: u32,
): void {
  // Of max(z, 0)² over C units.
  const factor: f32 = 2 / <f32>C;
  for (let image = begin; image < end; image++) {
    const next: u32 = image + 1 == M ? 0 : image + 1, before: u32 = image == 0 ? M - 1 : image - 1;
    const twice = slopes + ((<usize>image * 2 * Q) << 2);
    const ahead = twice + ((<usize>Q) << 2);
    const behind = slopes + ((<usize>(before * 2 + 1) * Q) << 2);
    for (let panel: u32 = 0; panel < P; panel++) {
      const own = (<usize>panel * S + image) * Q * PANEL_ROW;
      let u = activity + own, d = gradient + own;
      let v = activity + (<usize>panel * S + next) * Q * PANEL_ROW, w = activity + (<usize>panel * S + before) * Q * PANEL_ROW;
      for (let q: u32 = 0; q < Q; q++) {
        const a = f32x4.splat(2 * factor * load<f32>(twice + (q << 2)));
        const b = f32x4.splat(factor * load<f32>(ahead + (q << 2)));
        const c = f32x4.splat(factor * load<f32>(behind + (q << 2)));
        for (let part: usize = 0; part < PANEL_ROW; part += 16) {
          const x = v128.load(u + part);
          const y = f32x4.mul(a, relu(f32x4.add(x, x)));
          const z = madd(b, relu(f32x4.add(x, v128.load(v + part))), y);
          v128.store(d + part, madd(c, relu(f32x4.add(x, v128.load(w + part))), z));
        }
        u += PANEL_ROW;
        v += PANEL_ROW;
        w += PANEL_ROW;
        d += PANEL_ROW;
      }
    }
  }
}
