// Units that look at small patches of what lies below, with the same weights at every position.

import { refuse } from '../../errors.ts';
import { below1, type Infer, object, oneOf, optional, type Schema, share, whole, yes } from '../../schema.ts';
import { perLayer } from '../per-layer.ts';

const odd: Schema<number> = (value, path) => {
  const size = whole(1)(value, path);
  return size % 2 === 1 ? size : refuse(path, 'an odd count, so that a patch has a middle', size);
};

export const convSpec = object({
  kind: oneOf('conv'),
  /** Units at each position. */
  channels: whole(1),
  /** Positions that a patch is high and wide: odd. Every position is the middle of a patch. */
  size: odd,
  /**
   * Of the image below, each value is seen less this share of the mean of its channel over a patch around it, in which the outermost pixels
   * lie beyond the edges, too: local contrast, of the first layer alone. Absent: as it is.
   */
  localMean: optional(share),
  /** What lies beyond the edges: `reflect`, what lies as far inside of them; absent: zero. */
  border: optional(oneOf('reflect')),
  /** Positions from a patch to the next; absent: 1. */
  stride: optional(whole(1)),
  /** Of so many neighbouring positions each way, the largest activity of each unit goes on: max pooling; absent: of one. */
  maxPool: optional(whole(2)),
  /**
   * A map to classes reads the mean activity of each unit in each of `cells` · `cells` parts of the image; absent: in all of it.
   */
  cells: optional(whole(1)),
  /** Channels in so many groups, each of which sees as large a part of the channels below and nothing else; absent: all see all. */
  groups: optional(whole(2)),
  /** Units have no bias; absent: they have. */
  withoutBias: optional(yes),
  /**
   * Weights begin with the variance of He et al. 2015, 2 over the inputs of a unit or over those that it has for each of them, `channels`
   * times the patch; absent: 1 over the inputs.
   */
  initial: optional(oneOf('fan-in', 'fan-out')),
  /** The share of activities that training sets to zero, at random, before anything reads them; the others grow as much. Absent: none. */
  dropout: optional(below1),
  /**
   * Each channel is standardised over the positions and images of a batch (Ioffe and Szegedy 2015); asked about, by running means of what
   * training has seen. `after`: its activities, which are then scaled and moved by two numbers that it learns, before anything reads them.
   * `before`: what is not rectified yet, of the largest of each pool; its bias is added after, and then comes the ReLU.
   */
  batchNorm: optional(oneOf('before', 'after')),
  /**
   * What goes on of each unit is the part that is over the mean of its position's channels (the triangle of Coates, Lee and Ng 2011); absent:
   * all of it.
   */
  triangle: optional(yes),
  /** Once learned from, the mean of so many neighbouring positions each way goes on; absent: every position does. */
  averagePool: optional(whole(2)),
  /**
   * The largest of twice as many goes on, of squares that overlap: they are so many positions apart, and the first begins half as many
   * before the first. Absent: every position does.
   */
  overlapPool: optional(whole(2)),
  /** The same as `dropout` of what goes on alone. */
  outputDropout: optional(below1),
  /**
   * What goes on is divided by the root mean square of the image; or standardised over all channels and positions of the image (layer
   * normalisation, Ba et al. 2016); or in the block of channels of each class, over all positions (group normalisation, before the mean is
   * taken); or is as it is. Absent: divided position by position, by the root mean
   * square of its channels and a hundredth of that of the image.
   */
  normalization: optional(oneOf('image', 'layer', 'blocks', 'none')),
  /**
   * What the layer so many below handed on is added to what this one hands on, once that is normalised: a shortcut without parameters, as in
   * DeeperForward (Sun et al. 2025). Both have as many positions and channels. Absent: nothing is added.
   */
  shortcut: optional(whole(1)),
  /** The softmax readout sees the mean of each channel in each of `readCells` · `readCells` parts of what goes on; absent: each position. */
  readCells: optional(whole(1)),
  ...perLayer,
});

export type ConvSpec = Infer<typeof convSpec>;

/** Where batch normalisation is, of the ReLU. */
export type BatchNormPlace = NonNullable<ConvSpec['batchNorm']>;
