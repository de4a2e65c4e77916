// A whole step of self-contrast against finite differences of the published objective, in double precision, in which a batch and its mixtures
// go through the convolution each by itself.

import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../../src/data/shuffle.ts';
import { randomBits } from '../../src/kernels/plain/random.ts';
import { stream } from '../../src/kernels/random-streams.ts';
import type { ConvSpec } from '../../src/layers/conv/spec.ts';
import { createNetwork } from '../../src/network/create.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import type { SelfContrast } from '../../src/recipes/recipe.ts';
import { type Image, imagesOf, positionsNormalized, wholeNormalized } from '../support/conv-network.ts';
import { prototypes } from '../support/data.ts';
import { type Matrix, rowsOf } from '../support/matrix.ts';
import type { RecipeOf } from '../support/recipes.ts';
import { stepsOn } from '../support/slope.ts';

const [height, width, channels, classes, images, seed] = [9, 8, 2, 3, 5, 3];
const inputs = height * width * channels;
const data = { ...prototypes(images, inputs, classes, 1), shape: [height, width, channels] as const };

const layers: ConvSpec[] = [
  {
    kind: 'conv',
    channels: 10,
    size: 3,
    triangle: true,
    overlapPool: 2,
    normalization: 'image',
    readCells: 2,
  },
  { kind: 'conv', channels: 33, size: 3, border: 'reflect', averagePool: 2, readCells: 1 },
  { kind: 'conv', channels: 9, size: 1 },
];

const recipe: RecipeOf<SelfContrast> = {
  name: 'self-contrast',
  about: '',
  layers,
  image: [height, width, channels],
  shift: 0,
  batch: images,
  epochs: 1,
  holdShare: 1,
  learning: {
    kind: 'self-contrast',
    optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
    margins: [
      { positive: 0, negative: 1, penalty: 0.1 },
      { positive: 2, negative: 1.5, penalty: 0 },
      { positive: 1, negative: 2, penalty: 0.02 },
    ],
    readout: { rate: 0.1, momentum: 0.9, decay: 0, from: 0 },
  },
};

interface Plain {
  readonly weight: Matrix;
  readonly bias: number[];
  readonly isReflected: boolean;
}

function layersOf({ session }: Network): Plain[] {
  const tensors = new Map(readState(session, false).map(({ name, data: values }) => [name, values]));
  return layers.map(({ channels: count, border }, l) => ({
    isReflected: border === 'reflect',
    weight: rowsOf(tensors.get(`layers.${l}.weight`)!, count),
    bias: Array.from(tensors.get(`layers.${l}.bias`)!),
  }));
}

/** What lies beyond the edges of `length` positions is what lies as far inside of them. */
const reflected = (at: number, length: number) => {
  const from = Math.abs(at);
  return from < length ? from : 2 * (length - 1) - from;
};

function convolved(x: Image, { weight, bias, isReflected }: Plain): Image {
  const below = x[0][0].length;
  const size = Math.sqrt(weight.length / below);
  const pad = (size - 1) / 2;
  return x.map((row, y) =>
    row.map((_, px) => {
      const sums = [...bias];
      weight.forEach((weights, k) => {
        const patch = Math.floor(k / below);
        const [seenY, seenX] = [y + Math.floor(patch / size) - pad, px + (patch % size) - pad];
        const position = isReflected
          ? x[reflected(seenY, x.length)][reflected(seenX, row.length)]
          : x[seenY]?.[seenX];
        const value = position?.[k % below] ?? 0;
        for (const [u, w] of weights.entries()) sums[u] += value * w;
      });
      return sums;
    }),
  );
}

const sumOf = (a: Image, b: Image): Image =>
  a.map((row, y) => row.map((position, x) => position.map((value, c) => value + b[y][x][c])));

/** What a layer hands on of an image seen twice, over its length: twice the activity is the same to it. */
function handedOn(u: Image, { triangle, overlapPool, averagePool, normalization }: ConvSpec): Image {
  const on = u.map(row =>
    row.map(position => {
      const mean = triangle ? position.reduce((sum, value) => sum + value, 0) / position.length : 0;
      return position.map(value => Math.max(0, value - mean));
    }),
  );
  const pool = overlapPool ?? averagePool ?? 1;
  const [first, length] = overlapPool ? [-1, 4] : [0, pool];
  const pooled = Array.from({ length: Math.floor(on.length / pool) }, (_, y) =>
    Array.from({ length: Math.floor(on[0].length / pool) }, (__, x) =>
      on[0][0].map((___, c) => {
        const values: number[] = [];
        for (let i = 0; i < length * length; i++) {
          const value = on[y * pool + first + Math.floor(i / length)]?.[x * pool + first + (i % length)]?.[c];
          if (value !== undefined) values.push(value);
        }
        return overlapPool
          ? Math.max(...values)
          : values.reduce((sum, value) => sum + value, 0) / values.length;
      }),
    ),
  );
  return normalization === 'image' ? wholeNormalized(pooled) : positionsNormalized(pooled);
}

/** The published objective, as a mean over images, of the inputs of a layer in the order of the batch. */
function objective(
  batch: Image[],
  layer: Plain,
  { positive, negative, penalty }: SelfContrast['margins'][0],
) {
  const softplus = (x: number) => Math.log1p(Math.exp(x));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const goodness = (x: Image, y: Image) =>
    sumOf(convolved(x, layer), convolved(y, layer))
      .flat()
      .map(position => mean(position.map(z => Math.max(0, z) ** 2)));
  return -mean(
    batch.map((x, i) => {
      const [twice, mixed] = [x, batch[(i + 1) % batch.length]].map(other => goodness(x, other));
      const wanted =
        mean(twice.map(g => softplus(positive - g))) + mean(mixed.map(g => softplus(g - negative)));
      return wanted + penalty * Math.hypot(...twice);
    }),
  );
}

describe.each(['simd', 'relaxed'] as const)('in the %s build', build => {
  it('a step is that of the equations, in every layer', { timeout: 60_000 }, async () => {
    const network = await createNetwork(recipe, { inputs, classes, seed, threads: 2, build });
    const plain = layersOf(network);
    for await (const _ of network.fit(data));
    const after = layersOf(network);
    await network.close();
    const order = shuffledOrder(images, 1, counter => randomBits(seed, stream.shuffle, counter));
    const pictures = imagesOf(data.inputs, data.shape).map(wholeNormalized);
    let batch = Array.from(order, example => pictures[example]);
    plain.forEach((layer, l) => {
      const value = () => objective(batch, layer, recipe.learning.margins[l]);
      const { compare, haveMoved } = stepsOn(value, 3e-6);
      for (let k = 0; k < layer.weight.length; k += 5) {
        compare(layer.weight[k], after[l].weight[k], k % layer.bias.length);
      }
      for (let u = 0; u < layer.bias.length; u += 4) compare(layer.bias, after[l].bias, u);
      haveMoved();
      batch = batch.map(x => handedOn(convolved(x, layer), layers[l]));
    });
  });
});

it('layers that are frozen stay, and an image alone in its batch teaches nothing', async () => {
  for (const [settings, batch] of [
    [{ frozen: true } as const, images],
    [{}, 1],
  ] as const) {
    const learning = { ...recipe.learning, ...settings };
    const network = await createNetwork({ ...recipe, learning, batch }, { inputs, classes, seed });
    const before = layersOf(network);
    for await (const _ of network.fit(data));
    expect(layersOf(network)).toEqual(before);
    await network.close();
  }
});
