// Hybrid images.

import type { Kernels } from '../kernels.ts';
import { randomBits } from './random.ts';
import { view } from './view.ts';

/** In the order of the kernel, and rounded like it, so that the two agree to the bit. */
const blurred = (before: number, centre: number, after: number) =>
  Math.fround(Math.fround(before + after) + 2 * centre) / 4;

export function maskKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'randomMasks' | 'blurMasks' | 'blendImages'> {
  const { f32, word } = view(buffer);

  /** Blurs `length` words that are `step` apart. */
  function blurLine(at: number, length: number, step: number): void {
    const old = Float32Array.from({ length }, (_, i) => f32[at + i * step]);
    for (let i = 0; i < length; i++) {
      const [before, after] = [old[Math.max(0, i - 1)], old[Math.min(length - 1, i + 1)]];
      f32[at + i * step] = blurred(before, old[i], after);
    }
  }

  return {
    randomMasks(masks, begin, end, pixels, seed, stream, counter) {
      const words = Math.ceil(pixels / 32);
      for (let image = begin; image < end; image++) {
        for (let pixel = 0; pixel < pixels; pixel++) {
          const bits = randomBits(seed, stream, (counter + image) * words + Math.floor(pixel / 32));
          f32[word(masks, image * pixels + pixel)] = (bits >>> (pixel % 32)) & 1;
        }
      }
    },

    blurMasks(masks, begin, end, H, W, times) {
      for (let image = begin; image < end; image++) {
        const mask = word(masks, image * H * W);
        for (let time = 0; time < times; time++) {
          for (let y = 0; y < H; y++) blurLine(mask + y * W, W, 1);
          for (let x = 0; x < W; x++) blurLine(mask + x, H, W);
        }
      }
    },

    blendImages(images, masks, others, begin, end, pixels, C) {
      for (let pixel = begin * pixels; pixel < end * pixels; pixel++) {
        if (f32[word(masks, pixel)] >= 0.5) continue;
        for (let c = 0; c < C; c++) f32[word(images, pixel * C + c)] = f32[word(others, pixel * C + c)];
      }
    },
  };
}
