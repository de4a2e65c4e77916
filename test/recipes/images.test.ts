// Recipes for images of one size on those of another.

import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { forImages } from '../../src/recipes/images.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const colored: Dataset = {
  name: 'colored',
  count: 2,
  width: 12,
  classes: 2,
  shape: [2, 2, 3],
  inputs: Uint8Array.from({ length: 24 }, (_, i) => [51, 102, 153][i % 3] + (i < 12 ? 0 : 51)),
  labels: new Uint8Array(2),
};
const { shape: _, ...table } = colored;

it('takes rows, columns, and the means of the channels', () => {
  const found = forImages(recipes['conv-color'], colored);
  expect(found).toEqual({ ...recipes['conv-color'], image: [2, 2, 3], channelMeans: [0.3, 0.5, 0.7] });
  expect(forImages(recipes.conv, colored)).toEqual({ ...recipes.conv, image: [2, 2, 3] });
});

it('leaves a recipe alone that is for anything', () => {
  expect(forImages(recipes['one-pass'], table)).toBe(recipes['one-pass']);
});

it('refuses what is no image', () => {
  expect(() => forImages(recipes.conv, table)).toThrow(
    'recipe conv is for images, but colored has no rows and columns: take another recipe',
  );
});
