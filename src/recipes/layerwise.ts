// What recipes may say of learning layer by layer: what all such ways have in common, and those two that devices go on with, who load
// no others.

import { refuse } from '../errors.ts';
import { goodness } from '../layers/goodness.ts';
import { optimizer } from '../layers/optimizer.ts';
import { labelledNegatives } from '../negatives/negatives.ts';
import {
  above0,
  atLeast0,
  below1,
  number,
  object,
  oneOf,
  optional,
  type Schema,
  share,
  text,
  union,
  whole,
  yes,
} from '../schema.ts';

/** What a layer wants of its goodness, where positive rows stand against negative ones. */
export const objective = union({
  /** Positive above the threshold, negative below (section 2 of the paper); `threshold` is per unit for a sum of squares. */
  logistic: object({ kind: oneOf('logistic'), threshold: number, temperature: above0 }),
  /** Each positive above its own negative, by a softplus of alpha · difference (Lee and Song 2023). */
  symba: object({ kind: oneOf('symba'), alpha: above0 }),
  /** The same by a swish, which stops asking once the difference is large. */
  swish: object({ kind: oneOf('swish'), alpha: above0 }),
});

/** The softmax readout and its momentum steps; `from` is the first layer, counted from 0, that readouts look at. */
export const momentumSteps = { rate: above0, momentum: below1, decay: atLeast0 };
export const readout = object({ ...momentumSteps, from: whole(0) });

const groups: Schema<number | 'positions'> = (value, path) =>
  value === 'positions' || (Number.isSafeInteger(value) && (value as number) > 0)
    ? (value as number | 'positions')
    : refuse(path, "a count above 0, or 'positions'", value);

/** What all ways of learning layer by layer have in common. */
export const layerwise = {
  /** Of every layer; a layer may have a rate of its own. */
  optimizer,
  /** The layers stay as they are initialised, random, and only the softmax readout learns: what learning is compared with. */
  frozen: optional(yes),
  /**
   * Units of a layer in groups, each of which has a goodness of its own and learns by it alone; what is read is that of the whole
   * layer. A number: so many equal groups of every layer, whose units must be a multiple of 32 · `groups`; for dense layers.
   * `'positions'`: one at each position of a local layer, which must have at least 9 channels; any other layer is one group. Absent:
   * every layer is one group.
   */
  groups: optional(groups),
};

/** What learning by goodness, positive rows against negative ones, has in common. */
export const byGoodness = {
  ...layerwise,
  readout,
  goodness,
  objective,
  /** Strength of peer normalisation; absent: none. */
  peerNormalisation: optional(above0),
};

/** Sleep (section 3.4): this many batches of positive data alone, then as many of negative data alone; absent: together. */
export const phases = optional(whole(1));

const after = whole(0);

/**
 * An unknown function between two layers (section 1): what layer `after`, counted from 0, hands on passes through it, row by row,
 * normalised. Layers learn on both sides of it; a gradient ends there, and what is below stays as it is.
 */
export const between = optional(
  union({
    /** To the nearest of `levels` equally spaced values from 0 to the largest activity of the row. */
    quantise: object({ kind: oneOf('quantise'), after, levels: whole(2) }),
    /** Adds normal noise to every unit; activities have a root mean square of 1. */
    noise: object({ kind: oneOf('noise'), after, deviation: above0 }),
    /**
     * A function of one's own, in Node: the default export of the JavaScript module at `path` (absolute, or a file: URL), called as
     * (row: Float32Array, random: () => number) => void to change the row in place.
     */
    module: object({ kind: oneOf('module'), after, path: text }),
  }),
);

/** The label's inputs hold `strength` in its own, or strength / classes in each where it is neutral. */
const label = object({
  /**
   * In the place of the first inputs of the image (section 3.3 of the paper), which other data must have the same in every example, or
   * behind the last.
   */
  kind: oneOf('first', 'appended'),
  strength: above0,
});

/** Labels in the input: an image with its own is positive, with another one negative (section 3.3). */
export const contrastLearning = object({
  kind: oneOf('contrast'),
  label,
  negatives: labelledNegatives,
  ...byGoodness,
  phases,
  between,
});

/**
 * One pass and nothing negative: a linear map of each layer's activities, or of each group's, tells the classes apart, and the
 * layer climbs the log probability of the right one. Nothing of it leaves the layer. Answers are the sum of these log probabilities
 * over the layers that are read.
 */
export const classesLearning = object({
  kind: oneOf('classes'),
  /** What the map reads: the activities, their squares, or the activities over their root mean square, as they are handed on. */
  activity: oneOf('linear', 'squares', 'normalized'),
  /**
   * The map: the mean of a block of units for each class; drawn at random and fixed, of variance 1 over its inputs; the same with a bias,
   * of variance 1 over the classes, as ASGE has it, for convolutions; or learned with the layer.
   */
  map: oneOf('blocks', 'projection', 'affine-projection', 'learned'),
  /** The rate of a learned map; absent: the optimizer's. */
  mapRate: optional(above0),
  /**
   * The weight of similarity matching beside the map: what it reads of two images of a batch shall be alike where their class is the same
   * (Nøkland and Eidnes 2019, the loss `sim`); where all layers are convolutions. Absent: none.
   */
  similarity: optional(above0),
  /** A row leaves the gradient of a layer that doubts its right class by less than this; absent: all rows count, always. */
  settled: optional(share),
  /** Examples that are settled in every layer are left out of so many epochs that follow; absent: none. */
  rest: optional(whole(1)),
  /** The first layer, counted from 0, whose log probabilities count for the answer, and that the softmax readout sees. */
  readFrom: whole(0),
  /** A softmax readout beside the layers' own answers; absent: none. */
  readout: optional(object(momentumSteps)),
  ...layerwise,
  between,
});
