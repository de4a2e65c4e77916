// Masks and hybrids: the same bits in every build, the same as the twin's, and what the paper asks of them.

import { expect, it } from 'vitest';
import { about, type Bench, eachBuild, items } from '../support/memory.ts';

const SIDES = [1, 2, 3, 4, 5, 7, 8, 9, 28, 33];

const floats = (bench: Bench, at: number, count: number) =>
  Float32Array.from(bench.f32.subarray(at >> 2, (at >> 2) + count));

eachBuild((open, isFull) => {
  const sides = isFull ? SIDES : [5];

  it('randomMasks gives the bits of the twin, a word for 32 pixels', () => {
    const bench = open();
    for (const pixels of [1, 31, 32, 33, 784]) {
      for (const counter of [0, 7, 2 ** 32 - 2]) {
        bench.reset();
        const M = 5;
        const masks = bench.take(M * pixels);
        bench.check({
          end: M,
          call: (k, begin, end) => k.randomMasks(masks, begin, end, pixels, 9, 4, counter),
          writes: items(masks, pixels * 4),
        });
        bench.same();
        const words = Math.ceil(pixels / 32);
        // Image 3 of a batch is image 0 of one that begins three images later.
        const bits = (pixel: number) =>
          bench.kernels.randomBits(9, 4, (counter + 3) * words + Math.floor(pixel / 32)) >>> (pixel % 32);
        const expected = Array.from({ length: pixels }, (_, pixel) => bits(pixel) & 1);
        expect([...floats(bench, masks + 3 * pixels * 4, pixels)]).toEqual(expected);
      }
    }
  });

  it('blurMasks gives the bits of the twin', () => {
    const bench = open();
    for (const H of sides) {
      for (const W of sides) {
        for (const times of [0, 1, 2, 7]) {
          about(JSON.stringify({ H, W, times }), () => {
            bench.reset();
            const masks = bench.normals(3 * H * W);
            bench.check({
              end: 3,
              call: (k, begin, end) => k.blurMasks(masks, begin, end, H, W, times),
              writes: items(masks, H * W * 4),
            });
            bench.same();
          });
        }
      }
    }
  });

  it('a blur spreads a point as [1/4, 1/2, 1/4] both ways, and an edge doubles itself', () => {
    const bench = open();
    const [H, W] = [6, 7];
    const masks = bench.zeros(2 * H * W);
    bench.f32[(masks >> 2) + 2 * W + 3] = 16;
    bench.f32[(masks >> 2) + H * W] = 16;
    bench.kernels.blurMasks(masks, 0, 2, H, W, 1);
    const at = (image: number, y: number, x: number) => bench.f32[(masks >> 2) + (image * H + y) * W + x];
    const square = (image: number, top: number, left: number, side: number) =>
      Array.from({ length: side }, (_, y) =>
        Array.from({ length: side }, (_, x) => at(image, top + y, left + x)),
      );
    expect(square(0, 0, 1, 5)).toEqual([
      [0, 0, 0, 0, 0],
      [0, 1, 2, 1, 0],
      [0, 2, 4, 2, 0],
      [0, 1, 2, 1, 0],
      [0, 0, 0, 0, 0],
    ]);
    expect(square(1, 0, 0, 3)).toEqual([
      [9, 3, 0],
      [3, 1, 0],
      [0, 0, 0],
    ]);
  });

  it('a mask keeps its mean, covers half of the image and has larger regions the more it is blurred', () => {
    const bench = open();
    const [M, side] = [isFull ? 100 : 5, 28];
    const pixels = side * side;
    const masks = bench.take(M * pixels);
    let before = Number.POSITIVE_INFINITY;
    for (const times of [0, 1, 4, 10]) {
      bench.kernels.randomMasks(masks, 0, M, pixels, 1, 2, 0);
      const meanBefore = floats(bench, masks, M * pixels).reduce((a, b) => a + b, 0) / (M * pixels);
      bench.kernels.blurMasks(masks, 0, M, side, side, times);
      const values = floats(bench, masks, M * pixels);
      expect(values.reduce((a, b) => a + b, 0) / (M * pixels)).toBeCloseTo(meanBefore, 5);
      const isOn = values.map(value => (value >= 0.5 ? 1 : 0));
      const share = isOn.reduce((a, b) => a + b, 0) / (M * pixels);
      // After one blur a pixel is a multiple of 1/16, and the many that are just ½ count as on.
      if (times !== 1) expect(Math.abs(share - 0.5)).toBeLessThan(isFull ? 0.02 : 0.2);
      // Neighbours in a row that differ: half of them without a blur.
      let borders = 0;
      for (let i = 0; i + 1 < isOn.length; i++) if (i % side < side - 1) borders += isOn[i] ^ isOn[i + 1];
      const now = borders / (M * side * (side - 1));
      if (times === 0) expect(Math.abs(now - 0.5)).toBeLessThan(isFull ? 0.02 : 0.05);
      expect(now).toBeLessThan(before);
      before = now;
    }
    expect(before).toBeLessThan(0.15);
  });

  it('blendImages takes every pixel whole from one of the two', () => {
    const bench = open();
    for (const pixels of [1, 3, 4, 5, 33]) {
      for (const C of [1, 2, 3]) {
        bench.reset();
        const M = 3;
        const masks = bench.take(M * pixels);
        for (let i = 0; i < M * pixels; i++) {
          bench.f32[(masks >> 2) + i] = [0, 0.4999999701976776, 0.5, 1][bench.noise.below(4)];
        }
        const images = bench.normals(M * pixels * C);
        const others = bench.normals(M * pixels * C);
        const own = floats(bench, images, M * pixels * C);
        bench.check({
          end: M,
          call: (k, begin, end) => k.blendImages(images, masks, others, begin, end, pixels, C),
          writes: items(images, pixels * C * 4),
        });
        bench.same();
        for (let i = 0; i < M * pixels * C; i++) {
          const isOwn = bench.f32[(masks >> 2) + Math.floor(i / C)] >= 0.5;
          expect(bench.f32[(images >> 2) + i]).toBe(isOwn ? own[i] : bench.f32[(others >> 2) + i]);
        }
      }
    }
  });
});
