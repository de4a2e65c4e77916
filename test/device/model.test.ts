// Small runtimes refuse models that they would answer for otherwise than the network itself.

import { expect, it } from 'vitest';
import { openLearner } from '../../src/device/learner.ts';
import { loadPredictor } from '../../src/device/predictor.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import type { Contrast, Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const { quick } = recipes;
const noise = { kind: 'noise', after: 0, deviation: 1 } as const;

function otherwise(learning: Partial<Contrast>): Recipe {
  return { ...quick, layers: [20, 12], learning: { ...quick.learning, ...learning } };
}

it.each<[string, Recipe, string]>([
  ['a function between layers', otherwise({ between: noise }), 'nothing between its layers'],
  [
    'labels behind the image',
    otherwise({ label: { kind: 'appended', strength: 3 } }),
    'found labels elsewhere; only loadNetwork runs those',
  ],
])('%s', async (_, recipe, message) => {
  const network = await createNetwork(recipe, { inputs: 40, classes: 5, threads: 1 });
  const bytes = await encodeNetwork(network);
  await network.close();
  await expect(loadPredictor(bytes)).rejects.toThrow(message);
  await expect(openLearner(bytes)).rejects.toThrow(message);
});
