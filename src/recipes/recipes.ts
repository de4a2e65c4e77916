// The recipes that come with the library, by name.

import { InputError, nearestName } from '../errors.ts';
import type { Recipe } from './recipe.ts';

/**
 * The settings of Hinton's own MATLAB code for the supervised experiment (section 3.3 of the paper): three passes, hard
 * negatives, peer normalisation, gradients smoothed over batches.
 */
const hintonSupervised: Recipe = {
  name: 'hinton-supervised',
  about: "Hinton's own code for the supervised experiment, number by number",
  layers: [1000, 1000, 1000],
  shift: 0,
  labelStrength: 1,
  goodness: 'sum-of-squares',
  objective: { kind: 'logistic', threshold: 1, temperature: 1 },
  negatives: 'hard',
  optimizer: { kind: 'momentum', rate: 0.01, momentum: 0.9, decay: 0.001 },
  peer: 0.03,
  readout: { rate: 0.1, momentum: 0.9, decay: 0.003 },
  readFrom: 2,
  batch: 100,
  epochs: 100,
  hold: 0.5,
};

/**
 * What learns fastest, chosen on a validation split: the pairwise swish objective keeps learning from every image, hard
 * negatives spend it on what is still confused, and one pixel of jitter keeps it honest.
 */
export const quick: Recipe = {
  name: 'quick',
  about: 'a good network in under a minute',
  layers: [600, 600],
  shift: 1,
  labelStrength: 3,
  goodness: 'mean-of-squares',
  objective: { kind: 'swish', alpha: 3 },
  negatives: 'hard',
  optimizer: { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 },
  peer: 0,
  readout: { rate: 0.2, momentum: 0.9, decay: 0 },
  readFrom: 2,
  batch: 100,
  epochs: 12,
  hold: 0.3,
};

/** Every recipe by its name. */
export const recipes = {
  quick,
  'hinton-supervised': hintonSupervised,
  'hinton-supervised-4x2000': {
    ...hintonSupervised,
    name: 'hinton-supervised-4x2000',
    about: "Hinton's settings at the size of the paper",
    layers: [2000, 2000, 2000, 2000],
  },
} as const satisfies Record<string, Recipe>;

/** The recipe called `name`; throws an InputError with the nearest known name. */
export function findRecipe(name: string): Recipe {
  const known: Record<string, Recipe> = recipes;
  if (Object.hasOwn(known, name)) return known[name];
  const nearest = nearestName(name, Object.keys(known));
  const hint = nearest ? `: did you mean ${nearest}?` : '';
  throw new InputError(`no recipe is called ${name}${hint} (known: ${Object.keys(known).join(', ')})`);
}
