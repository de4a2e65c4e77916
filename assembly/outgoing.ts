// What of an image's units goes on to the next layer: by how much they are on, their means or the largest of them over small squares of
// positions, scaled and moved channel by channel, with what an earlier layer has handed on.
//
//   activity (P, S·Q, 32)   Q positions of S images that were planned
//   scales   (S, 2, P·32)   of each image, two numbers of each channel
//
// `begin` and `end` are images.

import { packVector } from './positions';
import { madd, PANEL_ROW, relu, sumLanes } from './simd';

/**
 * rectified (P, S·Q, 32) = max(activity, 0), or where `isTriangle` the part of each unit that is over the mean of the C units of its position
 * (Coates, Lee and Ng 2011). Padding is 0.
 */
export function rectifyPositions(
  rectified: usize, activity: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32, C: u32, isTriangle: u32,
): void {
  const panelBytes = <usize>(S * Q) * PANEL_ROW;
  for (let image = begin; image < end; image++) {
    for (let q: u32 = 0; q < Q; q++) {
      const place = (<usize>image * Q + q) * PANEL_ROW;
      let sum = f32x4.splat(0);
      for (let panel: u32 = 0; isTriangle && panel < P; panel++) {
        const y = activity + panel * panelBytes + place;
        for (let part: usize = 0; part < PANEL_ROW; part += 16) sum = f32x4.add(sum, v128.load(y + part));
      }
      const mean = f32x4.splat(sumLanes(sum) / <f32>C);
      for (let panel: u32 = 0; panel < P; panel++) {
        const y = activity + panel * panelBytes + place, to = rectified + panel * panelBytes + place;
        for (let part: usize = 0; part < PANEL_ROW; part += 16) {
          v128.store(to + part, relu(f32x4.sub(v128.load(y + part), mean)));
        }
        // Below a mean that is negative, padding is not.
        for (let unit = C; unit < panel * 32 + 32; unit++) store<f32>(to + ((unit & 31) << 2), 0);
      }
    }
  }
}

/**
 * pooled (P, S·⌊height / L⌋·⌊width / L⌋, 32) = the largest of the squares of 2L · 2L positions of `activity`, none of which is negative; they
 * are L apart, and the first begins ⌊L / 2⌋ before the first position.
 */
export function largestPositions(
  pooled: usize, activity: usize, begin: u32, end: u32, P: u32, height: u32, width: u32, L: u32, S: u32,
): void {
  const down = height / L, across = width / L;
  for (let panel: u32 = 0; panel < P; panel++) {
    for (let image = begin; image < end; image++) {
      const from = activity + (<usize>panel * S + image) * height * width * PANEL_ROW;
      let to = pooled + (<usize>panel * S + image) * down * across * PANEL_ROW;
      for (let y: u32 = 0; y < down; y++) {
        const top = max<i32>(0, <i32>(y * L) - <i32>(L >> 1)), bottom = min<i32>(height, y * L + 2 * L - (L >> 1));
        for (let x: u32 = 0; x < across; x++, to += PANEL_ROW) {
          const left = max<i32>(0, <i32>(x * L) - <i32>(L >> 1)), right = min<i32>(width, x * L + 2 * L - (L >> 1));
          for (let part: usize = 0; part < PANEL_ROW; part += 16) {
            let most = f32x4.splat(0);
            for (let row = top; row < bottom; row++) {
              const first = from + <usize>(row * <i32>width) * PANEL_ROW + part;
              for (let column = left; column < right; column++) {
                most = f32x4.max(most, v128.load(first + <usize>column * PANEL_ROW));
              }
            }
            v128.store(to + part, most);
          }
        }
      }
    }
  }
}

/** pooled (P, S·Q, 32) = the mean of each square of L · L of `height` · `width` positions; those that are left over go nowhere. */
export function averagePositions(
  pooled: usize, activity: usize, begin: u32, end: u32, P: u32, height: u32, width: u32, L: u32, S: u32,
): void {
  const down = height / L, across = width / L;
  const share = f32x4.splat(1 / <f32>(L * L));
  for (let panel: u32 = 0; panel < P; panel++) {
    for (let image = begin; image < end; image++) {
      const from = activity + (<usize>panel * S + image) * height * width * PANEL_ROW;
      let to = pooled + (<usize>panel * S + image) * down * across * PANEL_ROW;
      for (let y: u32 = 0; y < down; y++) {
        for (let x: u32 = 0; x < across; x++, to += PANEL_ROW) {
          for (let part: usize = 0; part < PANEL_ROW; part += 16) {
            let sum = f32x4.splat(0);
            for (let row = y * L; row < y * L + L; row++) {
              const first = from + <usize>(row * width + x * L) * PANEL_ROW + part;
              for (let a = first; a < first + <usize>L * PANEL_ROW; a += PANEL_ROW) sum = f32x4.add(sum, v128.load(a));
            }
            v128.store(to + part, f32x4.mul(share, sum));
          }
        }
      }
    }
  }
}

