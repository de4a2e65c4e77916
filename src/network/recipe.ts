// A recipe is plain data: a network and how it learns. It is what the model file stores and what a report prints.

import { InputError } from '../errors.ts';

/** How one number is made of the activities y of a layer (section 2 of the paper, and section 6 for the minus). */
export type Goodness = 'sum-of-squares' | 'minus-sum-of-squares' | 'mean-of-squares';

/** What a layer wants of its goodness. */
export type Objective =
  /** Positive above the threshold, negative below (section 2); `threshold` is per unit for a sum of squares. */
  | { readonly kind: 'logistic'; readonly threshold: number; readonly temperature: number }
  /** Each positive above its own negative, by a softplus (`symba`) or a swish of alpha · difference. */
  | { readonly kind: 'symba' | 'swish'; readonly alpha: number };

/** Steps are uphill; rates are before the schedule. Weight decay leaves the bias alone. */
export type Optimizer =
  | { readonly kind: 'momentum'; readonly rate: number; readonly momentum: number; readonly decay: number }
  | {
      readonly kind: 'adam';
      readonly rate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly decay: number;
    };

/** A dense Forward-Forward network for labelled data, and how it is trained. */
export interface Recipe {
  readonly name: string;
  readonly about: string;
  /** Units of each hidden layer. */
  readonly layers: readonly number[];
  /** Value of the label's input; a neutral label has strength / classes in each. */
  readonly labelStrength: number;
  readonly goodness: Goodness;
  readonly objective: Objective;
  /** Wrong labels: all equally likely, or in proportion to what the softmax readout believes. */
  readonly negatives: 'uniform' | 'hard';
  readonly optimizer: Optimizer;
  /** Strength of peer normalisation; 0 is none. */
  readonly peer: number;
  /** The softmax readout and its momentum steps. */
  readonly readout: { readonly rate: number; readonly momentum: number; readonly decay: number };
  /** The first layer, counted from 1, that both readouts look at. */
  readonly readFrom: number;
  readonly batch: number;
  readonly epochs: number;
  /** The learning rates are held for this share of the epochs, then fall linearly to zero. */
  readonly hold: number;
}

/** Throws an InputError that names the first setting that makes no sense. */
export function checkRecipe(recipe: Recipe): void {
  const check = (isFine: boolean, setting: string, expected: string, found: unknown) => {
    if (!isFine)
      throw new InputError(`recipe ${recipe.name}: ${setting} must be ${expected}, found ${found}`);
  };
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  check(
    recipe.layers.length > 0 && recipe.layers.every(isCount),
    'layers',
    'one or more unit counts above 0',
    `[${recipe.layers}]`,
  );
  check(recipe.labelStrength > 0, 'labelStrength', 'above 0', recipe.labelStrength);
  check(isCount(recipe.batch), 'batch', 'a whole number above 0', recipe.batch);
  check(isCount(recipe.epochs), 'epochs', 'a whole number above 0', recipe.epochs);
  check(recipe.hold >= 0 && recipe.hold <= 1, 'hold', 'between 0 and 1', recipe.hold);
  check(recipe.peer >= 0, 'peer', '0 or more', recipe.peer);
  check(
    isCount(recipe.readFrom) && recipe.readFrom <= recipe.layers.length,
    'readFrom',
    `a layer from 1 to ${recipe.layers.length}`,
    recipe.readFrom,
  );
  check(recipe.optimizer.rate > 0, 'optimizer.rate', 'above 0', recipe.optimizer.rate);
  check(recipe.readout.rate > 0, 'readout.rate', 'above 0', recipe.readout.rate);
}

/** A recipe as pairs to print, in the order in which data flows. */
export function describeRecipe(recipe: Recipe): [name: string, value: string][] {
  const { objective, optimizer, readout } = recipe;
  return [
    ['recipe', `${recipe.name}: ${recipe.about}`],
    ['layers', recipe.layers.join(' - ')],
    ['label', `first inputs, strength ${recipe.labelStrength}`],
    [
      'negatives',
      recipe.negatives === 'hard' ? 'wrong labels the readout believes' : 'wrong labels, uniform',
    ],
    ['goodness', recipe.goodness.replaceAll('-', ' ')],
    [
      'objective',
      objective.kind === 'logistic'
        ? `logistic, threshold ${objective.threshold}, temperature ${objective.temperature}`
        : `${objective.kind} on pairs, alpha ${objective.alpha}`,
    ],
    [
      'optimizer',
      optimizer.kind === 'adam'
        ? `adam, rate ${optimizer.rate}, betas ${optimizer.beta1} ${optimizer.beta2}, decay ${optimizer.decay}`
        : `momentum ${optimizer.momentum}, rate ${optimizer.rate}, decay ${optimizer.decay}`,
    ],
    ['peer normalisation', recipe.peer === 0 ? 'none' : `${recipe.peer}`],
    [
      'readouts',
      `layers ${recipe.readFrom} to ${recipe.layers.length}; softmax rate ${readout.rate}, decay ${readout.decay}`,
    ],
    [
      'training',
      `batch ${recipe.batch}, ${recipe.epochs} epochs, rates held for ${100 * recipe.hold} % then falling to 0`,
    ],
  ];
}
