// From a messy table to a model that answers new rows from its file alone.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { preprocess } from '../../src/data/preprocess.ts';
import { tableFrom } from '../../src/data/tables/table.ts';
import { readBytes } from '../../src/files/read.ts';
import { node } from '../../src/network/create.ts';
import { decodeModel, loadModel } from '../../src/network/model.ts';
import { Network } from '../../src/network/network.ts';
import { trainModel } from '../../src/train/train-model.ts';
import { learnOwn } from '../../src/train/training.ts';
import { rows } from '../support/data.ts';
import { spoil } from '../support/state.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-train-model-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('learns, and answers new rows from the file alone', async () => {
  const data = preprocess({ examples: await tableFrom(rows(400, 1)) }, { label: 'kind' });
  const { model } = await trainModel(data, { threads: 1 });
  const evaluation = await model.network.evaluate(data.test);
  expect(evaluation.answers.error).toBeLessThan(8);
  const path = join(folder, 'model.safetensors');
  await model.save(path);
  await model.close();
  const loaded = await loadModel(path, { threads: 1 });
  const fresh = rows(100, 2);
  const unlabelled = await tableFrom(fresh.map(({ size, colour }) => ({ colour, size })));
  const answers = await loaded.predict(unlabelled);
  const right = answers.filter(({ label }, i) => label === fresh[i].kind).length;
  expect(right).toBeGreaterThan(90);
  for (const { confidence, probabilities } of answers) {
    expect(confidence).toBe(Math.max(...probabilities));
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  }
  // More than are answered at a time.
  const many = Array.from({ length: 20_000 }, (_, i) => fresh[i % 100]).map(({ size, colour }) => ({
    colour,
    size,
  }));
  const table = await tableFrom(many);
  const inParts = [];
  for await (const part of loaded.answers(table)) inParts.push(...part);
  expect(inParts).toEqual(await loaded.predict(table));
  const decoded = await decodeModel(await readBytes(path), { threads: 1 });
  expect(await decoded.predict(unlabelled)).toEqual(answers);
  await decoded.close();
  const lacking = await tableFrom([{ size: 3 }]);
  expect(await loaded.predict(lacking)).toEqual(
    await loaded.predict(await tableFrom([{ size: 3, colour: null }])),
  );
  expect(await loaded.notes(lacking)).toMatchObject([
    { code: 'no-column', column: 'colour', isWarning: true },
  ]);
  await expect(loaded.predict(await tableFrom([{ length: 3 }]))).rejects.toThrow(/has none of the 2 columns/);
  await loaded.close();
});

it.each(['search', 'again'])('keeps the best weights where training goes astray: %s', async phase => {
  const data = preprocess({ examples: await tableFrom(rows(400, 1)) }, { label: 'kind' });
  const networks: Network[] = [];
  let looks = 0;
  const learned = learnOwn(node, data, { threads: 1 });
  let step = await learned.next();
  for (; !step.done; step = await learned.next()) {
    const { value } = step;
    if (value instanceof Network) {
      networks.push(value);
      if (phase === 'again' && networks.length === 2) spoil(value, 'layers.0.weight');
    } else if (phase === 'search' && value.validationError !== undefined && ++looks === 3) {
      spoil(networks[0], 'layers.0.weight');
    }
  }
  const { network, divergence, bestEpoch, history, isRetrained, isStopped } = step.value;
  expect(divergence).toMatch(
    /^training diverged in epoch \d+, batch 1: activities of layer 1 are no longer finite; lower the learning rate$/,
  );
  expect([isRetrained, isStopped]).toEqual([false, false]);
  expect(bestEpoch).toBeLessThanOrEqual(history.length);
  const { answers } = await network.evaluate(data.validation);
  expect(answers.error).toBe(history[bestEpoch - 1].validationError);
  await network.close();
  await expect(networks.at(-1)!.evaluate(data.test)).rejects.toThrow(/cannot be used any more|is closed/);
});

it('says before the first epoch where its checkpoint cannot be written', async () => {
  const data = preprocess({ examples: await tableFrom(rows(90, 1)) }, { label: 'kind' });
  let epochs = 0;
  const training = trainModel(data, { threads: 1, checkpoint: folder, onEpoch: () => epochs++ });
  await expect(training).rejects.toThrow(/expected a file, found a folder/);
  expect(epochs).toBe(0);
});
