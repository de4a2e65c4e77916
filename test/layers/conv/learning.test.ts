// Whole steps of convolutions against finite differences of the equations in double precision, and what they answer.

import { describe, expect, it } from 'vitest';
import type { ConvSpec } from '../../../src/layers/conv/spec.ts';
import { createNetwork } from '../../../src/network/create.ts';
import type { Network } from '../../../src/network/network.ts';
import { readState } from '../../../src/network/state.ts';
import type { Classes, Recipe } from '../../../src/recipes/recipe.ts';
import {
  activities,
  dissimilarity,
  type Image,
  imagesOf,
  logProbabilities,
  type PlainConv,
  positionsNormalized,
  wholeNormalized,
} from '../../support/conv-network.ts';
import { prototypes } from '../../support/data.ts';
import { rowsOf } from '../../support/matrix.ts';
import { stepsOn } from '../../support/slope.ts';

const [height, width, channels, classes, images] = [7, 6, 2, 3, 6];
const inputs = height * width * channels;
const data = { ...prototypes(images, inputs, classes, 1), shape: [height, width, channels] as const };
const labels = Array.from(data.labels);
const pictures = imagesOf(data.inputs, data.shape);

const layers: ConvSpec[] = [
  { kind: 'conv', channels: 10, size: 3, maxPool: 2, cells: 2 },
  { kind: 'conv', channels: 33, size: 3, cells: 3 },
  { kind: 'conv', channels: 9, size: 5, stride: 2 },
];

function recipeOf(learning: Partial<Classes>, more: Partial<Recipe> = {}): Recipe {
  return {
    name: 'convolutions',
    about: '',
    layers,
    image: [height, width, channels],
    shift: 0,
    batch: images,
    epochs: 1,
    holdShare: 1,
    ...more,
    learning: {
      kind: 'classes',
      activity: 'normalized',
      map: 'learned',
      optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
      readFrom: 0,
      ...learning,
    },
  };
}

function plainLayers({ session }: Network): PlainConv[] {
  const tensors = new Map(readState(session, false).map(({ name, data }) => [name, data]));
  return layers.map(({ channels, size, stride = 1, maxPool: pool = 1, cells = 1 }, l) => ({
    weight: rowsOf(tensors.get(`layers.${l}.weight`)!, channels),
    bias: Array.from(tensors.get(`layers.${l}.bias`)!),
    map: rowsOf(tensors.get(`classes.${l}.weight`)!, classes),
    ...(tensors.has(`classes.${l}.bias`) && { mapBias: Array.from(tensors.get(`classes.${l}.bias`)!) }),
    ...{ size, stride, pool, cells },
  }));
}

/** What each layer sees of each picture. */
function inputsOf(plain: PlainConv[]): Image[][] {
  let x = pictures.map(wholeNormalized);
  return plain.map(layer => {
    const seen = x;
    x = seen.map(image => positionsNormalized(activities(image, layer)));
    return seen;
  });
}

describe('a step', () => {
  it.each(
    (['linear', 'squares', 'normalized'] as const).flatMap(activity => [
      ...(['blocks', 'projection', 'affine-projection', 'learned'] as const).map(map => ({
        activity,
        map,
        similarity: 0,
      })),
      { activity, map: 'learned' as const, similarity: 0.7 },
    ]),
  )(
    'is that of the equations: $activity, $map, similarity $similarity',
    { timeout: 60_000 },
    async ({ activity, map, similarity }) => {
      const threads = map === 'learned' ? 2 : 1;
      const learning = { activity, map, ...(similarity && { similarity }) };
      const network = await createNetwork(recipeOf(learning), { inputs, classes, threads });
      const plain = plainLayers(network);
      if (map === 'affine-projection') expect(plain[0].mapBias!.every(value => value !== 0)).toBe(true);
      const seen = inputsOf(plain);
      for await (const _ of network.fit(data));
      const after = plainLayers(network);
      await network.close();
      // The constant 2 of the squares is left to the rate.
      const factor = activity === 'squares' ? 0.5 : 1;
      plain.forEach((layer, l) => {
        const loss = () => {
          const made = seen[l].map(x => activities(x, layer));
          const likely = made.map((y, i) => logProbabilities(y, layer, activity)[labels[i]]);
          const mean = likely.reduce((sum, value) => sum + value, 0) / images;
          return similarity ? mean - similarity * dissimilarity(made, labels, layer, activity) : mean;
        };
        const { compare, haveMoved } = stepsOn(loss, 3e-6);
        for (let k = 0; k < layer.weight.length; k += 5) {
          compare(layer.weight[k], after[l].weight[k], k % layer.bias.length, factor);
        }
        for (let u = 0; u < layer.bias.length; u += 4) compare(layer.bias, after[l].bias, u, factor);
        haveMoved();
        for (let f = 0; f < layer.map.length; f += 7) {
          if (map === 'learned') compare(layer.map[f], after[l].map[f], f % classes);
          else expect(after[l].map[f]).toEqual(layer.map[f]);
        }
      });
    },
  );
});

describe('answers', () => {
  it('are the sum of what the layers say', async () => {
    const network = await createNetwork(recipeOf({}), { inputs, classes, threads: 2 });
    for await (const _ of network.fit(data));
    const plain = plainLayers(network);
    const seen = inputsOf(plain);
    const found = await network.probabilities(data);
    pictures.forEach((_, i) => {
      const sums = Array.from({ length: classes }, (_, c) =>
        plain.reduce(
          (sum, layer, l) => sum + logProbabilities(activities(seen[l][i], layer), layer, 'normalized')[c],
          0,
        ),
      );
      const most = Math.max(...sums);
      const total = sums.reduce((sum, value) => sum + Math.exp(value - most), 0);
      sums.forEach((sum, c) => {
        expect(found[i * classes + c]).toBeCloseTo(Math.exp(sum - most) / total, 5);
      });
    });
    await network.close();
  });
});
