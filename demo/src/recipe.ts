// The recipe of a state: `quick` with what the visitor changed.

import { type Objective, type Recipe, recipes } from 'forward-forward';
import type { State } from './state.ts';

const objectives: Record<State['objective'], { goodness: Recipe['goodness']; objective: Objective }> = {
  swish: { goodness: 'mean-of-squares', objective: { kind: 'swish', alpha: 3 } },
  symba: { goodness: 'mean-of-squares', objective: { kind: 'symba', alpha: 3 } },
  logistic: { goodness: 'sum-of-squares', objective: { kind: 'logistic', threshold: 1, temperature: 1 } },
};

export function recipeOf({ depth, width, objective, negatives, epochs }: State): Recipe {
  return {
    ...recipes.quick,
    ...objectives[objective],
    name: 'demo',
    about: 'made in the page',
    layers: new Array(depth).fill(width),
    negatives,
    epochs,
    readFrom: Math.min(2, depth),
  };
}
