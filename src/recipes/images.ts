// A recipe for images of one size, made one for those of another.

import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import type { Recipe } from './recipe.ts';

/** Examples that channel means are measured on. */
const SAMPLE = 5000;

/**
 * The recipe for the images of `train`: with their rows, columns and channels where it says any, and with the means of their own channels
 * where it takes some off. Throws an InputError where it is for images and they are none.
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
  const means = channelMeans === 'image' ? channelMeans : channelMeans && meansOf(train, shape[2] ?? 1);
  return { ...others, image: shape, ...(means && { channelMeans: means }) };
}

/** The mean of each channel, 0 to 1 where values are bytes, to a thousandth. */
function meansOf({ inputs, width, count }: Dataset, channels: number): number[] {
  const unit = inputs instanceof Uint8Array ? 1 / 255 : 1;
  const sums = new Array<number>(channels).fill(0);
  const step = Math.max(1, Math.floor(count / SAMPLE));
  let examples = 0;
  for (let i = 0; i < count; i += step, examples++) {
    for (let k = 0; k < width; k++) sums[k % channels] += inputs[i * width + k] * unit;
  }
  return sums.map(sum => Number(((sum * channels) / (width * examples)).toFixed(3)));
}
