// The recipe that images of somebody's own take by themselves, where they are large enough for convolutions: sizes and lengths follow
// from the data.

import type { Dataset } from '../data/dataset.ts';
import type { Encoding } from '../data/encode-examples.ts';
import { isForConvolutions } from '../data/images/images.ts';
import type { Note } from '../data/notes.ts';
import { fullSpec } from '../layers/forms.ts';
import { inputShape, shapesOf } from './check.ts';
import { forImages } from './images.ts';
import type { Recipe } from './recipe.ts';
import { recipes } from './recipes.ts';

/** Batches that even a few images are learned for. */
const FEWEST_BATCHES = 400;
/** Multiplications that all epochs of many may take. */
const WORK = 4e13;

/** What is learned, and how it was made. */
export interface EncodedData {
  readonly encoding: Encoding;
  readonly train: Dataset;
}

/** The recipe for images whose pixels are plain, of 24 or more a side; undefined for all else. */
export function recipeForImages({ encoding, train }: EncodedData): Recipe | undefined {
  if (encoding.kind !== 'image' || !encoding.hasNoLabel || encoding.centre) return undefined;
  if (!isForConvolutions(encoding)) return undefined;
  const known: Recipe = recipes[nameFor(encoding.channels)];
  // What is mirrored may be something else, such as a letter.
  const { flip: _, ...recipe } = forImages(known, train);
  const most = train.count < 2000 ? 16 : train.count < 20_000 ? 50 : 100;
  const batch = Math.min(most, recipe.batch);
  const wanted = Math.max(recipe.epochs, Math.ceil(FEWEST_BATCHES / Math.ceil(train.count / batch)));
  const affordable = Math.floor(WORK / (multiplications(recipe, train) * train.count));
  return {
    ...recipe,
    name: 'own-images',
    about: `${known.name} with lengths that follow from the data, and no image mirrored`,
    batch,
    epochs: Math.max(3, Math.min(wanted, affordable)),
  };
}

/** What to say where that recipe was taken. */
export function noteOnImages({ encoding }: EncodedData): Note | undefined {
  if (encoding.kind !== 'image') return undefined;
  const { height, width, channels } = encoding;
  const name = nameFor(channels);
  const other = channels === 3 ? '--recipe conv-color mirrors every other one, ' : '';
  const text = `images of ${height} × ${width} pixels are learned by convolutions (${name}) and not mirrored: ${other}--recipe one-pass takes dense layers`;
  return { code: 'recipe', text };
}

function nameFor(channels: 1 | 3): 'conv' | 'conv-color' {
  return channels === 3 ? 'conv-color' : 'conv';
}

/** Of one image, on its way up. */
function multiplications(recipe: Recipe, { width }: Dataset): number {
  const shapes = shapesOf(recipe, inputShape(recipe, width));
  return recipe.layers.map(fullSpec).reduce((sum, spec, l) => {
    if (spec.kind !== 'conv') return sum;
    const { height, width, channels } = shapes[l];
    return sum + height * width * channels * spec.size ** 2 * spec.channels;
  }, 0);
}
