// Every kind of layer and way of learning, at a size that is learned in a moment, on every host; and the bits that they come to.

import type { Recipe } from '../../src/recipes/recipe.ts';
import type * as Standalone from '../../src/standalone.ts';
import { prototypes } from './data.ts';
import { hinton, quick } from './recipes.ts';

export const [inputs, classes] = [90, 6];
export const shape = [9, 10] as const;
const small = { layers: [70, 100, 40], batch: 20, epochs: 3, shift: 0, holdShare: 0.5 };
const named = (name: string) => ({ name, about: 'for this test' });
const { kind: _, label: __, ...asHinton } = hinton.learning;
const { kind: ___, label: _____, negatives, goodness, objective, ...asQuick } = quick.learning;
const { from: ____, ...steps } = quick.learning.readout;
const asClasses = { ...asQuick, kind: 'classes', map: 'learned', readFrom: 1, readout: steps } as const;
const fields = { size: 4, stride: 1, overhang: 0 };
/** One of each kind of layer and way of learning, for images of `shape` in `classes` classes. */
export const kinds: readonly Recipe[] = [
  { ...hinton, ...small },
  { ...quick, ...small },
  {
    ...small,
    ...named('local-fields'),
    image: [9, 10],
    learning: { ...asHinton, kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 2 } },
    layers: [
      { kind: 'local', height: 6, width: 7, channels: 3, field: fields },
      { kind: 'local', height: 3, width: 4, channels: 40, field: fields },
    ],
  },
  {
    ...quick,
    ...small,
    ...named('augmented'),
    shift: 1,
    flip: true,
    crop: 0.6,
    colorJitter: { brightness: 0.2, contrast: 0.3, gain: 0.1 },
  },
  {
    ...small,
    ...named('recurrent'),
    layers: [70, 40],
    learning: {
      ...{ kind: 'recurrent', iterations: 2, damping: 0.3, firstStep: 1, lastStep: 2, labelStrength: 3 },
      ...{ negatives: 'hard', goodness, objective, ...asQuick },
    },
  },
  {
    ...small,
    ...named('classes'),
    image: [9, 10],
    layers: [{ kind: 'local', height: 6, width: 7, channels: 12, field: fields }, 70],
    learning: { ...asClasses, activity: 'linear', groups: 'positions' },
  },
  {
    ...small,
    ...named('convolutions'),
    image: [9, 10],
    shift: 1,
    layers: [
      { kind: 'conv', channels: 9, size: 3, maxPool: 2, cells: 2 },
      { kind: 'conv', channels: 33, size: 3 },
      40,
    ],
    learning: { ...asClasses, activity: 'normalized', settled: 0.3 },
  },
  {
    ...small,
    ...named('convolutions-as-published'),
    image: [9, 10],
    channelMeans: 'image',
    layers: [
      {
        kind: 'conv',
        channels: 12,
        size: 3,
        averagePool: 2,
        dropout: 0.2,
        normalization: 'blocks',
        readCells: 1,
      },
      { kind: 'conv', channels: 33, size: 3, cells: 2, outputDropout: 0.3, normalization: 'image' },
      { kind: 'conv', channels: 9, size: 3, maxPool: 2, averagePool: 2, readCells: 1, outputDropout: 0.1 },
    ],
    learning: { ...asClasses, activity: 'squares', map: 'affine-projection', settled: 0.3, readFrom: 0 },
    cosineTo: 0.1,
  },
  {
    ...small,
    ...named('batch-norm'),
    image: [9, 10],
    layers: [
      { kind: 'conv', channels: 12, size: 3, batchNorm: 'after', maxPool: 2 },
      { kind: 'conv', channels: 33, size: 3, batchNorm: 'before', normalization: 'none', groups: 3 },
    ],
    learning: {
      kind: 'classes',
      activity: 'squares',
      map: 'blocks',
      readFrom: 0,
      optimizer: asQuick.optimizer,
    },
  },
  {
    ...small,
    ...named('shortcuts'),
    image: [9, 10],
    layers: [
      { kind: 'conv', channels: 33, size: 3, averagePool: 2 },
      { kind: 'conv', channels: 12, size: 3, normalization: 'blocks' },
      { kind: 'conv', channels: 33, size: 3, shortcut: 2, outputDropout: 0.2 },
      { kind: 'conv', channels: 33, size: 1, shortcut: 1, normalization: 'image', readCells: 2 },
    ],
    learning: { ...asClasses, activity: 'linear', map: 'projection', settled: 0.3 },
  },
  {
    ...small,
    ...named('self-contrast'),
    image: [9, 10],
    layers: [
      { kind: 'conv', channels: 12, size: 3, triangle: true, overlapPool: 2, readCells: 2 },
      { kind: 'conv', channels: 33, size: 3, border: 'reflect', normalization: 'image', outputDropout: 0.2 },
    ],
    learning: {
      kind: 'self-contrast',
      optimizer: asQuick.optimizer,
      margins: [
        { positive: 0, negative: 1, penalty: 0.1 },
        { positive: 2, negative: 1.5, penalty: 0 },
      ],
      readout: { ...steps, from: 0 },
    },
  },
  {
    ...small,
    ...named('convolutions-alike'),
    image: [9, 10],
    batch: 35,
    layers: [
      { kind: 'conv', channels: 9, size: 3, maxPool: 2, cells: 2 },
      { kind: 'conv', channels: 33, size: 3 },
    ],
    learning: { ...asClasses, activity: 'normalized', similarity: 0.5, settled: 0.3, readFrom: 0 },
  },
  {
    ...quick,
    ...small,
    ...named('function-between'),
    learning: { ...quick.learning, between: { kind: 'quantise', after: 0, levels: 5 } },
  },
  {
    ...small,
    ...named('backprop'),
    learning: { kind: 'backprop', optimizer: asQuick.optimizer, readout: steps },
  },
  {
    ...small,
    ...named('perturbation'),
    learning: { kind: 'perturbation', deviation: 0.01, rate: 0.1, readout: { rate: 0.1 } },
  },
];

type Library = Pick<typeof Standalone, 'createNetwork' | 'encodeNetwork'>;

/** The SHA-256 of some bytes, by what every host has. */
export async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as BufferSource);
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Of each kind the SHA-256 of the model file that plain SIMD has learned, by name. */
export async function bitsOfKinds(ff: Library, options: object): Promise<Record<string, string>> {
  const data = { ...prototypes(240, inputs, classes, 1), shape };
  const bits: Record<string, string> = {};
  for (const recipe of kinds) {
    const network = await ff.createNetwork(recipe, { inputs, classes, seed: 5, build: 'simd', ...options });
    for await (const _event of network.fit(data));
    bits[recipe.name] = await hashOf(await ff.encodeNetwork(network));
    await network.close();
  }
  return bits;
}
