// A recipe is plain data: a network and how it learns. It is what the model file stores and what a report prints.

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
  /** Steps after the bottom-up pass, all layers at once, that a report shows; training goes no further than `readTo`. */
  readonly iterations: number;
  /** The share of its old state that a unit keeps in a step. */
  readonly damping: number;
  /** The steps, counted from 1, at which the weights learn and over which the goodness readout averages. */
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
   * What is subtracted from each channel of a pixel, which is 0 to 1: its mean over the data, so that a row's direction, which
   * is all that a layer sees, tells of more than brightness. Absent: nothing. For local or recurrent layers only.
   */
  readonly channelMeans?: readonly number[];
  /**
   * Value of the label's input; a neutral label has strength / classes in each. 0: the network is not given labels. The
   * label's inputs are the first of the image, or with a recurrent schedule a layer of their own at the top.
   */
  readonly labelStrength: number;
  /** Absent: a pass from the input to the last layer for every kind of row. Where none has goodness, `goodness`, `objective` and `groups` are not looked at. */
  readonly schedule?: Schedule;
  /** Absent: layers hand on to each other directly. */
  readonly between?: Between;
  readonly goodness: Goodness;
  readonly objective: Objective;
  /**
   * Units of a layer in groups, each of which has a goodness of its own and learns by it alone; what is read is that of the whole
   * layer. A number: so many equal groups of every layer, whose units must be a multiple of 32 · `groups`; for layers that see all of
   * the one below. `'positions'`: one at each position of a local layer, which must have at least 9 channels (what the paper wonders
   * about for the future: local goodness for the regions of an image); any other layer is one group. Absent: every layer is one group.
   */
  readonly groups?: number | 'positions';
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

/** Positions of a layer, one where it is not local, and units at each. */
export function layerGrid(layer: number | LocalLayer): Pick<LocalLayer, 'height' | 'width' | 'channels'> {
  if (typeof layer === 'number') return { height: 1, width: 1, channels: layer };
  const { height, width, channels } = layer;
  return { height, width, channels };
}

/** Units of a layer. */
export function layerUnits(layer: number | LocalLayer): number {
  const { height, width, channels } = layerGrid(layer);
  return height * width * channels;
}

/** The schedule of a recurrent network; undefined for any other. */
export function recurrence({ schedule }: Recipe): RecurrentSchedule | undefined {
  return schedule?.kind === 'recurrent' ? schedule : undefined;
}

/** Whether every layer sees exactly all of the one below, and nothing else. */
export function isPlain({ layers, schedule }: Recipe): boolean {
  return schedule?.kind !== 'recurrent' && layers.every(layer => typeof layer === 'number');
}

/** Whether the network is given labels, so that it can be asked for the goodness of each. */
export function hasLabel(recipe: Recipe): boolean {
  return recipe.labelStrength > 0;
}

/** Whether layers learn by their goodness, so that it can be told of. */
export function hasGoodness({ schedule }: Recipe): boolean {
  return schedule?.kind !== 'backprop' && schedule?.kind !== 'perturbation';
}
