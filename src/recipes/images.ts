// A recipe for images of one size, made one for those of another.

import { type Dataset, unitOf } from '../data/dataset.ts';
import { InputError, inContext } from '../errors.ts';
import { fullSpec } from '../layers/forms.ts';
import type { Shape } from '../layers/shape.ts';
import { shapesOf } from './check.ts';
import type { Recipe } from './recipe.ts';

/** Examples that channel means are measured on. */
const SAMPLE = 5000;

/** What the last convolution sees at most: more costs much and says little. */
const MOST_POSITIONS = 100;
/** Positions each way of which half are still worth looking at. */
const WORTH_POOLING = 8;

/**
 * The recipe for the images of `train`: with their rows, columns and channels where it says any, with the means of their own channels
 * where it takes some off, and with convolutions that pool as their size asks for. Throws an InputError where it is for images and they
 * are none, or too small.
 */
export function forImages(recipe: Recipe, train: Dataset): Recipe {
  const { image, channelMeans, ...others } = recipe;
  if (image === undefined) return recipe;
  const { shape, name } = train;
  if (!shape) {
    throw new InputError(
      `recipe ${recipe.name} is for images, but ${name} has no rows and columns: take another recipe`,
    );
  }
  const [height, width, channels = 1] = shape;
  const means = channelMeans === 'image' ? channelMeans : channelMeans && meansOf(train, channels);
  return inContext(`recipe ${recipe.name}`, () => ({
    ...others,
    layers: readable(pooled(recipe, { height, width, channels }), { height, width, channels }),
    image: shape,
    ...(means && { channelMeans: means }),
  }));
}

/**
 * As long as the last convolution would see more than 100 positions, and 8 or more each way, one more layer below it takes the largest of
 * 2 × 2 positions, from the bottom up; none that a shortcut leads over.
 */
function pooled(recipe: Recipe, image: Shape): Recipe {
  const layers = [...recipe.layers];
  const last = layers.map(layer => fullSpec(layer).kind).lastIndexOf('conv');
  for (let l = 0; l < last; l++) {
    if (isLedOver(recipe, l)) continue;
    const { height, width } = shapesOf(withoutCells({ ...recipe, layers }), image)[last];
    if (height * width <= MOST_POSITIONS || Math.min(height, width) < WORTH_POOLING) break;
    const spec = fullSpec(layers[l]);
    if (spec.kind === 'conv' && spec.maxPool === undefined) layers[l] = { ...spec, maxPool: 2 };
  }
  return { ...recipe, layers };
}

/** Whether a shortcut leads over layer `l`, which so keeps its positions. */
function isLedOver({ layers }: Recipe, l: number): boolean {
  return layers
    .map(fullSpec)
    .some((spec, k) => k >= l && spec.kind === 'conv' && k - (spec.shortcut ?? 0) < l);
}

/** The layers, none of which reads more cells than it has positions. */
function readable(recipe: Recipe, image: Shape): Recipe['layers'] {
  const shapes = shapesOf(withoutCells(recipe), image);
  return recipe.layers.map((layer, l) => {
    const spec = fullSpec(layer);
    if (spec.kind !== 'conv' || spec.cells === undefined) return layer;
    const { height, width } = shapes[l + 1];
    return { ...spec, cells: Math.min(spec.cells, height, width) };
  });
}

/** A map to classes may read more cells than there are until it is known how many there are. */
function withoutCells(recipe: Recipe): Recipe {
  const layers = recipe.layers
    .map(fullSpec)
    .map(spec => (spec.kind === 'conv' ? { ...spec, cells: 1 } : spec));
  return { ...recipe, layers };
}

/** The mean of each channel, 0 to 1 where values are bytes, to a thousandth. */
function meansOf({ inputs, width, count }: Dataset, channels: number): number[] {
  const unit = unitOf(inputs);
  const sums = new Array<number>(channels).fill(0);
  const step = Math.max(1, Math.floor(count / SAMPLE));
  let examples = 0;
  for (let i = 0; i < count; i += step, examples++) {
    for (let k = 0; k < width; k++) sums[k % channels] += inputs[i * width + k] * unit;
  }
  return sums.map(sum => Number(((sum * channels) / (width * examples)).toFixed(3)));
}
