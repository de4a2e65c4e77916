// Training on own data that is stopped, again and again and anywhere: it goes on to the same bits as without.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { preprocess } from '../../src/data/preprocess.ts';
import { tableFrom } from '../../src/data/tables/table.ts';
import { readBytes } from '../../src/files/read.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { readState } from '../../src/network/state.ts';
import { recipeFor } from '../../src/recipes/defaults.ts';
import { publishedRecipes } from '../../src/recipes/published-recipes.ts';
import { LEARNED, openCheckpoint } from '../../src/train/checkpoint.ts';
import { type TrainedModel, type TrainModelOptions, trainModel } from '../../src/train/train-model.ts';
import { generator } from '../support/data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

function rows(seed: number) {
  const random = generator(seed);
  return Array.from({ length: 260 }, (_, i) => ({
    size: (i % 3) + 1.5 * random(),
    colour: ['red', 'green', 'blue'][random() < 0.3 ? 0 : i % 3],
    kind: ['small', 'middle', 'large'][i % 3],
  }));
}
const dataOf = async (seed: number) =>
  preprocess({ examples: await tableFrom(rows(seed)) }, { label: 'kind', seed: 2 });

/** All that must not depend on stops. */
async function essence({ model, history, bestEpoch, isRetrained }: TrainedModel) {
  const { session } = model.network;
  const state = readState(session, false);
  await model.close();
  const told = history.map(({ trainSeconds: _, imagesPerSecond: __, ...event }) => event);
  return { state, told, bestEpoch, isRetrained, calibration: model.calibration };
}

it('goes on to the same bits', async () => {
  const data = await dataOf(1);
  const { layers: _, ...rest } = recipeFor(data.train);
  const recipe = { ...rest, layers: [64, 40], epochs: 30 };
  const whole = await trainModel(data, { recipe, seed: 2, threads: 1 });
  const { trainSeconds } = whole;
  const expected = await essence(whole);
  expect(expected.isRetrained).toBe(true);
  const path = join(folder, 'x.checkpoint.safetensors');
  let options: TrainModelOptions = { recipe, seed: 2 };
  const phases = new Set<string>();
  for (let stops = 0; ; stops++) {
    const stop = new AbortController();
    // First in the search for the best epoch, then sooner than the rest takes, and never at the same place.
    const seconds = trainSeconds * (0.11 + 0.07 * (stops % 3));
    const clock = stops === 0 ? undefined : setTimeout(() => stop.abort(), 1000 * seconds);
    const learned = await trainModel(data, {
      ...options,
      threads: 1 + (stops % 2),
      signal: stop.signal,
      checkpoint: path,
      onEpoch: ({ epoch }) => stops === 0 && epoch === 2 && stop.abort(),
    }).catch(error => {
      expect(error.message).toMatch(/before its first epoch ended/);
      return undefined;
    });
    clearTimeout(clock);
    if (learned && !learned.isStopped) {
      expect(await essence(learned)).toEqual(expected);
      expect(stops).toBeGreaterThan(1);
      break;
    }
    await learned?.model.close();
    const resume = await openCheckpoint(path);
    phases.add(resume.learning.phase);
    options = { resume };
  }
  expect(phases).toContain('search');
  await expect(trainModel(await dataOf(7), options)).rejects.toThrow(/is of other data than rows/);
});

it('refuses files that are no checkpoints, or damaged ones', async () => {
  const data = await dataOf(1);
  const stop = new AbortController();
  const path = join(folder, 'y.checkpoint.safetensors');
  const recipe = { ...recipeFor(data.train), layers: [64, 40], epochs: 30 };
  const onEpoch = ({ epoch }: { epoch: number }) => void (epoch === 20 && stop.abort());
  const { model } = await trainModel(data, {
    recipe,
    threads: 1,
    signal: stop.signal,
    checkpoint: path,
    onEpoch,
  });
  const finished = join(folder, 'y.safetensors');
  await model.save(finished);
  await model.close();
  await expect(openCheckpoint(finished)).rejects.toThrow(/y\.safetensors is a finished model/);
  const { tensors, metadata } = parseSafetensors(await readBytes(path), path);
  const { learning, ...rest } = JSON.parse(metadata.description);
  const damaged = async (change: object, list = [...tensors.values()]) => {
    const description = JSON.stringify({ ...rest, ...change });
    await writeFile(path, encodeSafetensors(list, { ...metadata, description }));
    return openCheckpoint(path);
  };
  await expect(damaged({})).rejects.toThrow(/checkpoint of other data than your own/);
  await expect(damaged({ learning: { ...learning, phase: 'x' } })).rejects.toThrow(/cannot be used/);
  await expect(damaged({ learning: { ...learning, history: 3 } })).rejects.toThrow(/cannot be used/);
  const best = { ...learning.best, calibration: { temperature: -1 } };
  await expect(damaged({ learning: { ...learning, best } })).rejects.toThrow(/temperature/);
  const without = [...tensors.values()].filter(({ name }) => name !== 'best.layers.1.weight');
  await expect(damaged({ learning }, without)).rejects.toThrow(
    /expected the tensor best\.layers\.1\.weight of F32 \[64,40\], found none/,
  );
});

it.each(Object.values(publishedRecipes))(
  'knows what is learned of all that is kept of $name',
  async recipe => {
    const [height, width, channels = 1] = recipe.image as readonly number[];
    const network = await createNetwork(recipe, {
      inputs: height * width * channels,
      classes: 10,
      threads: 1,
    });
    const names = (isWhole: boolean) => readState(network.session, isWhole).map(({ name }) => name);
    expect(names(true).filter(name => LEARNED.test(name))).toEqual(names(false));
    await network.close();
  },
);
