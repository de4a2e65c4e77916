// One seed, one result: whatever the number of threads, and whether or not training stopped in between.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../src/errors.ts';
import { createNetwork } from '../src/network/create.ts';
import { encodeNetwork } from '../src/network/encode.ts';
import { decodeNetwork, loadNetwork, saveNetwork } from '../src/network/model.ts';
import type { Network } from '../src/network/network.ts';
import { readState } from '../src/network/state.ts';
import type { Recipe } from '../src/recipes/recipe.ts';
import { prototypes } from './support/data.ts';
import { hinton, quick } from './support/recipes.ts';
import { fitUntil } from './support/stop.ts';

const [inputs, classes] = [90, 6];
// Enough that an epoch takes several of the slices in which one thread works, so that it can be stopped inside.
const data = { ...prototypes(8010, inputs, classes, 1), shape: [9, 10] as const };
const small = { layers: [70, 100, 40], batch: 20, epochs: 3, shift: 0, holdShare: 0.5 };
const named = (name: string) => ({ name, about: 'for this test' });
const { kind: _, label: __, ...asHinton } = hinton.learning;
const { kind: ___, label: _____, negatives, goodness, objective, ...asQuick } = quick.learning;
const { from: ____, ...steps } = quick.learning.readout;
const fields = { size: 4, stride: 1, overhang: 0 };
const variants: Recipe[] = [
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
    learning: {
      kind: 'classes',
      activity: 'linear',
      map: 'learned',
      groups: 'positions',
      readFrom: 1,
      ...asQuick,
      readout: steps,
    },
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
    learning: {
      kind: 'classes',
      activity: 'normalized',
      map: 'learned',
      settled: 0.3,
      readFrom: 1,
      ...asQuick,
      readout: steps,
    },
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
    learning: {
      kind: 'classes',
      activity: 'squares',
      map: 'affine-projection',
      settled: 0.3,
      readFrom: 0,
      ...asQuick,
      readout: steps,
    },
    cosineTo: 0.1,
  },
  {
    ...small,
    ...named('batch-norm'),
    image: [9, 10],
    layers: [
      { kind: 'conv', channels: 12, size: 3, batchNorm: true, maxPool: 2 },
      { kind: 'conv', channels: 33, size: 3, batchNorm: true, normalization: 'none', groups: 3 },
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
    learning: {
      kind: 'classes',
      activity: 'normalized',
      map: 'learned',
      similarity: 0.5,
      settled: 0.3,
      readFrom: 0,
      ...asQuick,
      readout: steps,
    },
  },
];

function bytesOf(network: Network): Buffer {
  return Buffer.concat(
    readState(network.session, true).map(({ data: { buffer, byteOffset, byteLength } }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  );
}

/** The history without what depends on the clock. */
function told({ history }: Network) {
  return history.map(({ trainSeconds, imagesPerSecond, ...rest }) => rest);
}

async function drain(network: Network, signal?: AbortSignal): Promise<void> {
  for await (const _event of network.fit(data, signal ? { signal } : {}));
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-determinism-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(variants)('$name', recipe => {
  it('learns the same bytes with 1, 2 and 3 threads', async () => {
    const results: { weights: Buffer; goodness: Float32Array; history: unknown }[] = [];
    for (const threads of [1, 2, 3]) {
      const network = await createNetwork(recipe, { inputs, classes, threads, seed: 7 });
      await drain(network);
      const { goodness } = await network.evaluate(data);
      results.push({ weights: bytesOf(network), goodness, history: told(network) });
      await network.close();
    }
    for (const result of results.slice(1)) {
      expect(result.weights.equals(results[0].weights)).toBe(true);
      expect(result.goodness).toEqual(results[0].goodness);
      expect(result.history).toEqual(results[0].history);
    }
  });

  it('learns something else from another seed', async () => {
    const of = async (seed: number) => {
      const network = await createNetwork({ ...recipe, epochs: 1 }, { inputs, classes, threads: 1, seed });
      await drain(network);
      return bytesOf(network);
    };
    expect((await of(1)).equals(await of(2))).toBe(false);
  });

  it.each([1, 2])('goes on from a checkpoint to the same bytes, %i threads', async threads => {
    const whole = await createNetwork(recipe, { inputs, classes, threads, seed: 3 });
    await drain(whole);

    const path = join(folder, `${recipe.name}-${threads}.safetensors`);
    let network = await createNetwork(recipe, { inputs, classes, threads, seed: 3 });
    // In the middle of the first epoch and of the third; threads take a moment to stop, so later is fine.
    for (const [epoch, batch] of [
      [1, 20],
      [3, 5],
    ]) {
      await fitUntil(network, data, epoch, batch);
      expect(network.position.epoch).toBe(epoch);
      await saveNetwork(network, path, true);
      await network.close();
      network = await loadNetwork(path, { threads });
    }
    await drain(network);
    expect(bytesOf(network).equals(bytesOf(whole))).toBe(true);
    expect(told(network)).toEqual(told(whole));
    await network.close();
    await whole.close();
  });

  it.each([1, 3])('goes on from what was written while it trained, %i threads', async threads => {
    const whole = await createNetwork(recipe, { inputs, classes, threads, seed: 3 });
    const begun = performance.now();
    const training = drain(whole);
    const checkpoints: [bytes: Uint8Array, seconds: number][] = [];
    for (const epoch of [1, 3]) {
      while (whole.position.epoch === epoch && whole.position.batch < 50) await setTimeout(1);
      checkpoints.push([await encodeNetwork(whole, true), (performance.now() - begun) / 1000]);
    }
    await training;
    let inEpochs = 0;
    for (const [checkpoint, seconds] of checkpoints) {
      const network = await decodeNetwork(checkpoint, { threads: 1 });
      if (network.position.batch > 0) inEpochs++;
      expect(network.position.trainSeconds).toBeLessThan(seconds);
      await drain(network);
      expect(bytesOf(network).equals(bytesOf(whole))).toBe(true);
      expect(told(network)).toEqual(told(whole));
    }
    expect(inEpochs).toBeGreaterThan(0);
    await whole.close();
  });
});

it('refuses to go on in the middle of an epoch with another number of examples', async () => {
  const network = await createNetwork(variants[0], { inputs, classes, threads: 1 });
  await fitUntil(network, data, 1, 5);
  expect(network.position.batch).toBeGreaterThan(0);
  const other = { ...prototypes(200, inputs, classes, 2), shape: [9, 10] as const };
  await expect(network.fit(other).next()).rejects.toThrow(InputError);
  await expect(network.fit(other).next()).rejects.toThrow('it cannot go on with 200');
  await network.close();
});
