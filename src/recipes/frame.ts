// What every recipe says, whichever layers and ways of learning it may have.

import { refuse } from '../errors.ts';
import { above0, below1, list, object, optional, type Schema, share, text, whole, yes } from '../schema.ts';

const image: Schema<readonly [height: number, width: number, channels?: number]> = (value, path) => {
  const lengths = list(whole(1))(value, path);
  if (lengths.length !== 2 && lengths.length !== 3) return refuse(path, 'two or three counts above 0', value);
  return lengths as unknown as readonly [number, number, number?];
};

const means: Schema<readonly number[] | 'image'> = (value, path) =>
  value === 'image' ? value : list(share)(value, path);

const crop: Schema<number> = (value, path) => below1(above0(value, path), path);

/** Each is the most by which an image changes, either way; 0: not at all. Values of an image are 0 to 1. */
const colorJitter = object({
  /** Added to every value. */
  brightness: share,
  /** By this share, values come nearer to their mean over the image, or move away from it. */
  contrast: share,
  /** By this share, each channel is multiplied by more or less than 1. */
  gain: share,
});

/** A recipe of such layers and ways of learning. */
/* @__NO_SIDE_EFFECTS__ */ export function recipeOf<Layer, Learning>(
  layer: Schema<Layer>,
  learning: Schema<Learning>,
) {
  return object({
    name: text,
    about: text,
    /** The hidden layers, from the bottom up: counts of units that see all of the layer below, or other kinds of layers. */
    layers: list(layer),
    /** Training images move by up to this many pixels each way, anew in every epoch (the jitter of section 3.3); 0 is none. */
    shift: whole(0),
    /** Every other training image is mirrored left to right, at random and anew in every epoch. */
    flip: optional(yes),
    /**
     * Of each training image a part is seen as large as all of it, at random and anew in every epoch: from this share of its rows and columns
     * up to all of them. Absent: all.
     */
    crop: optional(crop),
    /** Training images change in colour, at random and anew in every epoch. Absent: they do not. */
    colorJitter: optional(colorJitter),
    /** Rows, columns and channels (1 by default) of an example, where the network has to know them. */
    image: optional(image),
    /**
     * What is subtracted from each channel of a pixel, which is 0 to 1: its mean over the data, so that a row's direction, which is
     * all that a layer sees, tells of more than brightness; or `'image'`, the mean of the image's own values. Absent: nothing.
     */
    channelMeans: optional(means),
    learning,
    batch: whole(1),
    epochs: whole(1),
    /** The learning rates are held for this share of the epochs, then fall linearly to zero. */
    holdShare: share,
    /** They fall along half a wave of the cosine to this share of themselves instead (Loshchilov and Hutter 2017). Absent: linearly. */
    cosineTo: optional(share),
  });
}