/** scales = the sum of each channel over the positions of an image, and the sum of its squares. */
export function channelSums(
  scales: usize, activity: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32,
): void {
  const half = <usize>P * PANEL_ROW;
  for (let image = begin; image < end; image++) {
    let to = scales + <usize>image * 2 * half;
    for (let panel: u32 = 0; panel < P; panel++) {
      const first = activity + (<usize>panel * S + image) * Q * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 32, to += 32) {
        let a = f32x4.splat(0), b = a, c = a, d = a;
        for (let y = first + part; y < first + <usize>Q * PANEL_ROW; y += PANEL_ROW) {
          const left = v128.load(y), right = v128.load(y, 16);
          a = f32x4.add(a, left);
          b = f32x4.add(b, right);
          c = madd(left, left, c);
          d = madd(right, right, d);
        }
        v128.store(to, a);
        v128.store(to, b, 16);
        v128.store(to + half, c);
        v128.store(to + half, d, 16);
      }
    }
  }
}

/**
 * Writes activity · scale + shift, by the `scales` of each image's channels, as compressed rows of what is not zero: input = (position · P +
 * panel) · 32 + unit.
 */
export function scaleChannels(
  rows: usize, entries: usize, activity: usize, scales: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32,
): void {
  const half = <usize>P * PANEL_ROW;
  let at = entries + <usize>begin * Q * P * 256;
  for (let image = begin; image < end; image++) {
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries));
    const first = scales + <usize>image * 2 * half;
    let offset: u32 = 0;
    for (let q: u32 = 0; q < Q; q++) {
      let scale = first;
      for (let panel: u32 = 0; panel < P; panel++) {
        const y = activity + ((<usize>panel * S + image) * Q + q) * PANEL_ROW;
        for (let part: usize = 0; part < PANEL_ROW; part += 16, scale += 16, offset += 4 * <u32>PANEL_ROW) {
          at = packVector(at, madd(v128.load(y + part), v128.load(scale), v128.load(scale + half)), offset);
        }
      }
    }
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries), 4);
  }
}

/**
 * The mean of each channel over each of A · A parts of an image, as compressed rows, of images that are compressed rows themselves: input =
 * (cell · P + panel) · 32 + unit.
 *
 *   sums (A·A, P, 32)  of this call alone
 */
export function meanParts(
  rows: usize, entries: usize, sums: usize, images: usize, values: usize, begin: u32, end: u32, P: u32, height: u32,
  width: u32, A: u32,
): void {
  const position = P * 32 * <u32>PANEL_ROW;
  const cellBytes = <usize>P * PANEL_ROW;
  let at = entries + <usize>begin * A * A * P * 256;
  for (let image = begin; image < end; image++) {
    memory.fill(sums, 0, A * A * cellBytes);
    const last = values + load<u32>(images + ((<usize>image) << 3), 4);
    let first: u32 = 0;
    let cell = sums;
    for (let value = values + load<u32>(images + ((<usize>image) << 3)); value < last; value += 8) {
      const offset = load<u32>(value);
      if (offset - first >= position) {
        const q = offset / position;
        first = q * position;
        const y = q / width, x = q % width;
        cell = sums + <usize>(((y * A + A - 1) / height) * A + (x * A + A - 1) / width) * cellBytes;
      }
      const sum = cell + ((offset - first) >> 5);
      store<f32>(sum, load<f32>(sum) + load<f32>(value, 4));
    }
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries));
    for (let part: u32 = 0; part < A * A; part++) {
      const i = part / A, j = part % A;
      const rowsOf = (i + 1) * height / A - i * height / A, columnsOf = (j + 1) * width / A - j * width / A;
      const share = f32x4.splat(1 / <f32>(rowsOf * columnsOf));
      const from = sums + part * cellBytes;
      for (let unit: u32 = 0; unit < P * <u32>PANEL_ROW; unit += 16) {
        at = packVector(at, f32x4.mul(share, v128.load(from + unit)), (part * P * <u32>PANEL_ROW + unit) << 5);
      }
    }
    store<u32>(rows + ((<usize>image) << 3), <u32>(at - entries), 4);
  }
}

/** rows, entries = the sum of two compressed rows each, of K values: what is not zero of it. */
export function addRows(
  rows: usize, entries: usize, ownRows: usize, ownEntries: usize, otherRows: usize, otherEntries: usize, begin: u32,
  end: u32, K: u32,
): void {
  let at = entries + <usize>begin * K * 8;
  for (let row = begin; row < end; row++) {
    const pair = (<usize>row) << 3;
    let own = ownEntries + load<u32>(ownRows + pair), other = otherEntries + load<u32>(otherRows + pair);
    const ownEnd = ownEntries + load<u32>(ownRows + pair, 4), otherEnd = otherEntries + load<u32>(otherRows + pair, 4);
    store<u32>(rows + pair, <u32>(at - entries));
    while (own < ownEnd || other < otherEnd) {
      const ownInput = own < ownEnd ? load<u32>(own) : u32.MAX_VALUE;
      const otherInput = other < otherEnd ? load<u32>(other) : u32.MAX_VALUE;
      const input = min(ownInput, otherInput);
      let sum: f32 = 0;
      if (ownInput == input) {
        sum = load<f32>(own, 4);
        own += 8;
      }
      if (otherInput == input) {
        sum += load<f32>(other, 4);
        other += 8;
      }
      store<u32>(at, input);
      store<f32>(at, sum, 4);
      at += <usize>(sum != 0) << 3;
    }
    store<u32>(rows + pair, <u32>(at - entries), 4);
  }
}
