// Recipes whose way of learning is known, and what a test changes of them.

import type { Contrast, Learning, Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';

export type RecipeOf<Kind extends Learning> = Omit<Recipe, 'learning'> & { readonly learning: Kind };

/** Settings in the place of others; those of `learning` one by one, and undefined leaves one out. */
export type Changes<Kind extends Learning> = Partial<Omit<Recipe, 'learning'>> & {
  readonly learning?: { readonly [Key in keyof Kind]?: Kind[Key] | undefined };
};

export function changed<Kind extends Learning>(
  recipe: RecipeOf<Kind>,
  { learning, ...others }: Changes<Kind>,
): RecipeOf<Kind> {
  return { ...recipe, ...others, learning: { ...recipe.learning, ...learning } as Kind };
}

export const quick: RecipeOf<Contrast> = recipes.quick;
export const hinton: RecipeOf<Contrast> = recipes['hinton-supervised'];
