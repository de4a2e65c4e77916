// The recipe that a learner goes on with, by the definitions of recipes/: of those ways of learning and layers alone that devices know,
// so that they need not load the others.

import { inContext } from '../errors.ts';
import { denseSpec } from '../layers/dense/spec.ts';
import type { LayerSpec } from '../layers/forms.ts';
import { recipeOf } from '../recipes/frame.ts';
import { classesLearning, contrastLearning } from '../recipes/layerwise.ts';
import { checkLayerwise, checkRates } from '../recipes/layerwise-check.ts';
import { type Classes, type Contrast, isRolledOut, type Recipe } from '../recipes/recipe.ts';
import { checkStill } from '../recipes/still-check.ts';
import { type Schema, union, whole } from '../schema.ts';

/** A recipe that devices can go on with. */
export interface LearnerRecipe extends Recipe {
  readonly learning: Contrast | Classes;
}

const layer: Schema<LayerSpec> = (value, path) =>
  typeof value === 'number' ? whole(1)(value, path) : denseSpec(value, path);

const settings = recipeOf(layer, union({ contrast: contrastLearning, classes: classesLearning }));

/** The recipe in `value`, whatever that really is; throws an InputError that begins with `path` and names what makes no sense. */
export function checkLearnerRecipe(value: unknown, path: string): LearnerRecipe {
  return inContext(`${path}: its recipe`, () => {
    const recipe = settings(value, '');
    checkRates(recipe);
    checkLayerwise(recipe, recipe.learning);
    if (isRolledOut(recipe.learning)) checkStill(recipe);
    return recipe;
  });
}
