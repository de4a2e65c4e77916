// The recipe of a state: `quick` with what the visitor changed.

import { type Contrast, type Recipe, recipes } from 'forward-forward';
import type { State } from './state.ts';

const { quick } = recipes;

const objectives: Record<State['objective'], Pick<Contrast, 'goodness' | 'objective'>> = {
  swish: { goodness: 'mean-of-squares', objective: { kind: 'swish', alpha: 3 } },
  symba: { goodness: 'mean-of-squares', objective: { kind: 'symba', alpha: 3 } },
  logistic: { goodness: 'sum-of-squares', objective: { kind: 'logistic', threshold: 1, temperature: 1 } },
};

export function recipeOf({ depth, width, objective, negatives, epochs }: State): Recipe {
  return {
    ...quick,
    name: 'demo',
    about: 'made in the page',
    layers: new Array(depth).fill(width),
    learning: {
      ...quick.learning,
      ...objectives[objective],
      negatives,
      readout: { ...quick.learning.readout, from: Math.min(1, depth - 1) },
    },
    epochs,
  };
}
