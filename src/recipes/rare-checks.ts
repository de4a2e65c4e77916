// What must hold between settings that few recipes have. Nothing until register.ts makes it known, as in rare.ts.

import type { Recipe } from './recipe.ts';

interface RareChecks {
  /** Throws an InputError for settings of rare layers or ways of learning that do not go with each other. */
  check: (recipe: Recipe) => void;
}

export const rareChecks: RareChecks = { check() {} };
