// What a report is made of.

import { expect, it } from 'vitest';
import { createNetwork } from '../../src/network/create.ts';
import { readState } from '../../src/network/state.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { firstLayerFields } from '../../src/report/collect.ts';
import { prototypes } from '../support/data.ts';

const shape = [6, 7, 3] as const;
const data = { ...prototypes(10, 126, 2, 1), shape };

it('shows convolutions as the windows that they look through', async () => {
  const recipe: Recipe = {
    ...recipes['conv-color'],
    image: shape,
    layers: [{ kind: 'conv', channels: 33, size: 3 }, 40],
  };
  const network = await createNetwork(recipe, { inputs: 126, classes: 2, threads: 1 });
  const fields = firstLayerFields(network, data)!;
  const [{ data: weights }] = readState(network.session, false, 'layers.0.weight');
  await network.close();
  expect([fields.height, fields.width, fields.channels]).toEqual([3, 3, 3]);
  expect(fields.units).toHaveLength(33);
  const norms = Array.from({ length: 33 }, (_, u) =>
    Array.from({ length: 27 }, (_, k) => weights[k * 33 + u] ** 2).reduce((sum, square) => sum + square, 0),
  );
  const strongest = norms.indexOf(Math.max(...norms));
  expect(Array.from(fields.units[0])).toEqual(
    Array.from({ length: 27 }, (_, k) => weights[k * 33 + strongest]),
  );
  expect(fields.caption).toBe(
    'The 33 units with the strongest weights of the 33 that look everywhere through windows of 3 × 3 pixels.',
  );
});
