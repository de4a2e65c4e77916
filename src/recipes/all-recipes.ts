// The recipes that come with the library in Node, by name.

import { InputError, nearestName } from '../errors.ts';
import { convRecipes } from './conv-recipes.ts';
import { publishedRecipes } from './published-recipes.ts';
import type { Recipe } from './recipe.ts';
import { recipes as everywhere } from './recipes.ts';

/** Each by its name. */
export const recipes = { ...everywhere, ...convRecipes, ...publishedRecipes } as const satisfies Record<
  string,
  Recipe
>;

/** The recipe called `name`; throws an InputError with the nearest known name. */
export function findRecipe(name: string): Recipe {
  const known: Record<string, Recipe> = recipes;
  if (Object.hasOwn(known, name)) return known[name];
  const nearest = nearestName(name, Object.keys(known));
  const hint = nearest ? `: did you mean ${nearest}?` : '';
  throw new InputError(`no recipe is called ${name}${hint} (known: ${Object.keys(known).join(', ')})`);
}
