// The recipe that images of somebody's own take by themselves.

import { expect, it } from 'vitest';
import '../../src/schedules/register.ts';
import type { ImageEncoding } from '../../src/data/images/image-encoding.ts';
import { checkRecipe } from '../../src/recipes/check.ts';
import { noteOnImages, recipeForImages } from '../../src/recipes/own-images.ts';
import { recipes } from '../../src/recipes/recipes.ts';

function encoded(count: number, side: number, channels: 1 | 3, more: Partial<ImageEncoding> = {}) {
  const size = side * side * channels;
  const encoding: ImageEncoding = {
    ...{ kind: 'image', classNames: ['a', 'b'], height: side, width: side, channels, hasNoLabel: true },
    ...more,
  };
  const inputs = new Uint8Array(Math.min(count, 50) * size).fill(51);
  const train = {
    ...{ name: 'x', count, width: size, classes: 2, shape: [side, side, channels] as const },
    ...{ inputs, labels: new Uint8Array(count) },
  };
  return { encoding, train };
}

it('is that of convolutions for grey or coloured images, without a mirror', () => {
  const grey = recipeForImages(encoded(40, 28, 1))!;
  expect(checkRecipe(grey)).toEqual(grey);
  expect(grey).toMatchObject({ layers: recipes.conv.layers, image: [28, 28, 1], shift: 2 });
  const color = recipeForImages(encoded(40, 96, 3))!;
  expect(checkRecipe(color)).toEqual(color);
  expect(color).toMatchObject({ image: [96, 96, 3], channelMeans: [0.2, 0.2, 0.2] });
  expect(color).not.toHaveProperty('flip');
  expect(noteOnImages(encoded(40, 96, 3))!.text).toMatch(
    / \(conv-color\) and not mirrored: --recipe conv-color mirrors/,
  );
  expect(noteOnImages(encoded(40, 28, 1))!.text).toMatch(
    / \(conv\) and not mirrored: --recipe one-pass takes/,
  );
});

it('takes as long as the images ask for', () => {
  const lengths = (count: number) => {
    const { batch, epochs } = recipeForImages(encoded(count, 28, 1))!;
    return [batch, epochs];
  };
  // 3 batches an epoch; as the recipe has it; and so many that three epochs are enough.
  expect(lengths(40)).toEqual([16, 134]);
  expect(lengths(10_000)).toEqual([50, 15]);
  expect(lengths(2_000_000)).toEqual([100, 3]);
});

it('leaves small images and those that were made for dense layers to others', () => {
  expect(recipeForImages(encoded(40, 23, 3))).toBeUndefined();
  const centre = { mean: [1], deviation: 1 };
  expect(recipeForImages(encoded(40, 24, 3, { centre }))).toBeUndefined();
  const { encoding, train } = encoded(40, 24, 3);
  const { hasNoLabel: _, ...withLabel } = encoding;
  expect(recipeForImages({ encoding: withLabel, train })).toBeUndefined();
});
