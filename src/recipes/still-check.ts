// What must hold for negative data that the network writes itself.

import { refuse } from '../errors.ts';
import type { Recipe } from './recipe.ts';

/** Throws an InputError for a recipe that moves images: what a network writes is none. */
export function checkStill(recipe: Recipe): void {
  for (const setting of ['shift', 'flip', 'crop', 'colorJitter'] as const) {
    const found = recipe[setting];
    if (found) refuse(`${setting} with rolled-out negatives`, '0 or absent', found);
  }
}
