// What the paper weighs Forward-Forward against (sections 1 and 8): the gradient, random changes that are rewarded, and what
// neither can do.

import type { Between, Recipe } from '../recipes/recipe.ts';
import { quick } from '../recipes/recipes.ts';
import type { Experiment, Variant } from './experiment.ts';
import { firstLayersSection } from './sections.ts';

const forward = {
  ...quick,
  name: 'forward-forward',
  about: 'labels in the input, images as they are',
  layers: [500, 500],
  shift: 0,
} satisfies Recipe;

const { from: _, ...topReadout } = quick.learning.readout;

const backward = {
  ...quick,
  name: 'backprop',
  about: 'the same layers, trained by backpropagation',
  layers: [500, 500],
  shift: 0,
  learning: {
    kind: 'backprop',
    optimizer: { kind: 'adam', rate: 0.001, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 },
    readout: topReadout,
  },
} satisfies Recipe;

/** Both readouts look at the first layer, too. */
const readAll = { ...quick.learning, readout: { ...quick.learning.readout, from: 0 } };

/** A hidden layer of `units` that learns from rewards; the more weights there are, the smaller the steps it bears. */
function rewarded(units: number, rate: number): Recipe {
  return {
    ...backward,
    name: `perturbation-${units}`,
    about: 'random changes of all weights, in proportion to what they did for the answers',
    layers: [units],
    epochs: PERTURBED,
    learning: { kind: 'perturbation', deviation: 0.003, rate, readout: { rate } },
  };
}

/** The same layer up the gradient. */
function climbing(units: number): Recipe {
  return { ...backward, name: `backprop-${units}`, layers: [units], epochs: PERTURBED };
}

/** Enough to see who falls behind. */
const EPOCHS = 6;
const PERTURBED = 10;

const shared: Pick<Variant, 'seeds' | 'short'> = {
  seeds: [1, 2, 3],
  short: { epochs: 1, examples: 36_000 },
};
const longer: typeof shared = { ...shared, short: { epochs: 3, examples: 60_000 } };

export const backprop: Experiment = {
  name: 'backprop',
  about: 'the same layers by Forward-Forward and by backpropagation, on the same kernels',
  section: 'section 3.1 of the paper',
  data: 'mnist',
  variants: [
    { ...longer, name: 'backprop', about: 'softmax cross-entropy, Adam', paper: '1.4 %', recipe: backward },
    { ...longer, name: 'forward-forward', about: 'swish on pairs, hard negatives, Adam', recipe: forward },
  ],
  sections: [firstLayersSection],
};

export const perturbation: Experiment = {
  name: 'perturbation',
  about:
    'random changes that are rewarded stay far behind the gradient, and bear smaller steps the more weights there are',
  section: 'section 1 of the paper',
  data: 'mnist',
  variants: [
    { ...shared, name: 'perturbation-10', about: '10 units, rewards', recipe: rewarded(10, 0.003) },
    { ...shared, name: 'perturbation-100', about: '100 units, rewards', recipe: rewarded(100, 0.001) },
    { ...shared, name: 'perturbation-1000', about: '1,000 units, rewards', recipe: rewarded(1000, 0.0002) },
    { ...shared, name: 'backprop-10', about: '10 units, gradient', recipe: climbing(10) },
    { ...shared, name: 'backprop-100', about: '100 units, gradient', recipe: climbing(100) },
    { ...shared, name: 'backprop-1000', about: '1,000 units, gradient', recipe: climbing(1000) },
    {
      ...shared,
      name: 'forward-forward-1000',
      about: '1,000 units, Forward-Forward',
      recipe: {
        ...forward,
        name: 'forward-forward-1000',
        layers: [1000],
        learning: readAll,
        epochs: PERTURBED,
      },
    },
  ],
};

/** Both ways with the same function after layer 1. */
function boxed(name: string, about: string, between: Between): [Variant, Variant] {
  return [
    {
      ...shared,
      name: `forward-forward-${name}`,
      about,
      recipe: { ...forward, learning: { ...readAll, between }, epochs: EPOCHS },
    },
    {
      ...shared,
      name: `backprop-${name}`,
      about,
      recipe: { ...backward, learning: { ...backward.learning, between }, epochs: EPOCHS },
    },
  ];
}

export const blackBox: Experiment = {
  name: 'black-box',
  about:
    'an unknown function between two layers: no gradient comes through, and Forward-Forward does not need one',
  section: 'sections 1 and 8 of the paper',
  data: 'mnist',
  variants: [
    ...boxed('levels', 'two levels: on or off', { after: 0, kind: 'quantise', levels: 2 }),
    ...boxed('noise', 'noise as strong as the activities', { after: 0, kind: 'noise', deviation: 1 }),
  ],
};
