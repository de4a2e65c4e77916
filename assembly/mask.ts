// Hybrid images, the negative data of unlabelled images (section 3.2 of the paper): a random mask with large regions
// of ones and zeros decides for each pixel which of two images it comes from.
//
//   masks  (M, H·W)      random bits at first, between 0 and 1 once blurred
//   images (M, H·W, C)   one image, and the hybrid afterwards
//   others (M, H·W, C)   the other image
//
// `begin` and `end` are images. No step here fuses multiplication and addition, so masks are the same in both builds.

import { randomBits } from './random';

/**
 * masks = 0 or 1, each as likely. Mask i takes the bits of the counters from (counter + i) · words, where words =
 * ceil(pixels / 32), lowest bit first.
 */
export function randomMasks(
  masks: usize, begin: u32, end: u32, pixels: u32, seed: u32, stream: u32, counter: u32,
): void {
  const words = (pixels + 31) / 32;
  for (let image = begin; image < end; image++) {
    const mask = masks + ((<usize>image * pixels) << 2);
    const first = (counter + image) * words;
    let bits: u32 = 0;
    for (let pixel: u32 = 0; pixel < pixels; pixel++) {
      if (pixel % 32 == 0) bits = randomBits(seed, stream, first + pixel / 32);
      store<f32>(mask + ((<usize>pixel) << 2), <f32>(bits & 1));
      bits >>= 1;
    }
  }
}

/**
 * Blurs with [1/4, 1/2, 1/4] along the rows and then along the columns, `times` over. A pixel at the edge stands for its
 * missing neighbour too, so that the mean of a mask stays what it is and edges lean to neither image.
 */
export function blurMasks(masks: usize, begin: u32, end: u32, H: u32, W: u32, times: u32): void {
  const row = (<usize>W) << 2;
  for (let image = begin; image < end; image++) {
    const mask = masks + <usize>image * H * row;
    for (let time: u32 = 0; time < times; time++) {
      for (let y: usize = 0; y < H; y++) blurRow(mask + y * row, W);
      let x: u32 = 0;
      for (; x + 4 <= W; x += 4) blurFourColumns(mask + ((<usize>x) << 2), H, row);
      for (; x < W; x++) blurColumn(mask + ((<usize>x) << 2), H, row);
    }
  }
}

/** images = images where the mask is at least ½, others elsewhere; all channels of a pixel come from one image. */
export function blendImages(
  images: usize, masks: usize, others: usize, begin: u32, end: u32, pixels: u32, C: u32,
): void {
  const half = f32x4.splat(0.5);
  for (let image = begin; image < end; image++) {
    const mask = masks + ((<usize>image * pixels) << 2);
    let a = images + ((<usize>image * pixels * C) << 2);
    let b = others + ((<usize>image * pixels * C) << 2);
    let pixel: u32 = 0;
    if (C == 1) {
      for (; pixel + 4 <= pixels; pixel += 4, a += 16, b += 16) {
        const isOther = f32x4.lt(v128.load(mask + ((<usize>pixel) << 2)), half);
        v128.store(a, v128.bitselect(v128.load(b), v128.load(a), isOther));
      }
    }
    for (; pixel < pixels; pixel++) {
      const isOther = load<f32>(mask + ((<usize>pixel) << 2)) < 0.5;
      for (let c: u32 = 0; c < C; c++, a += 4, b += 4) if (isOther) store<f32>(a, load<f32>(b));
    }
  }
}

// (l + r + 2 · c) / 4: every result is rounded once or twice, whatever the width.
// @ts-ignore: decorator
@inline
function blurred(left: v128, centre: v128, right: v128): v128 {
  return f32x4.mul(f32x4.add(f32x4.add(left, right), f32x4.add(centre, centre)), f32x4.splat(0.25));
}

// In place: what has been overwritten and is still needed is carried along.
// @ts-ignore: decorator
@inline
function blurRow(row: usize, W: u32): void {
  let left = load<f32>(row);
  let x: u32 = 0;
  for (; x + 4 < W; x += 4) {
    const at = row + ((<usize>x) << 2);
    const centre = v128.load(at);
    const shifted = v128.shuffle<f32>(f32x4.splat(left), centre, 0, 4, 5, 6);
    left = f32x4.extract_lane(centre, 3);
    v128.store(at, blurred(shifted, centre, v128.load(at, 4)));
  }
  for (; x < W; x++) {
    const at = row + ((<usize>x) << 2);
    const centre = load<f32>(at);
    const right = x + 1 < W ? load<f32>(at, 4) : centre;
    store<f32>(at, (left + right + (centre + centre)) * 0.25);
    left = centre;
  }
}

// @ts-ignore: decorator
@inline
function blurFourColumns(column: usize, H: u32, row: usize): void {
  let above = v128.load(column);
  for (let y: u32 = 0; y < H; y++, column += row) {
    const centre = v128.load(column);
    const below = y + 1 < H ? v128.load(column + row) : centre;
    v128.store(column, blurred(above, centre, below));
    above = centre;
  }
}

// @ts-ignore: decorator
@inline
function blurColumn(column: usize, H: u32, row: usize): void {
  let above = load<f32>(column);
  for (let y: u32 = 0; y < H; y++, column += row) {
    const centre = load<f32>(column);
    const below = y + 1 < H ? load<f32>(column + row) : centre;
    store<f32>(column, (above + below + (centre + centre)) * 0.25);
    above = centre;
  }
}
