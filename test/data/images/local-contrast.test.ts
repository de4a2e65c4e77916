// Each value less a share of the mean around it.

import { describe, expect, it } from 'vitest';
import { LocalContrast } from '../../../src/data/images/local-contrast.ts';

const within = (place: number, length: number) => Math.min(Math.max(place, 0), length - 1);

describe.each([
  [1, 1, 1, 3, 0.5],
  [4, 5, 1, 1, 0.25],
  [4, 5, 3, 3, 0.9],
  [7, 3, 2, 5, 1],
  [2, 9, 4, 7, 0.6],
])('of %i × %i pixels of %i channels, by squares of %i, share %d', (height, width, channels, size, share) => {
  const inputs = height * width * channels;
  const reach = (size - 1) / 2;
  const contrast = new LocalContrast({ height, width, channels }, size, share);

  it.each([
    ['bytes', Uint8Array.from({ length: 2 * inputs }, (_, i) => (i * 97) % 256)],
    ['floats', Float32Array.from({ length: 2 * inputs }, (_, i) => Math.sin(i))],
  ])('is what its definition says, of %s', (_, values) => {
    const found = contrast.of(values, inputs);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          const at = (row: number, column: number) =>
            values[inputs + (within(row, height) * width + within(column, width)) * channels + c];
          let mean = 0;
          for (let dy = -reach; dy <= reach; dy++) {
            for (let dx = -reach; dx <= reach; dx++) mean += at(y + dy, x + dx) / size ** 2;
          }
          expect(found[(y * width + x) * channels + c]).toBeCloseTo(at(y, x) - share * mean, 4);
        }
      }
    }
  });

  it('leaves of an image that has one value everywhere what it says', () => {
    const found = contrast.of(new Uint8Array(inputs).fill(201), 0);
    for (const value of found) expect(value).toBe(Math.fround(201 - share * 201));
    expect(contrast.ofMeans([201])[0]).toBeCloseTo(found[0], 4);
    expect(contrast.ofMeans('image')).toBe('image');
  });
});
