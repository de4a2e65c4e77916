// Convolutions without negative data as others have published them, layer by layer and number by number but for what each recipe says: the
// networks are narrower, so that two cores train them.

import type { ConvSpec } from '../layers/conv/spec.ts';
import type { Classes, Recipe, SelfContrast } from './recipe.ts';

const adam = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const common = { image: [28, 28], shift: 0, batch: 128 } as const;

/** A layer of Mono-Forward, whose map sees each of the positions. */
/* @__NO_SIDE_EFFECTS__ */ function flat(channels: number, cells: number, maxPool?: 2): ConvSpec {
  const pool = maxPool && { maxPool };
  return { kind: 'conv', channels, size: 3, normalization: 'none', ...pool, cells };
}

/**
 * Mono-Forward (Gong, Li and Abdulla 2025): each layer learns together with a linear map from its activities to the classes, and hands the
 * activities on as they are. The last layer answers. Settings are those of a public reimplementation's perceptron.
 */
const monoForward = {
  ...common,
  name: 'mono-forward',
  about: 'Mono-Forward: a learned map of each layer to the classes',
  layers: [flat(32, 14, 2), flat(64, 7, 2), flat(64, 7)],
  learning: {
    kind: 'classes',
    activity: 'linear',
    map: 'learned',
    readFrom: 2,
    optimizer: { ...adam, rate: 1.57e-3, decay: 0 },
  },
  epochs: 14,
  holdShare: 1,
} as const satisfies Recipe;

/** A layer of ASGE, whose map sees as many patches each way as it has fewer channels than the last, of 64. */
/* @__NO_SIDE_EFFECTS__ */ function patches(channels: number, more?: Partial<ConvSpec>): ConvSpec {
  const cells = 64 / channels;
  const outgoing = { outputDropout: 0.1, normalization: 'image' } as const;
  return { kind: 'conv', channels, size: 3, initial: 'fan-in', cells, ...outgoing, ...more };
}

/** One of those that the readout sees. */
/* @__NO_SIDE_EFFECTS__ */ function read(channels: number, averagePool?: 2): ConvSpec {
  return patches(channels, { readCells: 1, ...(averagePool && { averagePool }) });
}

/**
 * ASGE (2026): squared activities, their means in patches, a fixed random map. VGG8 at an eighth of its width, for images as they are, not
 * scaled to 32 × 32. The readout sees the mean of each channel, and takes momentum steps instead of Adam's.
 */
const asge = {
  ...common,
  name: 'asge',
  about: 'ASGE: a fixed random map of squared activities in patches',
  layers: [patches(16), read(32, 2), read(32), read(64, 2), read(64, 2), read(64, 2), read(64)],
  learning: {
    kind: 'classes',
    activity: 'squares',
    map: 'affine-projection',
    readFrom: 1,
    readout: { rate: 0.1, momentum: 0.9, decay: 0 },
    optimizer: { ...adam, rate: 2e-4, decay: 1e-3 },
  },
  epochs: 15,
  holdShare: 0,
  cosineTo: 0.05,
} as const satisfies Recipe;

/** A layer of DeeperForward. */
/* @__NO_SIDE_EFFECTS__ */ function blocks(channels: number, size: number, averagePool?: 2): ConvSpec {
  const weights = { withoutBias: true, initial: 'fan-out' } as const;
  const pool = averagePool && { averagePool };
  return { kind: 'conv', channels, size, ...weights, dropout: 0.2, ...pool, normalization: 'blocks' };
}

/**
 * DeeperForward (Sun et al. 2025): the mean of a block of channels for each class, which group normalisation takes away from what is handed
 * on. TinyCNN-4 at a fifth of its width. Log probabilities are summed over layers, where theirs are the means themselves, of layers
 * chosen on held-out images.
 */
