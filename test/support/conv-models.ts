// Networks with convolutions that differ in all that a recipe can say of them, for whatever answers in the place of the network.

import '../../src/schedules/register.ts';
import type { ConvSpec } from '../../src/layers/conv/spec.ts';
import type { LayerSpec } from '../../src/layers/forms.ts';
import type { Classes } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { type Changes, changed, type RecipeOf } from './recipes.ts';

const conv = (channels: number, size: number, more: Partial<ConvSpec> = {}): ConvSpec => ({
  kind: 'conv',
  channels,
  size,
  ...more,
});

/** A recipe of these layers on images of such a shape, with the settings of `one-pass` where nothing else is said. */
function recipeOf(
  layers: readonly LayerSpec[],
  image: readonly [number, number, number?],
  changes: Changes<Classes> = {},
): RecipeOf<Classes> {
  const onePass: RecipeOf<Classes> = recipes['one-pass'];
  return changed(onePass, { layers, image, shift: 0, batch: 20, ...changes });
}

const readout = { rate: 0.1, momentum: 0.9, decay: 0 };

/** What each is about, and how many classes it tells apart. */
export const convModels: readonly (readonly [string, RecipeOf<Classes>, classes: number])[] = [
  ['as digits', recipeOf([conv(32, 3, { maxPool: 2, cells: 7 }), conv(64, 3, { cells: 7 })], [14, 14]), 10],
  ['one layer, one cell', recipeOf([conv(33, 3)], [6, 5, 1]), 2],
  [
    'strides and pools that leave positions over, cells that do not divide them',
    recipeOf(
      [conv(40, 5, { stride: 2, cells: 3 }), conv(9, 3, { maxPool: 3, cells: 1 }), conv(65, 1)],
      [21, 16, 3],
    ),
    5,
  ],
  [
    'uneven cells of pooled positions, from layer 1 on',
    recipeOf([conv(12, 3), conv(35, 3, { stride: 3, maxPool: 2, cells: 2 })], [19, 23, 2], {
      learning: { readFrom: 1 },
    }),
    40,
  ],
  [
    'means of channels, linear activities, five channels',
    recipeOf([conv(10, 3, { maxPool: 2, cells: 4 }), conv(20, 3, { cells: 3 })], [9, 11, 5], {
      channelMeans: [0.1, 0.5, 0, 0.25, 0.9],
      learning: { activity: 'linear' },
    }),
    6,
  ],
  [
    'less of the mean around, and of channels',
    recipeOf([conv(12, 5, { localMean: 0.9, maxPool: 2, cells: 2 }), conv(9, 3, { cells: 3 })], [7, 9, 3], {
      channelMeans: [0.5, 0.25, 0.4],
    }),
    3,
  ],
  ['less of the mean around in grey', recipeOf([conv(10, 3, { localMean: 1, cells: 2 })], [8, 2]), 4],
  [
    'channels that are standardised before their ReLU',
    recipeOf(
      [
        conv(12, 3, { batchNorm: 'before', normalization: 'none', maxPool: 2, cells: 3 }),
        conv(33, 3, { batchNorm: 'before', normalization: 'none', cells: 2, stride: 2 }),
        conv(20, 3, { normalization: 'none' }),
        conv(9, 1, { batchNorm: 'before' }),
      ],
      [9, 11, 3],
      { learning: { activity: 'linear', settled: undefined, rest: undefined } },
    ),
    3,
  ],
  [
    'shortcuts over layers of other channels and right below, of normalized activities, read by a softmax, and a dense layer above',
    recipeOf(
      [
        conv(33, 3, { maxPool: 2, cells: 2 }),
        conv(12, 3),
        conv(33, 3, { shortcut: 2 }),
        conv(33, 1, { shortcut: 1, cells: 3 }),
        conv(33, 3, { shortcut: 4 }),
        20,
      ],
      [9, 10, 2],
      { learning: { readout } },
    ),
    4,
  ],
  [
    'shortcuts of activities as they are, standardised or not',
    recipeOf(
      [
        conv(12, 3, { normalization: 'none' }),
        conv(12, 3, { batchNorm: 'before', normalization: 'none', shortcut: 1 }),
        conv(20, 3, { stride: 2, normalization: 'none' }),
        conv(20, 3, { batchNorm: 'before', shortcut: 1 }),
      ],
      [7, 8],
      { learning: { activity: 'linear', settled: undefined, rest: undefined } },
    ),
    3,
  ],
  [
    'squares, and dense layers above',
    recipeOf([conv(34, 3, { maxPool: 2, cells: 2 }), 45, { kind: 'dense', units: 31 }], [8, 7, 3], {
      learning: { activity: 'squares' },
    }),
    7,
  ],
  [
    'a softmax readout of all layers, and a mean of grey images',
    recipeOf([conv(9, 3, { cells: 5 }), conv(50, 3, { maxPool: 2, cells: 2 }), 20], [10, 12], {
      channelMeans: [0.2],
      learning: { readout },
    }),
    4,
  ],
  [
    'a softmax readout of the last layer, squares, above a dense layer',
    recipeOf([20, conv(33, 3), conv(64, 5)], [6, 6, 2], {
      learning: { readout, activity: 'squares', readFrom: 2 },
    }),
    3,
  ],
];
