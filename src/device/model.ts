// A model file as a device reads it: only what predicting needs, so that files whose training had settings that this code has
// never heard of still predict.

import { InputError, inContext } from '../errors.ts';
import { FORMAT } from '../files/format.ts';
import { readFloats } from '../files/int8.ts';
import type { Safetensors } from '../files/safetensors.ts';
import type { Goodness } from '../layers/goodness.ts';
import { type Shape, sizeOf } from '../layers/shape.ts';
import { slope } from '../layers/slope.ts';
import { type Check, isCount, type LayerSizes, type SizeReaders } from './sizes.ts';

/** What messages call a model that came as bytes. */
export const NAME = 'the model';

/** A layer as it comes out of the file, row-major. */
export interface ModelLayer extends LayerSizes {
  /** What it stands on: the example, or what the layer below hands on. */
  readonly below: Shape;
  /** (fanIn, units), or of convolutions (fanIn, channels), patch position by patch position. */
  readonly weight: Float32Array;
  /** (units), or (channels). */
  readonly bias: Float32Array;
  /** What each channel is standardised by before its bias is added; absent where it is not. */
  readonly norm?: Norm;
  /** What a sum of squares is multiplied with to be the goodness. */
  readonly slope: number;
  /** (all values of its shape, classes) of the softmax readout; absent where it does not look at this layer. */
  readonly readout?: Float32Array;
  /** (features, classes) by which the layer tells classes apart itself; absent where that does not count. */
  readonly map?: Float32Array;
}

