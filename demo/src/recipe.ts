// The recipe of a state: `quick` with what the visitor changed.

import { type Contrast, type Recipe, recipes } from 'forward-forward';
import { ranges, type State, words } from './state.ts';

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

/** The settings that a recipe can be made of, `rest` aside; undefined where it is none of this page's. */
export function stateOf(
  { layers, learning, epochs, ...others }: Recipe,
  rest: Pick<State, 'images' | 'seed'>,
): State | undefined {
  if (learning.kind !== 'contrast') return undefined;
  const [width] = layers;
  const { kind } = learning.objective;
  const isObjective = (word: string): word is State['objective'] => words.objective.includes(word as never);
  const isNegatives = (word: string): word is State['negatives'] => words.negatives.includes(word as never);
  const { negatives } = learning;
  if (typeof width !== 'number' || !isObjective(kind) || !isNegatives(negatives)) return undefined;
  const state = { depth: layers.length, width, objective: kind, negatives, epochs, ...rest };
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = state[name as keyof typeof ranges];
    if (value < least || value > most) return undefined;
  }
  const given = { ...others, layers, learning, epochs, name: '', about: '' };
  const made = { ...recipeOf(state), name: '', about: '' };
  return isSame(given, made) ? state : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every(name => isSame(one[name as never], other[name as never]));
}
