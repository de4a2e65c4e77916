// Small networks for what trains plain ReLU networks, and what the tests of it do with them.

import { createNetwork } from '../../src/network/create.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import type { Learning, Recipe } from '../../src/recipes/recipe.ts';
import { type Weights, weightsOf } from './classifier.ts';
import { generator, type prototypes } from './data.ts';
import type { Matrix } from './matrix.ts';
import type { RecipeOf } from './recipes.ts';
import { fillTensors } from './state.ts';

type Data = ReturnType<typeof prototypes>;

export const [inputs, classes, seed] = [45, 5, 3];

export const backprop: RecipeOf<Extract<Learning, { kind: 'backprop' }>> = {
  name: 'plain',
  about: 'for these tests',
  layers: [37, 40, 24],
  shift: 0,
  learning: {
    kind: 'backprop',
    optimizer: { kind: 'momentum', rate: 0.3, momentum: 0.9, decay: 0.01 },
    readout: { rate: 0.5, momentum: 0.8, decay: 0.02 },
  },
  batch: 9,
  epochs: 3,
  holdShare: 0.5,
};

export const perturbation: RecipeOf<Extract<Learning, { kind: 'perturbation' }>> = {
  ...backprop,
  layers: [13, 10],
  learning: { kind: 'perturbation', deviation: 0.02, rate: 0.01, readout: { rate: 0.05 } },
};

export const open = (recipe: Recipe, more: { threads?: number; build?: 'simd' | 'relaxed' } = {}) =>
  createNetwork(recipe, { inputs, classes, seed, threads: 1, ...more });

/** Gives the head, which is zero at first, and the biases something to be. */
export function disturb(network: Network): void {
  fillTensors(network, /^readout.*weight$|bias$/, generator(5));
}

export async function drain(network: Network, data: Data, epochs?: number): Promise<void> {
  for await (const _event of network.fit(data, epochs === undefined ? {} : { epochs }));
}

export const weights = (network: Network): Weights => weightsOf(readState(network.session, false));

/** What the bytes of each example stand for. */
export const rowsOf = (data: Data): Matrix =>
  Array.from({ length: data.count }, (_, i) =>
    Array.from(data.inputs.subarray(i * data.width, (i + 1) * data.width), value => value / 255),
  );
