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

/** Where negative data come from. */
export type Negatives =
  /** Wrong labels: all equally likely, or in proportion to what the softmax readout believes (section 3.3). */
  | 'uniform'
  | 'hard'
  /** Sequences that the network itself writes before each epoch, from the beginning of each real one (section 3.4). */
  | 'rolled-out'
  /** Hybrids of two images, for networks that are not given labels (section 3.2); `blurs` is how often their mask is blurred. */
  | { readonly kind: 'hybrids'; readonly blurs: number };

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

/** A Forward-Forward network, and how it is trained. */
export interface Recipe {
  readonly name: string;
  readonly about: string;
  /** Units of each hidden layer. */
  readonly layers: readonly number[];
  /** Training images move by up to this many pixels each way, anew in every epoch (the jitter of section 3.3); 0 is none. */
  readonly shift: number;
  /** Rows, columns and channels (1 by default) of an example, where the network has to know them. */
  readonly image?: readonly [height: number, width: number, channels?: number];
  /** Value of the label's input; a neutral label has strength / classes in each. 0: the network is not given labels. */
  readonly labelStrength: number;
  readonly goodness: Goodness;
  readonly objective: Objective;
  readonly negatives: Negatives;
  readonly optimizer: Optimizer;
  /** Strength of peer normalisation; 0 is none. */
  readonly peer: number;
  /** Sleep (section 3.4): this many batches of positive data alone, then as many of negative data alone; absent: together. */
  readonly phases?: number;
  /** The layers stay as they are initialised, random, and only the softmax readout learns: what learning is compared with. */
  readonly fixed?: true;
  /** The softmax readout and its momentum steps. */
  readonly readout: { readonly rate: number; readonly momentum: number; readonly decay: number };
  /** The first layer, counted from 1, that both readouts look at. */
  readonly readFrom: number;
  readonly batch: number;
  readonly epochs: number;
  /** The learning rates are held for this share of the epochs, then fall linearly to zero. */
  readonly hold: number;
}

const GOODNESS: readonly Goodness[] = ['sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares'];

/** Throws an InputError that names the first setting that makes no sense, whatever `recipe` really is. */
export function checkRecipe(recipe: Recipe): void {
  const check = (isFine: boolean, setting: string, expected: string, found: unknown) => {
    if (!isFine) {
      throw new InputError(
        `recipe ${recipe?.name}: ${setting} must be ${expected}, found ${JSON.stringify(found) ?? found}`,
      );
    }
  };
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
  const atLeast = (least: number, value: unknown, setting: string) =>
    check(
      Number.isFinite(value) && (value as number) >= least,
      setting,
      `a number of at least ${least}`,
      value,
    );
  const above0 = (value: unknown, setting: string) =>
    check(Number.isFinite(value) && (value as number) > 0, setting, 'a number above 0', value);
  const share = (value: unknown, setting: string) =>
    check(
      Number.isFinite(value) && Math.abs((value as number) - 0.5) <= 0.5,
      setting,
      'between 0 and 1',
      value,
    );

  check(typeof recipe?.name === 'string', 'name', 'a string', recipe?.name);
  const { layers, objective, optimizer, readout } = recipe;
  check(
    Array.isArray(layers) && layers.length > 0 && layers.every(isCount),
    'layers',
    'a list of one or more unit counts above 0',
    layers,
  );
  const isShift = Number.isInteger(recipe.shift) && recipe.shift >= 0;
  check(isShift, 'shift', 'a whole number of pixels', recipe.shift);
  atLeast(0, recipe.labelStrength, 'labelStrength');
  check(GOODNESS.includes(recipe.goodness), 'goodness', `one of ${GOODNESS.join(', ')}`, recipe.goodness);
  const { negatives, image } = recipe;
  if (image !== undefined) {
    const isImage = Array.isArray(image) && [2, 3].includes(image.length) && image.every(isCount);
    check(isImage, 'image', 'two or three counts above 0', image);
  }
  if (typeof negatives === 'string') {
    const isKnown = ['uniform', 'hard', 'rolled-out'].includes(negatives);
    check(isKnown, 'negatives', 'uniform, hard, rolled-out or hybrids', negatives);
    above0(recipe.labelStrength, `labelStrength with ${negatives} negatives`);
    if (negatives === 'rolled-out')
      check(recipe.shift === 0, 'shift with rolled-out negatives', '0', recipe.shift);
  } else {
    check(negatives?.kind === 'hybrids', 'negatives.kind', 'hybrids', negatives?.kind);
    const isBlurs = Number.isInteger(negatives.blurs) && negatives.blurs >= 0;
    check(isBlurs, 'negatives.blurs', 'a whole number', negatives.blurs);
    check(recipe.labelStrength === 0, 'labelStrength with hybrids', '0', recipe.labelStrength);
    check(image !== undefined, 'image with hybrids', 'rows and columns', image);
  }
  if (objective?.kind === 'logistic') {
    check(Number.isFinite(objective.threshold), 'objective.threshold', 'a number', objective.threshold);
    above0(objective.temperature, 'objective.temperature');
  } else {
    const kind = objective?.kind;
    check(kind === 'symba' || kind === 'swish', 'objective.kind', 'logistic, symba or swish', kind);
    above0(objective.alpha, 'objective.alpha');
    const isTogether = recipe.phases === undefined;
    check(
      isTogether,
      'phases with an objective on pairs',
      'absent (pairs cannot be separated)',
      recipe.phases,
    );
  }
  if (recipe.phases !== undefined)
    check(isCount(recipe.phases), 'phases', 'a whole number above 0', recipe.phases);
  if (recipe.fixed !== undefined) check(recipe.fixed === true, 'fixed', 'true or absent', recipe.fixed);
  if (optimizer?.kind === 'momentum') {
    share(optimizer.momentum, 'optimizer.momentum');
  } else {
    check(optimizer?.kind === 'adam', 'optimizer.kind', 'momentum or adam', optimizer?.kind);
    share(optimizer.beta1, 'optimizer.beta1');
    share(optimizer.beta2, 'optimizer.beta2');
    above0(optimizer.epsilon, 'optimizer.epsilon');
  }
  above0(optimizer.rate, 'optimizer.rate');
  atLeast(0, optimizer.decay, 'optimizer.decay');
  atLeast(0, recipe.peer, 'peer');
  above0(readout?.rate, 'readout.rate');
  share(readout.momentum, 'readout.momentum');
  atLeast(0, readout.decay, 'readout.decay');
  check(
    isCount(recipe.readFrom) && recipe.readFrom <= layers.length,
    'readFrom',
    `a layer from 1 to ${layers.length}`,
    recipe.readFrom,
  );
  check(isCount(recipe.batch), 'batch', 'a whole number above 0', recipe.batch);
  check(isCount(recipe.epochs), 'epochs', 'a whole number above 0', recipe.epochs);
  share(recipe.hold, 'hold');
}

