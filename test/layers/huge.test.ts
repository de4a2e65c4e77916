// Layers that fit in no memory are refused at once, whatever asks for them: a recipe, or somebody's model file.

import { expect, it } from 'vitest';
import '../../src/schedules/register.ts';
import { InputError } from '../../src/errors.ts';
import { planNetwork } from '../../src/network/build.ts';
import { checkRecipe } from '../../src/recipes/check.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const { quick, 'one-pass': onePass } = recipes;
const [many, most] = [2 ** 15, 2 ** 40];
const field = { size: 3, stride: 1, overhang: 0 };
const first = { ...quick.learning, readout: { ...quick.learning.readout, from: 0 } };
const { label: _, negatives: __, ...rest } = first;
const unsupervised = { ...rest, kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 1 } };
const local = { kind: 'local', height: 4, width: 4, channels: 9, field };
const conv = { kind: 'conv', channels: 9, size: 3 };

it.each<[string, object, number]>([
  ['units', { layers: [most], learning: first }, 20],
  ['inputs', { layers: [10], learning: first }, most],
  ['batches', { layers: [10], learning: first, batch: most }, 20],
  [
    'channels of local fields',
    { layers: [{ ...local, channels: most }], image: [6, 6], learning: unsupervised },
    36,
  ],
  [
    'positions of local fields',
    {
      layers: [{ ...local, height: many - 2, width: many - 2 }],
      image: [many, many],
      learning: unsupervised,
      batch: 1,
    },
    many * many,
  ],
  ['channels', { ...onePass, layers: [{ ...conv, channels: most }], image: [4, 4] }, 16],
  [
    'channels below a dense layer',
    { ...onePass, layers: [{ ...conv, channels: most }, 10], image: [4, 4] },
    16,
  ],
  [
    'cells',
    { ...onePass, layers: [{ ...conv, cells: many / 4 }], image: [many / 2, many / 2] },
    (many / 2) ** 2,
  ],
  [
    'patches',
    { ...onePass, layers: [{ ...conv, size: many / 4 + 1 }], image: [many / 2, many / 2] },
    (many / 2) ** 2,
  ],
])('%s', { timeout: 5000 }, (_, settings, inputs) => {
  const recipe = checkRecipe({ ...quick, shift: 0, ...settings });
  expect(() => planNetwork(recipe, inputs, 3, 2)).toThrow(InputError);
});
