// Files of the format `forward-forward 1`, as the version before the recipes' second edition wrote them: they open, training goes on
// from them to the same bits, and they answer the same. The files and what was expected of them are never written again.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tableFrom } from '../../src/data/tables/table.ts';
import { readPredictable } from '../../src/device/predictable.ts';
import { InputError } from '../../src/errors.ts';
import { joinChunks, parseSafetensors, type Safetensors } from '../../src/files/safetensors.ts';
import { openLearner } from '../../src/learn.ts';
import { node } from '../../src/network/create.ts';
import { encodeModel, encodeNetwork } from '../../src/network/encode.ts';
import { decodeNetwork, loadModel, loadNetwork } from '../../src/network/model.ts';
import { decodeWhole, ownOf, parseWholeDescription } from '../../src/network/own-description.ts';
import { loadPredictor } from '../../src/predict.ts';
import { answerBits, stateBits } from '../support/bits.ts';
import { prototypes, sequences } from '../support/data.ts';

interface Expected {
  /** Where the checkpoint stands. */
  readonly epoch: number;
  readonly batch: number;
  /** At the end of training, in the build simd. */
  readonly state: string;
  readonly answers: string;
}

interface OwnData {
  readonly rows: Record<string, string | number>[];
  readonly answers: {
    readonly label: string;
    readonly confidence: number;
    readonly probabilities: number[];
  }[];
  readonly build: string;
}

const folder = fileURLToPath(new URL('../fixtures/edition-1/', import.meta.url));
const { 'own-data': own, ...networks }: Record<string, Expected> & { 'own-data': OwnData } = JSON.parse(
  readFileSync(`${folder}expected.json`, 'utf8'),
);

const pictures = { ...prototypes(90, 48, 4, 5), shape: [6, 8] as const };
const others = { ...prototypes(30, 48, 4, 6), shape: [6, 8] as const };
const text = sequences(6, 15, 20, 4, 3);
const dataOf = (name: string) =>
  name === 'rolled-out' ? { train: text, asked: text } : { train: pictures, asked: others };

/** The model of a file as it is written today. */
async function today(name: string): Promise<Uint8Array> {
  const file = `${folder}${name}.safetensors`;
  const { network, description } = await decodeWhole(node, readFileSync(file), file, { threads: 1 });
  const chunks = await encodeModel(network, false, ownOf(description));
  await network.close();
  return joinChunks(chunks);
}

it('has what is expected of every file', () => {
  const names = Object.keys(networks).flatMap(name => [
    `${name}.checkpoint.safetensors`,
    `${name}.safetensors`,
  ]);
  expect(readdirSync(folder).sort()).toEqual([...names, 'expected.json', 'own-data.safetensors'].sort());
});

describe.each(Object.entries(networks))('%s', (name, { epoch, batch, state, answers }) => {
  const { train, asked } = dataOf(name);

  it.each([1, 2])('training goes on from the checkpoint to the same bits, %i threads', async threads => {
    let network = await loadNetwork(`${folder}${name}.checkpoint.safetensors`, { threads });
    expect(network.position).toMatchObject({ epoch, batch, examples: train.count });
    expect(network.history).toHaveLength(epoch - 1);
    // Through a checkpoint of today.
    const bytes = await encodeNetwork(network, true);
    await network.close();
    network = await decodeNetwork(bytes, { threads });
    for await (const _event of network.fit(train));
    expect(network.history.map(event => event.epoch)).toEqual([1, 2, 3]);
    expect({ state: stateBits(network), answers: answerBits(await network.evaluate(asked)) }).toEqual({
      state,
      answers,
    });
    await network.close();
  });

  it('the model answers with the same bits', async () => {
    const file = `${folder}${name}.safetensors`;
    const host = { ...node, detectBuild: () => 'simd' as const };
    const { network, description } = await decodeWhole(host, readFileSync(file), file, { threads: 1 });
    expect(answerBits(await network.evaluate(asked))).toBe(answers);
    expect(description.recipe.name).toBe(name);
    await network.close();
  });
});

