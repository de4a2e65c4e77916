// The recipes that come with the library, by name.

import { InputError, nearestName } from '../errors.ts';
import { publishedRecipes } from './published-recipes.ts';
import type { Recipe } from './recipe.ts';

/**
 * The settings of Hinton's own MATLAB code for the supervised experiment (section 3.3 of the paper): three passes, hard
 * negatives, peer normalisation, gradients smoothed over batches.
 */
const hintonSupervised = {
  name: 'hinton-supervised',
  about: "Hinton's own code for the supervised experiment, number by number",
  layers: [1000, 1000, 1000],
  shift: 0,
  learning: {
    kind: 'contrast',
    label: { kind: 'first', strength: 1 },
    negatives: 'hard',
    goodness: 'sum-of-squares',
    objective: { kind: 'logistic', threshold: 1, temperature: 1 },
    peerNormalisation: 0.03,
    optimizer: { kind: 'momentum', rate: 0.01, momentum: 0.9, decay: 0.001 },
    readout: { rate: 0.1, momentum: 0.9, decay: 0.003, from: 1 },
  },
  batch: 100,
  epochs: 100,
  holdShare: 0.5,
} as const satisfies Recipe;

/**
 * What learns fastest with negative data, chosen on a validation split: the pairwise swish objective keeps learning from every image, hard
 * negatives spend it on what is still confused, and one pixel of jitter keeps it honest.
 */
export const quick = {
  name: 'quick',
  about: 'a good network in under a minute',
  layers: [600, 600],
  shift: 1,
  learning: {
    kind: 'contrast',
    label: { kind: 'first', strength: 3 },
    negatives: 'hard',
    goodness: 'mean-of-squares',
    objective: { kind: 'swish', alpha: 3 },
    optimizer: { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 },
    readout: { rate: 0.2, momentum: 0.9, decay: 0, from: 1 },
  },
  batch: 100,
  epochs: 12,
  holdShare: 0.3,
} as const satisfies Recipe;

/**
 * What learns fastest. Nothing negative, one pass: each layer learns a linear map of its own that tells the classes apart, and climbs the log probability
 * of the right one; an image that no layer doubts rests for two epochs. Settings were chosen on a validation split.
 */
export const onePass = {
  name: 'one-pass',
  about: 'no negative data: every layer tells the classes apart by itself',
  layers: [600, 600],
  shift: 1,
  learning: {
    kind: 'classes',
    activity: 'normalized',
    map: 'learned',
    mapRate: 0.001,
    settled: 0.05,
    rest: 2,
    readFrom: 0,
    optimizer: { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 },
  },
  batch: 100,
  epochs: 20,
  holdShare: 0.3,
} as const satisfies Recipe;

/** A layer of patches of 3 × 3, whose map to classes reads `cells` · `cells` parts of the image. */
/* @__NO_SIDE_EFFECTS__ */ function patches(channels: number, cells: number, maxPool?: number) {
  return { kind: 'conv', channels, size: 3, ...(maxPool !== undefined && { maxPool }), cells } as const;
}

/**
 * Small grey images, such as digits, by the steps of `onePass`: each layer tells the classes apart by where in the image its channels are on, and an image that no
 * layer doubts rests for two epochs. Layers, shift and epochs were chosen on held-out images of MNIST.
 */
const conv = {
  ...onePass,
  name: 'conv',
  about: 'convolutions without negative data, for small grey images',
  layers: [patches(32, 7, 2), patches(64, 7, 2), patches(64, 7), patches(128, 7)],
  image: [28, 28],
  shift: 2,
  epochs: 15,
} as const satisfies Recipe;

/** Layers of so many channels, each standardised over the batch before its ReLU; all but the last pool. */
/* @__NO_SIDE_EFFECTS__ */ function standardised(first: number, second: number, third: number, last: number) {
  const layer = (channels: number, maxPool?: number) =>
    ({ ...patches(channels, 4, maxPool), batchNorm: 'before', normalization: 'none' }) as const;
  return [{ ...layer(first, 2), localMean: 0.8 }, layer(second, 2), layer(third, 2), layer(last)] as const;
}

/**
 * Images in colour, of things that look the same in a mirror. Each layer tells the classes apart by its channels, each of which is
 * standardised; and what it reads of images of a class is to be alike. Pools, batch and similarity were chosen on held-out images of CIFAR-10.
 */
const convColor = {
  ...conv,
  name: 'conv-color',
  about: 'convolutions without negative data, for small images in colour',
  layers: standardised(64, 96, 96, 96),
  image: [32, 32, 3],
  channelMeans: [0.491, 0.482, 0.447],
  flip: true,
  learning: {
    kind: 'classes',
    activity: 'linear',
    map: 'learned',
    mapRate: 0.001,
    similarity: 1.5,
    readFrom: 1,
    optimizer: conv.learning.optimizer,
  },
  batch: 32,
  epochs: 12,
} as const satisfies Recipe;

/** The same with more channels: better, and an epoch takes four times as long. */
const convColorWide = {
  ...convColor,
  name: 'conv-color-wide',
  about: 'conv-color with two to four times as many channels, for half an hour and longer',
  layers: standardised(96, 192, 256, 384),
  epochs: 18,
} as const satisfies Recipe;

/** The same as `conv` for images of things, which are upright, but look the same in a mirror. Chosen on held-out images of Fashion-MNIST. */
const convThings = {
  ...conv,
  name: 'conv-things',
  about: 'convolutions without negative data, for small grey images of things',
  shift: 1,
  flip: true,
  learning: { ...conv.learning, similarity: 1 },
  epochs: 24,
} as const satisfies Recipe;

/** Each by its name. */
export const recipes = {
  quick,
  'one-pass': onePass,
  conv,
  'conv-things': convThings,
  'conv-color': convColor,
  'conv-color-wide': convColorWide,
  'hinton-supervised': hintonSupervised,
  'hinton-supervised-4x2000': {
    ...hintonSupervised,
    name: 'hinton-supervised-4x2000',
    about: "Hinton's settings at the size of the paper",
    layers: [2000, 2000, 2000, 2000],
  },
} as const satisfies Record<string, Recipe>;

const known = (): Record<string, Recipe> => ({ ...recipes, ...publishedRecipes });

/** Of all recipes that there are, the published ones last. */
export function recipeNames(): string[] {
  return Object.keys(known());
}

/** The recipe called `name`, published ones included; throws an InputError with the nearest known name. */
export function findRecipe(name: string): Recipe {
  const all = known();
  if (Object.hasOwn(all, name)) return all[name];
  const nearest = nearestName(name, Object.keys(all));
  const hint = nearest ? `: did you mean ${nearest}?` : '';
  throw new InputError(`no recipe is called ${name}${hint} (known: ${Object.keys(all).join(', ')})`);
}