const deeperForward = {
  ...common,
  name: 'deeper-forward',
  about: 'DeeperForward: the mean of a block of channels for each class',
  layers: [blocks(20, 5, 2), blocks(40, 5, 2), blocks(80, 3), blocks(80, 3)],
  channelMeans: 'image',
  learning: {
    kind: 'classes',
    activity: 'linear',
    map: 'blocks',
    readFrom: 1,
    optimizer: { ...adam, rate: 0.08, decay: 0.01 },
  },
  epochs: 10,
  holdShare: 0,
  cosineTo: 0.1,
} as const satisfies Recipe;

/** A layer of CwC. */
/* @__NO_SIDE_EFFECTS__ */ function standardised(channels: number, more?: Partial<ConvSpec>): ConvSpec {
  return { kind: 'conv', channels, size: 3, batchNorm: 'after', normalization: 'none', ...more };
}

/**
 * CwC (Papachristodoulou et al. 2024): the mean square of a block of channels for each class, after batch normalisation; every other layer in
 * groups, in which a class sees its own channels alone. At half of the published width. Layers learn at the same time and as long, where
 * theirs begin and end one after the other; the last one answers.
 */
const cwc = {
  ...common,
  name: 'cwc',
  about: 'CwC: the mean square of a block of channels for each class',
  layers: [
    standardised(10),
    standardised(40, { groups: 10, maxPool: 2 }),
    standardised(120),
    standardised(240, { groups: 10, maxPool: 2 }),
  ],
  learning: {
    kind: 'classes',
    activity: 'squares',
    map: 'blocks',
    readFrom: 3,
    optimizer: { ...adam, rate: 0.01, decay: 0 },
  },
  epochs: 5,
  holdShare: 1,
} as const satisfies Recipe;

/** A layer of SCFF, of which the readout sees means in 4 × 4 parts. Without the mean taken away, images are hardly told apart above. */
/* @__NO_SIDE_EFFECTS__ */ function triangles(channels: number, size: number, rate: number): ConvSpec {
  const outgoing = { triangle: true, overlapPool: 2, normalization: 'layer', readCells: 4 } as const;
  return { kind: 'conv', channels, size, border: 'reflect', ...outgoing, rate };
}

/**
 * SCFF (Chen et al. 2025): without labels, each image seen twice against two images seen at once. Its three layers at two thirds, half and a
 * third of their width. Layers learn at the same time, where theirs do one after the other, and the readout with them, which takes momentum steps and
 * sees means of fewer parts of the first.
 */
const scff = {
  name: 'scff',
  about: 'SCFF: unsupervised, images seen twice against two images at once',
  layers: [
    triangles(64, 5, 0.01),
    triangles(192, 3, 0.002),
    {
      kind: 'conv',
      channels: 512,
      size: 3,
      averagePool: 2,
      normalization: 'layer',
      readCells: 2,
      rate: 0.0002,
    },
  ],
  image: [32, 32, 3],
  channelMeans: 'image',
  shift: 0,
  flip: true,
  learning: {
    kind: 'self-contrast',
    optimizer: { ...adam, rate: 0.002, decay: 1e-4 },
    margins: [
      { positive: 0, negative: 1, penalty: 0.0012 },
      { positive: 5, negative: 9, penalty: 0.0007 },
      { positive: 6, negative: 10, penalty: 0.0005 },
    ],
    readout: { rate: 0.03, momentum: 0.9, decay: 0, from: 0 },
  },
  batch: 100,
  epochs: 6,
  holdShare: 0.5,
} as const satisfies Recipe;

type ByClasses = Recipe & { readonly learning: Classes };

/** Each by its name. */
export const publishedRecipes: {
  readonly [Name in 'mono-forward' | 'asge' | 'deeper-forward' | 'cwc']: ByClasses;
} & { readonly scff: Recipe & { readonly learning: SelfContrast } } = {
  'mono-forward': monoForward,
  asge,
  'deeper-forward': deeperForward,
  cwc,
  scff,
};
