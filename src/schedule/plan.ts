// Plans a network of any kind.

import { InputError } from '../errors.ts';
import { planWired, type Source, type WiredPlan } from '../layers/wiring.ts';
import { planHybrids } from '../negatives/hybrid.ts';
import { isPlain, layerGrid, type Recipe } from '../recipes/recipe.ts';
import { layerShape, type NetworkPlan, planPlain, withReadout } from './session.ts';

/**
 * Plans every layer and the readout, for `threads` of them; nothing is allocated yet. Throws an InputError where local fields
 * do not fit, or where a layer does not fit in a memory.
 */
export function planNetwork(recipe: Recipe, inputs: number, classes: number, threads: number): NetworkPlan {
  const plan = isPlain(recipe)
    ? planPlain(recipe, inputs, classes, true)
    : planWiredNetwork(recipe, inputs, classes, threads);
  const { negatives, image, batch } = recipe;
  return typeof negatives === 'object' && image ? { ...plan, hybridPlan: planHybrids(batch, image) } : plan;
}

function planWiredNetwork(recipe: Recipe, inputs: number, classes: number, threads: number): NetworkPlan {
  const { name, layers, image, schedule } = recipe;
  const [height, width, channels = 1] = image ?? [1, 1, inputs];
  if (height * width * channels !== inputs) {
    throw new InputError(
      `recipe ${name} is for images of ${height} × ${width} × ${channels}, found ${inputs} inputs`,
    );
  }
  const sources: Source[] = [
    { height, width, channels, isImage: true },
    ...layers.map(layer => ({ ...layerGrid(layer), isImage: false })),
    { height: 1, width: 1, channels: classes, isImage: true },
  ];
  const plans = layers.map((layer, index): WiredPlan => {
    const { field, above = undefined } = typeof layer === 'number' ? { field: undefined } : layer;
    try {
      return planWired({
        ...layerShape(recipe, classes, index),
        ...layerGrid(layer),
        below: { ...sources[index], ...(field && { field }) },
        ...(schedule?.kind === 'recurrent' && {
          above: { ...sources[index + 2], ...(above && { field: above }) },
        }),
        isDamped: schedule?.kind === 'recurrent',
        threads,
      });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`recipe ${name}, layer ${index + 1}: ${error.message}`, { cause: error });
    }
  });
  return withReadout(recipe, classes, plans);
}
