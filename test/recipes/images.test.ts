// Recipes for images of one size on those of another.

import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import '../../src/schedules/register.ts';
import { forImages } from '../../src/recipes/images.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const sized = (height: number, width: number): Dataset => ({
  name: 'colored',
  count: 2,
  width: height * width * 3,
  classes: 2,
  shape: [height, width, 3],
  inputs: Uint8Array.from(
    { length: 2 * height * width * 3 },
    (_, i) => [51, 102, 153][i % 3] + (i < height * width * 3 ? 0 : 51),
  ),
  labels: new Uint8Array(2),
});
const colored = sized(32, 32);
const { shape: _, ...table } = colored;

it('takes rows, columns, and the means of the channels', () => {
  const found = forImages(recipes['conv-color'], colored);
  expect(found).toEqual({ ...recipes['conv-color'], image: [32, 32, 3], channelMeans: [0.3, 0.5, 0.7] });
  expect(forImages(recipes.conv, colored)).toEqual({ ...recipes.conv, image: [32, 32, 3] });
});

it('leaves a recipe alone that is for anything', () => {
  expect(forImages(recipes['one-pass'], table)).toBe(recipes['one-pass']);
});

/** Of each convolution, whether it pools, and how many cells its map reads. */
const layersFor = (name: 'conv' | 'conv-color', height: number, width: number) =>
  forImages(recipes[name], sized(height, width)).layers.map(layer => {
    if (typeof layer === 'number' || layer.kind !== 'conv') throw new Error('a convolution');
    return [layer.maxPool ?? 1, layer.cells];
  });

it.each([
  // The last layer sees 10 × 10 positions, then 11 × 11, which is too many.
  ['conv', 40, 40, [2, 2, 1, 1], [7, 7, 7, 7]],
  ['conv', 44, 44, [2, 2, 2, 1], [7, 7, 5, 5]],
  ['conv', 64, 64, [2, 2, 2, 1], [7, 7, 7, 7]],
  ['conv', 72, 96, [2, 2, 2, 1], [7, 7, 7, 7]],
  // A side of fewer than 8 positions is not halved, however long the other is.
  ['conv', 24, 96, [2, 2, 1, 1], [7, 6, 6, 6]],
  ['conv', 9, 9, [2, 2, 1, 1], [4, 2, 2, 2]],
  ['conv-color', 40, 40, [2, 2, 2, 1], [4, 4, 4, 4]],
  ['conv-color', 24, 96, [2, 2, 2, 1], [4, 4, 3, 3]],
  ['conv-color', 9, 9, [2, 2, 2, 1], [4, 2, 1, 1]],
] as const)('pools more by %s of images of %i by %i', (name, height, width, pools, cells) => {
  expect(layersFor(name, height, width)).toEqual(pools.map((pool, l) => [pool, cells[l]]));
});

it('does not pool where a shortcut leads over', () => {
  const conv = { kind: 'conv', channels: 9, size: 3 } as const;
  const layers = [conv, conv, { ...conv, shortcut: 2 }, conv, conv, { ...conv, shortcut: 1 }];
  const found = forImages({ ...recipes.conv, layers }, sized(64, 64)).layers;
  expect(found).toEqual(layers.map((layer, l) => ([0, 3, 4].includes(l) ? { ...layer, maxPool: 2 } : layer)));
});

it('leaves the most that there is to read of small images', () => {
  expect(layersFor('conv', 24, 24)).toEqual([
    [2, 7],
    [2, 6],
    [1, 6],
    [1, 6],
  ]);
  expect(layersFor('conv', 96, 96).map(([pool]) => pool)).toEqual([2, 2, 2, 1]);
  expect(() => layersFor('conv', 3, 3)).toThrow(
    'recipe conv: layers[1]: maxPool must be at most 1, the positions each way (use fewer pools or larger images), found 2',
  );
});

it('refuses what is no image', () => {
  expect(() => forImages(recipes.conv, table)).toThrow(
    'recipe conv is for images, but colored has no rows and columns: take another recipe',
  );
});
