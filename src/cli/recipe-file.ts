// A recipe by its name, or out of a file such as ff sweep writes.

import { inContext } from '../errors.ts';
import { readJsonFile } from '../files/read.ts';
import { checkRecipe } from '../recipes/check.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { findRecipe } from '../recipes/recipes.ts';

/** The recipe called `name`, or that in the file whose name ends in .json; throws an InputError where there is none, or none that makes sense. */
export async function recipeNamed(name: string): Promise<Recipe> {
  if (!name.endsWith('.json')) return findRecipe(name);
  const found = await readJsonFile(name);
  return inContext(name, () => checkRecipe(found));
}
