// Whole steps with batch normalisation and groups of channels, behind the ReLU as CwC has them and before it, against finite differences of
// the equations in double precision; and what is answered by running means.

import { describe, expect, it } from 'vitest';
import { encodeSafetensors, parseSafetensors } from '../../../src/files/safetensors.ts';
import type { BatchNormPlace, ConvSpec } from '../../../src/layers/conv/spec.ts';
import { createNetwork } from '../../../src/network/create.ts';
import { encodeNetwork } from '../../../src/network/encode.ts';
import { decodeNetwork } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { readState } from '../../../src/network/state.ts';
import type { Classes } from '../../../src/recipes/recipe.ts';
import { activities, type Image, imagesOf, wholeNormalized } from '../../support/conv-network.ts';
import { prototypes } from '../../support/data.ts';
import { type Matrix, rowsOf } from '../../support/matrix.ts';
import type { RecipeOf } from '../../support/recipes.ts';
import { stepsOn } from '../../support/slope.ts';

const [height, width, channels, classes, images] = [7, 6, 2, 3, 6];
const inputs = height * width * channels;
const data = { ...prototypes(images, inputs, classes, 1), shape: [height, width, channels] as const };
const labels = Array.from(data.labels);
const pictures = imagesOf(data.inputs, data.shape).map(wholeNormalized);

function layersOf(batchNorm: BatchNormPlace): ConvSpec[] {
  const common = { kind: 'conv', size: 3, batchNorm, normalization: 'none' } as const;
  return [
    { ...common, channels: 9 },
    { ...common, channels: 12, groups: 3, maxPool: 2 },
    { ...common, channels: 36 },
  ];
}

function recipeOf(place: BatchNormPlace, more: Partial<RecipeOf<Classes>> = {}): RecipeOf<Classes> {
  return {
    name: 'batch-normalised',
    about: '',
    layers: layersOf(place),
    image: [height, width, channels],
    shift: 0,
    batch: images,
    epochs: 1,
    holdShare: 1,
    learning: {
      kind: 'classes',
      activity: 'squares',
      map: 'blocks',
      readFrom: 2,
      optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
    },
    ...more,
  };
}

interface Plain {
  readonly place: BatchNormPlace;
  readonly spec: ConvSpec;
  readonly weight: Matrix;
  /** Before batch normalisation, and behind it. */
  readonly bias: number[];
  readonly scale: number[];
  readonly shift: number[];
  readonly mean: number[];
  readonly variance: number[];
}

function plainOf({ session }: Network, place: BatchNormPlace): Plain[] {
  const tensors = new Map(readState(session, false).map(({ name, data: values }) => [name, values]));
  const vector = (name: string) => Array.from(tensors.get(name)!);
  return layersOf(place).map((spec, l) => {
    const all = (value: number) => new Array<number>(spec.channels).fill(value);
    const bias = vector(`layers.${l}.bias`);
    const isBefore = place === 'before';
    return {
      place,
      spec,
      weight: rowsOf(tensors.get(`layers.${l}.weight`)!, spec.channels),
      bias: isBefore ? all(0) : bias,
      scale: isBefore ? all(1) : vector(`layers.${l}.norm.weight`),
      shift: isBefore ? bias : vector(`layers.${l}.norm.bias`),
      mean: vector(`layers.${l}.norm.mean`),
      variance: vector(`layers.${l}.norm.variance`),
    };
  });
}

/** The mean and the biased variance of each channel over a batch. */
function statistics(batch: Image[]) {
  const positions = batch.flat(2);
  return batch[0][0][0].map((_, c) => {
    const mean = positions.reduce((sum, position) => sum + position[c], 0) / positions.length;
    return {
      mean,
      variance: positions.reduce((sum, position) => sum + (position[c] - mean) ** 2, 0) / positions.length,
      count: positions.length,
    };
  });
}

function standardised(
  batch: Image[],
  by: readonly { readonly mean: number; readonly variance: number }[],
  { place, scale, shift }: Plain,
): Image[] {
  const least = place === 'before' ? 0 : Number.NEGATIVE_INFINITY;
  const move = (y: number, c: number) =>
    ((y - by[c].mean) / Math.sqrt(by[c].variance + 1e-4)) * scale[c] + shift[c];
  return batch.map(image =>
    image.map(row => row.map(position => position.map((y, c) => Math.max(least, move(y, c))))),
  );
}

/** What is standardised. */
const rawOf = (batch: Image[], { place, weight, bias, spec: { size, maxPool: pool = 1 } }: Plain) =>
  batch.map(x =>
    activities(
      x,
      { weight, bias, size, stride: 1, pool, cells: 1, map: [] },
      place === 'before' ? Number.NEGATIVE_INFINITY : 0,
    ),
  );

function logProbabilities(z: Image): number[] {
  const block = z[0][0].length / classes;
  const positions = z.flat();
  const goodness = Array.from({ length: classes }, (_, k) => {
    let sum = 0;
    for (const position of positions) {
      for (let c = k * block; c < (k + 1) * block; c++) sum += position[c] ** 2;
    }
    return sum / (block * positions.length);
  });
  const most = Math.max(...goodness);
  const total = goodness.reduce((sum, g) => sum + Math.exp(g - most), 0);
  return goodness.map(g => g - most - Math.log(total));
}

