// A recipe is plain data: a network and how it learns. It is what the model file stores and what a report prints.

import { InputError } from '../errors.ts';
import type { FieldSize } from '../layers/fields.ts';

/** How one number is made of the activities y of a layer (section 2 of the paper, and section 6 for the minus). */
export type Goodness = 'sum-of-squares' | 'minus-sum-of-squares' | 'mean-of-squares';

/**
 * Units on a grid, `channels` at each position, without weight sharing: those of a position see only a field of the layer
 * below (the paper's unsupervised and CIFAR-10 networks).
 */
export interface LocalLayer {
  readonly kind: 'local';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** How the fields lie over the grid of the layer below, or over the image. */
  readonly field: FieldSize;
  /** How they lie over the layer above, in recurrent networks; absent: all of it is seen. */
  readonly above?: FieldSize;
}

/** What a layer wants of its goodness. */
export type Objective =
  /** Positive above the threshold, negative below (section 2); `threshold` is per unit for a sum of squares. */
  | { readonly kind: 'logistic'; readonly threshold: number; readonly temperature: number }
  /** Each positive above its own negative, by a softplus (`symba`) or a swish of alpha · difference. */
  | { readonly kind: 'symba' | 'swish'; readonly alpha: number };

/** Where negative data come from. */
export type Negatives =
  /** There are none, for schedules that learn without. */
  | 'none'
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

/** The paper's network with top-down connections (section 3.4): the image is a still video, the label is at the top. */
export interface RecurrentSchedule {
  readonly kind: 'recurrent';
  /** Steps after the bottom-up pass, all layers at once; the weights learn at each. */
  readonly iterations: number;
  /** The share of its old state that a unit keeps in a step. */
  readonly damping: number;
  /** The steps, counted from 1, over which the goodness readout averages. */
  readonly readFrom: number;
  readonly readTo: number;
}

/**
 * Which passes there are in training. `backprop` and `perturbation` learn not by goodness: they are what the paper compares with
 * (section 1). Their network is a plain ReLU one with the softmax readout on its last layer; labels are no inputs, nothing is
 * negative, and activities pass on as they are.
 */
export type Schedule =
  | RecurrentSchedule
  /** Up the gradient of the log probability of the right label, through all layers. */
  | { readonly kind: 'backprop' }
  /**
   * Along random noise, in proportion to how much likelier the right labels are with the noise than with its opposite.
   * `deviation` is the noise's standard deviation in every weight.
   */
  | { readonly kind: 'perturbation'; readonly deviation: number };

/**
 * An unknown function between two layers (section 1): what layer `after`, counted from 1, hands on passes through it, row by
 * row, normalised. Layers learn on both sides of it; a gradient ends there, and what is below stays as it is.
 */
export type Between = { readonly after: number } & (
  | /** To the nearest of `levels` equally spaced values from 0 to the largest activity of the row. */
  { readonly kind: 'quantise'; readonly levels: number }
  /** Adds normal noise to every unit; activities have a root mean square of 1. */
  | { readonly kind: 'noise'; readonly deviation: number }
  /**
   * A function of one's own, in Node: the default export of the JavaScript module at `path` (absolute, or a file: URL), called
   * as (row: Float32Array, random: () => number) => void to change the row in place.
   */
  | { readonly kind: 'module'; readonly path: string }
);