describe('a model of own data', () => {
  const file = `${folder}own-data.safetensors`;

  it('gives the same labels and probabilities', async () => {
    const model = await loadModel(file, { threads: 1 });
    const answers = await model.predict(await tableFrom(own.rows));
    expect(answers.map(({ label }) => label)).toEqual(own.answers.map(({ label }) => label));
    if (model.network.session.build === own.build) expect(answers).toEqual(own.answers);
    answers.forEach(({ probabilities }, i) => {
      probabilities.forEach((p, c) => {
        expect(p).toBeCloseTo(own.answers[i].probabilities[c], 5);
      });
    });
    await model.close();
  });

  it('keeps what it means where it goes on learning on a device', async () => {
    const learner = await openLearner(await today('own-data'));
    const saved = parseSafetensors(learner.save(), 'saved');
    const [before, after] = [parseSafetensors(readFileSync(file), file), saved].map(({ metadata }) =>
      parseWholeDescription(metadata, file),
    );
    expect(saved.metadata.format).toBe('forward-forward 2');
    expect(after).toEqual({ ...before, build: after.build });
    expect(after.encoding).toBeDefined();
  });
});

describe('on a device, written as today', () => {
  const onDevices = ['quick', 'hinton-supervised', 'uniform', 'groups', 'phases', 'fixed', 'rolled-out'];

  it.each(onDevices)('%s predicts what the network does', async name => {
    const bytes = await today(name);
    const { asked } = dataOf(name);
    const predictor = await loadPredictor(bytes);
    const network = await decodeNetwork(bytes, { threads: 1 });
    for (let i = 0; i < 10; i++) {
      const example = asked.inputs.slice(i * asked.width, (i + 1) * asked.width);
      const [told, known] = [predictor.predict(example), await network.predict(example)];
      expect(told.label).toBe(known.label);
      known.probabilities.forEach((p, c) => {
        expect(told.probabilities[c]).toBeCloseTo(p, 5);
      });
    }
    await network.close();
  });

  it.each(onDevices)('%s is refused until it is', async name => {
    const bytes = readFileSync(`${folder}${name}.safetensors`);
    for (const opened of [loadPredictor(bytes), openLearner(bytes)]) {
      await expect(opened).rejects.toThrow(/what loadNetwork opens, saveNetwork writes as that$/);
    }
  });

  it.each(Object.keys(networks).filter(name => !onDevices.includes(name)))('%s is refused', async name => {
    const bytes = await today(name);
    await expect(loadPredictor(bytes)).rejects.toThrow(InputError);
    await expect(openLearner(bytes)).rejects.toThrow(InputError);
  });
});

it('a description with one thing wrong is refused by an error of ours, or makes sense', async () => {
  const odd = [null, -1, 0, 3, 1e12, 0.5, '', 'x', [], {}, [1e9], true];
  let [tried, refused] = [0, 0];
  type Read = (file: Safetensors) => unknown;
  const attempt = (file: Safetensors, description: unknown, read: Read) => {
    const metadata = { ...file.metadata, description: JSON.stringify(description) };
    tried++;
    try {
      read({ ...file, metadata });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      refused++;
    }
  };
  const change = (file: Safetensors, whole: unknown, at: Record<string, unknown>, read: Read) => {
    for (const key of Object.keys(at)) {
      const kept = at[key];
      for (const value of [...odd, undefined]) {
        at[key] = value;
        attempt(file, whole, read);
      }
      at[key] = kept;
      if (typeof kept === 'object' && kept !== null)
        change(file, whole, kept as Record<string, unknown>, read);
    }
  };
  for (const name of ['quick', 'local', 'recurrent', 'perturbation', 'between-noise']) {
    const readings: [Uint8Array, Read][] = [
      [readFileSync(`${folder}${name}.safetensors`), ({ metadata }) => parseWholeDescription(metadata, 'm')],
      [await today(name), file => readPredictable(file, 'm')],
    ];
    for (const [bytes, read] of readings) {
      const file = parseSafetensors(bytes, name);
      const description = JSON.parse(file.metadata.description);
      change(file, description, description, read);
    }
  }
  expect(tried).toBeGreaterThan(2000);
  expect(refused).toBeGreaterThan(1000);
});
