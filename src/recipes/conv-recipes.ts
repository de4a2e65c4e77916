// The recipes with convolutions.

import type { Recipe } from './recipe.ts';
import { onePass } from './recipes.ts';

/** A layer of patches of 3 × 3, whose map to classes reads `cells` · `cells` parts of the image. */
function patches(channels: number, cells: number, maxPool?: number) {
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

/** The same for images in colour, of things that look the same in a mirror. */
const convColor = {
  ...conv,
  name: 'conv-color',
  about: 'convolutions without negative data, for small images in colour',
  layers: [patches(32, 4, 2), patches(64, 4), patches(64, 4, 2), patches(128, 4), patches(128, 4)],
  image: [32, 32, 3],
  channelMeans: [0.491, 0.482, 0.447],
  flip: true,
  learning: { ...conv.learning, readFrom: 1 },
  epochs: 12,
} as const satisfies Recipe;

/** Each by its name. */
export const convRecipes = { conv, 'conv-color': convColor } as const satisfies Record<string, Recipe>;