/** A Forward-Forward network, and how it is trained. */
export interface Recipe {
  readonly name: string;
  readonly about: string;
  /** The hidden layers: units that see all of the layer below, or local fields. */
  readonly layers: readonly (number | LocalLayer)[];
  /** Training images move by up to this many pixels each way, anew in every epoch (the jitter of section 3.3); 0 is none. */
  readonly shift: number;
  /** Rows, columns and channels (1 by default) of an example, where the network has to know them. */
  readonly image?: readonly [height: number, width: number, channels?: number];
  /**
   * Value of the label's input; a neutral label has strength / classes in each. 0: the network is not given labels. The
   * label's inputs are the first of the image, or with a recurrent schedule a layer of their own at the top.
   */
  readonly labelStrength: number;
  /** Absent: a pass from the input to the last layer for every kind of row. Where none has goodness, `goodness` and `objective` are not looked at. */
  readonly schedule?: Schedule;
  /** Absent: layers hand on to each other directly. */
  readonly between?: Between;
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
  const check: Check = (isFine, setting, expected, found) => {
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
    Array.isArray(layers) && layers.length > 0 && layers.every(layer => isCount(layer) || isLocal(layer)),
    'layers',
    'a list of one or more unit counts above 0 or local layers',
    layers,
  );
  layers.forEach((layer, l) => {
    if (!isLocal(layer)) return;
    const what = `layers[${l}]`;
    for (const size of ['height', 'width', 'channels'] as const) {
      check(isCount(layer[size]), `${what}.${size}`, 'a whole number above 0', layer[size]);
    }
    check(isField(layer.field), `${what}.field`, FIELD, layer.field);
    if (l === 0)
      check(recipe.image !== undefined, 'image with local layers', 'rows and columns', recipe.image);
    else check(isLocal(layers[l - 1]), `layers[${l - 1}] below a local layer`, 'local too', layers[l - 1]);
    if (layer.above === undefined) return;
    check(isField(layer.above), `${what}.above`, FIELD, layer.above);
    const isAboveLocal =
      recipe.schedule?.kind === 'recurrent' && l + 1 < layers.length && isLocal(layers[l + 1]);
    check(isAboveLocal, `${what}.above`, 'absent where no local layer is seen above', layer.above);
  });
  checkSchedule(recipe, check);
  const isShift = Number.isInteger(recipe.shift) && recipe.shift >= 0;
  check(isShift, 'shift', 'a whole number of pixels', recipe.shift);
  atLeast(0, recipe.labelStrength, 'labelStrength');
  check(GOODNESS.includes(recipe.goodness), 'goodness', `one of ${GOODNESS.join(', ')}`, recipe.goodness);
  const { negatives, image } = recipe;
  if (image !== undefined) {
    const isImage = Array.isArray(image) && [2, 3].includes(image.length) && image.every(isCount);
    check(isImage, 'image', 'two or three counts above 0', image);
  }
  checkBetween(recipe, check);
  if (!hasGoodness(recipe)) {
    checkClassifier(recipe, check);
  } else if (typeof negatives === 'string') {
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
  if (recipe.phases !== undefined) {
    check(isCount(recipe.phases), 'phases', 'a whole number above 0', recipe.phases);
    check(isPlain(recipe) && hasGoodness(recipe), 'phases', 'absent but for plain layers', recipe.phases);
  }
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

const FIELD = 'size and stride of at least 1, and overhang of at least 0 and below size';

function isField(field: FieldSize | undefined): boolean {
  const { size, stride, overhang } = field ?? {};
  const isWhole = [size, stride, overhang].every(Number.isInteger);
  return isWhole && stride! >= 1 && overhang! >= 0 && overhang! < size!;
}

function isLocal(layer: number | LocalLayer | undefined): layer is LocalLayer {
  return typeof layer === 'object' && layer?.kind === 'local';
}

type Check = (isFine: boolean, setting: string, expected: string, found: unknown) => void;

function checkSchedule({ schedule, negatives, layers }: Recipe, check: Check): void {
  const kind = schedule?.kind;
  if (kind !== 'recurrent') {
    const isKnown = schedule === undefined || kind === 'backprop' || kind === 'perturbation';
    check(isKnown, 'schedule.kind', 'recurrent, backprop or perturbation', kind);
    const hasFields = layers.some(isLocal) && typeof negatives === 'string';
    check(!hasFields, 'schedule of local layers that learn from labels', 'recurrent', kind ?? 'none');
    return;
  }
  const { iterations, damping, readFrom, readTo } = schedule as RecurrentSchedule;
  const isStep = (value: number) => Number.isInteger(value) && value > 0;
  check(isStep(iterations), 'schedule.iterations', 'a whole number above 0', iterations);
  check(damping >= 0 && damping < 1, 'schedule.damping', 'at least 0 and below 1', damping);
  const isRead = isStep(readFrom) && readFrom <= readTo && isStep(readTo) && readTo <= iterations;
  const found = [readFrom, readTo];
  check(isRead, 'schedule.readFrom and readTo', `steps from 1 to ${iterations}, in order`, found);
  check(typeof negatives === 'string', 'negatives with a recurrent schedule', 'wrong labels', negatives);
}

function checkBetween(recipe: Recipe, check: Check): void {
  const { between, layers } = recipe;
  if (between === undefined) return;
  check(isPlain(recipe), 'between', 'absent with local layers or a recurrent schedule', between);
  const { after } = between ?? {};
  const isBetween = Number.isInteger(after) && after > 0 && after < layers.length;
  check(isBetween, 'between.after', `a layer from 1 to the last but one of ${layers.length}`, after);
  switch (between.kind) {
    case 'quantise': {
      const isLevels = Number.isInteger(between.levels) && between.levels > 1;
      check(isLevels, 'between.levels', 'a whole number above 1', between.levels);
      break;
    }
    case 'noise': {
      const { deviation } = between;
      const isAbove0 = Number.isFinite(deviation) && deviation > 0;
      check(isAbove0, 'between.deviation', 'a number above 0', deviation);
      break;
    }
    default:
      check(between.kind === 'module', 'between.kind', 'quantise, noise or module', between.kind);
      check(typeof between.path === 'string', 'between.path', 'a string', between.path);
  }
}

/** Of schedules without goodness. */
function checkClassifier(recipe: Recipe, check: Check): void {
  const { schedule, optimizer, readout } = recipe;
  const kind = schedule?.kind;
  check(recipe.negatives === 'none', `negatives with ${kind}`, 'none', recipe.negatives);
  check(recipe.labelStrength === 0, `labelStrength with ${kind}`, '0', recipe.labelStrength);
  check(recipe.peer === 0, `peer with ${kind}`, '0', recipe.peer);
  const isLast = recipe.readFrom === recipe.layers.length;
  check(isLast, `readFrom with ${kind}`, 'the last layer', recipe.readFrom);
  if (schedule?.kind !== 'perturbation') return;
  const { deviation } = schedule;
  check(Number.isFinite(deviation) && deviation > 0, 'schedule.deviation', 'a number above 0', deviation);
  // Nothing is kept between steps.
  const isPlain = optimizer?.kind === 'momentum' && optimizer.momentum === 0 && optimizer.decay === 0;
  check(isPlain, 'optimizer with perturbation', 'momentum 0 without decay', optimizer);
  const isPlainToo = readout?.momentum === 0 && readout.decay === 0;
  check(isPlainToo, 'readout with perturbation', 'momentum 0 without decay', readout);
}

/** Units of a layer. */
export function layerUnits(layer: number | LocalLayer): number {
  return typeof layer === 'number' ? layer : layer.height * layer.width * layer.channels;
}

/** The schedule of a recurrent network; undefined for any other. */
export function recurrence({ schedule }: Recipe): RecurrentSchedule | undefined {
  return schedule?.kind === 'recurrent' ? schedule : undefined;
}

/** Whether every layer sees exactly all of the one below, and nothing else. */
export function isPlain({ layers, schedule }: Recipe): boolean {
  return schedule?.kind !== 'recurrent' && layers.every(layer => typeof layer === 'number');
}

/** The size of a layer, e.g. `1000` or `4×4×128`. */
export function layerSize(layer: number | LocalLayer): string {
  return typeof layer === 'number' ? `${layer}` : `${layer.height}×${layer.width}×${layer.channels}`;
}

/** A layer in a few words, e.g. `1000` or `4 × 4 × 128 (fields of 10, 6 apart)`. */
function describeLayer(layer: number | LocalLayer): string {
  if (typeof layer === 'number') return `${layer}`;
  const { height, width, channels, field, above } = layer;
  const fields = `fields of ${describeField(field)}${above ? `; above, of ${describeField(above)}` : ''}`;
  return `${height} × ${width} × ${channels} (${fields})`;
}

function describeField({ size, stride, overhang }: FieldSize): string {
  return `${size}, ${stride} apart${overhang ? `, ${overhang} over the edge` : ''}`;
}

function describeNegatives(negatives: Negatives): string {
  switch (negatives) {
    case 'none':
      return 'none';
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

/** Whether layers learn by their goodness, so that it can be told of. */
export function hasGoodness({ schedule }: Recipe): boolean {
  return schedule?.kind !== 'backprop' && schedule?.kind !== 'perturbation';
}

function describeSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'recurrent': {
      const { iterations, damping, readFrom, readTo } = schedule;
      return `recurrent, ${iterations} steps, damping ${damping}, goodness of steps ${readFrom} to ${readTo}`;
    }
    case 'backprop':
      return 'backpropagation of the log probability of the right label';
    case 'perturbation':
      return `perturbation of the weights, deviation ${schedule.deviation}`;
    default:
      return schedule satisfies never;
  }
}

function describeBetween(between: Between): string {
  const where = `after layer ${between.after}`;
  switch (between.kind) {
    case 'quantise':
      return `${where}: ${between.levels} levels`;
    case 'noise':
      return `${where}: noise, deviation ${between.deviation}`;
    default:
      return `${where}: ${between.path}`;
  }
}

function describeGoodness({ negatives, goodness, objective, peer }: Recipe): [name: string, value: string][] {
  return [
    ['negatives', describeNegatives(negatives)],
    ['goodness', goodness.replaceAll('-', ' ')],
    [
      'objective',
      objective.kind === 'logistic'
        ? `logistic, threshold ${objective.threshold}, temperature ${objective.temperature}`
        : `${objective.kind} on pairs, alpha ${objective.alpha}`,
    ],
    ['peer normalisation', peer === 0 ? 'none' : `${peer}`],
  ];
}

/** A recipe as pairs to print, in the order in which data flows. */
export function describeRecipe(recipe: Recipe): [name: string, value: string][] {
  const { optimizer, readout, schedule } = recipe;
  const last = recipe.layers.length;
  const read = recipe.readFrom === last ? `layer ${last}` : `layers ${recipe.readFrom} to ${last}`;
  return [
    ['recipe', `${recipe.name}: ${recipe.about}`],
    ['layers', recipe.layers.map(describeLayer).join(' - ')],
    ...(schedule ? ([['schedule', describeSchedule(schedule)]] as [string, string][]) : []),
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
      ? ([['label', `${schedule ? 'at the top' : 'first inputs'}, strength ${recipe.labelStrength}`]] as [
          string,
          string,
        ][])
      : []),
    ...(recipe.between ? ([['between layers', describeBetween(recipe.between)]] as [string, string][]) : []),
    ...(hasGoodness(recipe) ? describeGoodness(recipe) : []),
    [
      'optimizer',
      optimizer.kind === 'adam'
        ? `adam, rate ${optimizer.rate}, betas ${optimizer.beta1} ${optimizer.beta2}, decay ${optimizer.decay}`
        : `momentum ${optimizer.momentum}, rate ${optimizer.rate}, decay ${optimizer.decay}`,
    ],
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