function describeNegatives(negatives: Negatives): string {
  switch (negatives) {
    case 'hard':
      return 'wrong labels the readout believes';
    case 'uniform':
      return 'wrong labels, uniform';
    case 'rolled-out':
      return 'sequences that the network writes before each epoch';
    default:
      return `hybrids of two images, masks blurred ${negatives.blurs} times`;
  }
}

/** Whether the network is given labels, so that it can be asked for the goodness of each. */
export function hasLabel(recipe: Recipe): boolean {
  return recipe.labelStrength > 0;
}

/** A recipe as pairs to print, in the order in which data flows. */
export function describeRecipe(recipe: Recipe): [name: string, value: string][] {
  const { objective, optimizer, readout } = recipe;
  const last = recipe.layers.length;
  const read = recipe.readFrom === last ? `layer ${last}` : `layers ${recipe.readFrom} to ${last}`;
  return [
    ['recipe', `${recipe.name}: ${recipe.about}`],
    ['layers', recipe.layers.join(' - ')],
    // Inputs need not be images where nothing moves them.
    ...(recipe.shift === 0
      ? []
      : ([
          [
            'images',
            `moved by up to ${recipe.shift} pixel${recipe.shift === 1 ? '' : 's'} each way, at random`,
          ],
        ] as [string, string][])),
    ...(hasLabel(recipe)
      ? ([['label', `first inputs, strength ${recipe.labelStrength}`]] as [string, string][])
      : []),
    ['negatives', describeNegatives(recipe.negatives)],
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
    ...(recipe.phases === undefined
      ? []
      : ([['sleep', `batches of positive and of negative data in turns of ${recipe.phases}`]] as [
          string,
          string,
        ][])),
    ...(recipe.fixed ? ([['learning', 'the readout alone: layers stay random']] as [string, string][]) : []),
    ['readouts', `${read}; softmax rate ${readout.rate}, decay ${readout.decay}`],
    [
      'training',
      `batch ${recipe.batch}, ${recipe.epochs} epoch${recipe.epochs === 1 ? '' : 's'}, rates held for ${100 * recipe.hold} % then falling to 0`,
    ],
  ];
}