describe.each([
  ['simd', 'after'],
  ['relaxed', 'after'],
  ['simd', 'before'],
  ['relaxed', 'before'],
] as const)('in the %s build, %s the ReLU,', (build, place) => {
  it('a step is that of the equations, through the means of the batch', { timeout: 60_000 }, async () => {
    const network = await createNetwork(recipeOf(place), { inputs, classes, threads: 2, build });
    const plain = plainOf(network, place);
    for await (const _ of network.fit(data));
    const after = plainOf(network, place);
    await network.close();
    let batch = pictures;
    plain.forEach((layer, l) => {
      const pass = () => {
        const y = rawOf(batch, layer);
        return standardised(y, statistics(y), layer);
      };
      const value = () => pass().reduce((sum, z, i) => sum + logProbabilities(z)[labels[i]], 0) / images;
      const steps = stepsOn(value, 1e-5, 2e-4);
      // The constant 2 of the squares is left to the rate.
      const compare = (before: number[], moved: number[], j: number) => steps.compare(before, moved, j, 0.5);
      const { groups = 1, channels: own } = layer.spec;
      const below = batch[0][0][0].length;
      layer.weight.forEach((row, k) => {
        row.forEach((weight, u) => {
          const isSeen = Math.floor(((k % below) * groups) / below) === Math.floor((u * groups) / own);
          if (!isSeen) expect([weight, after[l].weight[k][u]]).toEqual([0, 0]);
          else if ((k + u) % 7 === 0) compare(row, after[l].weight[k], u);
        });
      });
      for (let u = 0; u < own; u += 2) {
        if (place === 'after') {
          compare(layer.bias, after[l].bias, u);
          compare(layer.scale, after[l].scale, u);
        }
        compare(layer.shift, after[l].shift, u);
      }
      steps.haveMoved();
      statistics(rawOf(batch, layer)).forEach(({ mean, variance, count }, c) => {
        expect(after[l].mean[c]).toBeCloseTo(0.1 * mean, 5);
        expect(after[l].variance[c]).toBeCloseTo(0.9 + (0.1 * variance * count) / (count - 1), 5);
      });
      batch = pass();
    });
  });

  it('answers are by running means, whatever else is asked', async () => {
    const learning = {
      ...recipeOf(place).learning,
      optimizer: { kind: 'momentum', rate: 0.01, momentum: 0.9, decay: 0 },
    } as const;
    const network = await createNetwork(recipeOf(place, { epochs: 5, batch: 2, learning }), {
      inputs,
      classes,
      threads: 2,
      build,
    });
    for await (const _ of network.fit(data));
    const plain = plainOf(network, place);
    const found = await network.probabilities(data);
    const alone = await network.probabilities({
      ...data,
      inputs: data.inputs.subarray(0, inputs),
      labels: data.labels.subarray(0, 1),
      count: 1,
    });
    expect(alone).toEqual(found.subarray(0, classes));
    let batch = pictures;
    plain.forEach(layer => {
      const by = layer.mean.map((mean, c) => ({ mean, variance: layer.variance[c] }));
      batch = standardised(rawOf(batch, layer), by, layer);
    });
    batch.forEach((z, i) => {
      logProbabilities(z).forEach((logarithm, k) => {
        expect(found[i * classes + k]).toBeCloseTo(Math.exp(logarithm), 4);
      });
    });
    await network.close();
  });
});

it.each(['after', 'before'] as const)('running means %s the ReLU are in the file of a model', async place => {
  const network = await createNetwork(recipeOf(place, { epochs: 2 }), { inputs, classes });
  for await (const _ of network.fit(data));
  const again = await decodeNetwork(await encodeNetwork(network));
  expect(await again.probabilities(data)).toEqual(await network.probabilities(data));
  await again.close();
  await network.close();
});

it('a variance below 0 is refused where it would be answered by', async () => {
  const network = await createNetwork(recipeOf('before'), { inputs, classes });
  const bytes = await encodeNetwork(network);
  await network.close();
  const { tensors, metadata } = parseSafetensors(bytes, 'm');
  const variance = tensors.get('layers.1.norm.variance')!;
  variance.data[2] = -1;
  const damaged = await decodeNetwork(Buffer.concat(encodeSafetensors([...tensors.values()], metadata)));
  await expect(damaged.predict(data.inputs.subarray(0, inputs))).rejects.toThrow(
    'layers.1.norm.variance has -1, expected at least 0: its file is damaged',
  );
  await damaged.close();
});

it('a last batch of a few images moves running means by its share', async () => {
  const few = recipeOf('before', { batch: 4 });
  const network = await createNetwork(few, { inputs, classes, build: 'simd' });
  const [before] = plainOf(network, 'before');
  const one = {
    ...data,
    inputs: data.inputs.subarray(0, inputs),
    labels: data.labels.subarray(0, 1),
    count: 1,
  };
  for await (const _ of network.fit(one)) break;
  const [after] = plainOf(network, 'before');
  await network.close();
  statistics(rawOf([pictures[0]], before)).forEach(({ mean }, c) => {
    expect(after.mean[c]).toBeCloseTo((0.1 * mean) / 4, 6);
  });
});

it('one image of one position, which is its own mean, is refused', async () => {
  const one: ConvSpec = { kind: 'conv', channels: 9, size: 3, maxPool: 2, batchNorm: 'before' };
  const recipe = recipeOf('before', { layers: [one], image: [2, 3], batch: 1 });
  const learning = { ...recipe.learning, readFrom: 0 };
  await expect(createNetwork({ ...recipe, learning }, { inputs: 6, classes })).rejects.toThrow(
    /batchNorm must be absent where a batch has one image/,
  );
});