/** Running means of training, (channels) each. */
export interface Norm {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

export interface DeviceModel {
  /** All that the file says of itself, of which only what follows was looked at. */
  readonly description: Readonly<Record<string, unknown>>;
  /** What the file says of somebody's own data, which nobody has looked at; absent where it says nothing. */
  readonly own?: OwnWords;
  readonly inputs: number;
  readonly classes: number;
  /** Of labels in the first inputs; 0 where labels are no inputs, and every layer tells the classes apart itself. */
  readonly labelStrength: number;
  /** What the maps read, where there are any. */
  readonly activity: Activity;
  /** What is subtracted from each channel of a pixel, one after the other; absent: nothing. */
  readonly channelMeans?: readonly number[];
  readonly layers: readonly ModelLayer[];
}

/** What a file calls the preprocessing of its training data and what goes with it, whatever that really is. */
export interface OwnWords {
  readonly encoding: unknown;
  readonly calibration: unknown;
}

/** What a layer's map of classes reads: its activities, their squares, or the activities over their root mean square. */
export type Activity = 'linear' | 'squares' | 'normalized';

/**
 * The model in a file, whose weights are floats or bytes and whose layers are of the kinds that `readers` knows; throws an InputError that
 * begins with `path` and says what is wrong.
 */
export function readModel(
  { tensors, metadata }: Safetensors,
  path: string,
  readers: SizeReaders,
): DeviceModel {
  const { hasReadout, layers: said, readFrom, ...model } = readDescription(metadata, path, readers);
  const { classes, labelStrength, description } = model;
  const find = (name: string, shape: number[]) => readFloats(tensors, name, shape, path);
  const layers = said.map(({ goodness, ...sizes }, l): ModelLayer => {
    const { shape, fanIn, features } = sizes;
    const { channels } = shape;
    return {
      ...sizes,
      weight: find(`layers.${l}.weight`, [fanIn, channels]),
      bias: find(`layers.${l}.bias`, [channels]),
      slope: slope(goodness, channels),
      ...(l >= readFrom && hasReadout && { readout: find(`readout.${l}.weight`, [sizeOf(shape), classes]) }),
      ...(l >= readFrom && labelStrength === 0 && { map: find(`classes.${l}.weight`, [features, classes]) }),
    };
  });
  const { encoding, calibration } = description;
  const own = encoding !== undefined && { encoding, calibration };
  return { ...model, ...(own && { own }), layers };
}

function readDescription(metadata: Readonly<Record<string, string>>, path: string, readers: SizeReaders) {
  if (metadata.format !== FORMAT) {
    throw new InputError(
      `${path}: expected the format "${FORMAT}" in its metadata, found ${JSON.stringify(metadata.format ?? 'none')}; what loadNetwork opens, saveNetwork writes as that`,
    );
  }
  let description: unknown;
  try {
    description = JSON.parse(metadata.description ?? '');
  } catch (cause) {
    throw new InputError(`${path}: expected a description in JSON: ${(cause as Error).message}`, { cause });
  }
  const { recipe, inputs, classes } = fields(description);
  const { layers, learning, image, channelMeans } = fields(recipe);
  const { kind, label, goodness, readout, between, groups, activity, map, readFrom } = fields(learning);
  const isClasses = kind === 'classes';
  const check: Check = (isFine, expected) => {
    if (!isFine) throw new InputError(`${path}: its description must have ${expected}`);
  };
  check(isCount(classes) && classes >= 2 && classes <= 10_000, 'classes from 2 to 10,000');
  check(isCount(inputs) && (isClasses || inputs > classes), 'more inputs than classes');
  check(Array.isArray(layers) && layers.length > 0, 'a list of layers');
  // Labels are inputs of dense layers only.
  const known = isClasses ? Object.keys(readers) : ['dense'];
  const kinds = layers.map(layer => fields(layer).kind ?? 'dense') as string[];
  const other = kinds.find(kind => !known.includes(kind));
  const { kind: place, strength } = fields(label);
  const isContrast = kind === 'contrast' && place === 'first';
  if (!(isContrast || (isClasses && groups === undefined)) || other !== undefined) {
    const what = isClasses
      ? 'groups of units'
      : kind === 'contrast'
        ? 'labels elsewhere'
        : `learning by ${kind}`;
    throw new InputError(
      `${path}: expected ${Object.keys(readers).join(' or ')} layers that learned by classes, or dense ones by contrast with the label ` +
        `in the first inputs, found ${other === undefined ? what : `${other} layers`}; only loadNetwork runs those`,
    );
  }
  const shape = (image ?? [1, 1, inputs]) as readonly number[];
  const isImage = Array.isArray(shape) && shape.every(isCount) && (shape.length === 2 || shape.length === 3);
  check(isImage, 'images of rows, columns and channels');
  const [height, width, channels = 1] = shape;
  let below: Shape = { height, width, channels };
  check(sizeOf(below) === inputs, `images of ${inputs} values, its inputs`);
  check(image !== undefined || kinds[0] === 'dense', 'images, for convolutions');
  const sizes = layers.map((layer, l) => {
    const full = typeof layer === 'number' ? { units: layer } : fields(layer);
    const { goodness: own = isClasses ? GOODNESS[0] : goodness } = full;
    check(GOODNESS.includes(own), `a goodness of ${GOODNESS.join(', ')}`);
    const read = inContext(`${path}: its layers[${l}]`, () => readers[kinds[l]](full, below, check, l));
    const placed = { ...read, below, goodness: own as Goodness };
    below = read.shape;
    return placed;
  });
  const from = isClasses ? readFrom : fields(readout).from;
  const isLayer = Number.isSafeInteger(from) && (from as number) >= 0 && (from as number) < sizes.length;
  check(isLayer, 'a layer that the readouts begin with');
  const isStrong = Number.isFinite(strength) && (strength as number) > 0;
  check(isClasses || isStrong, 'a label strength above 0');
  check(!isClasses || ACTIVITIES.includes(activity), `an activity of ${ACTIVITIES.join(', ')}`);
  check(between === undefined, 'nothing between its layers');
  check(map !== 'affine-projection', 'maps without a bias: only loadNetwork runs others');
  const means = channelMeans as readonly number[] | undefined;
  const isMeans = Array.isArray(means) && means.every(Number.isFinite);
  const pixel = image === undefined ? 1 : channels;
  check(means === undefined || (isMeans && means.length === pixel), 'a mean for each channel of its images');
  return {
    description: fields(description),
    inputs,
    classes,
    layers: sizes,
    labelStrength: isClasses ? 0 : (strength as number),
    activity: activity as Activity,
    ...(means && { channelMeans: means }),
    hasReadout: readout !== undefined,
    readFrom: from as number,
  };
}

const ACTIVITIES: readonly unknown[] = ['linear', 'squares', 'normalized'];
const GOODNESS: readonly unknown[] = ['sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares'];

/** The properties of what may be anything. */
export function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
