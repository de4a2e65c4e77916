// Learning on a device: the steps of training, memory that is known before it starts, and a user who writes differently.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseSafetensors } from '../../src/files/safetensors.ts';
import { createNetwork, type Dataset } from '../../src/index.ts';
import { InputError, learnerBytes, openLearner } from '../../src/learn.ts';
import { node } from '../../src/network/create.ts';
import { decodeDescribed, encodeModel } from '../../src/network/encode.ts';
import { generator, prototypes, withLabelRoom } from '../support/data.ts';
import { watchMemories } from '../support/memories.ts';
import { randomModel } from '../support/model.ts';
import { changed, hinton, quick } from '../support/recipes.ts';

afterEach(() => void vi.unstubAllGlobals());

const [inputs, classes] = [80, 5];

describe.each([quick, hinton])('a learner of $name', recipe => {
  const settings = { ...recipe, layers: [40, 64], batch: 1, holdShare: 1, shift: 0 };
  const { bytes, quantized } = randomModel(settings, inputs, classes);
  const example = prototypes(1, inputs, classes, 4);

  it.each([
    ['floats', bytes],
    ['bytes', quantized],
  ])('takes the steps of training, to the bit, from a file of %s', async (_, file) => {
    // The build that the learner takes by itself, without the switch of Node 20.
    const learner = await openLearner(file, { rate: 1, batch: 1 });
    const build = learner.build;
    const { network } = await decodeDescribed({ ...node, detectBuild: () => build }, file, 'm', {
      threads: 1,
    });
    expect(learner.predict(example.inputs)).toEqual(await network.predict(example.inputs));
    for await (const { epoch } of network.fit(example, { epochs: 3 })) {
      learner.learn(example.inputs, example.labels);
      expect(learner.predict(example.inputs)).toEqual(await network.predict(example.inputs));
      expect(epoch).toBeLessThan(4);
    }
    const [mine, theirs] = [learner.save(), Buffer.concat(await encodeModel(network, false))].map(saved =>
      parseSafetensors(saved, 'saved'),
    );
    expect(mine.tensors).toEqual(theirs.tensors);
    expect(JSON.parse(mine.metadata.description)).toEqual(JSON.parse(theirs.metadata.description));
    await network.close();
  });
});

/** Half of the inputs of another wiring: what a user's own way does to a model. */
function rewired(data: Dataset): Dataset {
  const moved = data.inputs.slice();
  for (let i = 0; i < data.count; i++) {
    const row = data.inputs.subarray(i * inputs, (i + 1) * inputs);
    moved.set([...row.subarray(40), ...row.subarray(0, 40)], i * inputs);
  }
  return { ...data, inputs: moved };
}

it('learns what its user shows it, keeps most of what it knew, and goes on from what it saved', async () => {
  const recipe = changed(quick, { layers: [64, 64], batch: 20, epochs: 6, shift: 0 });
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  for await (const _event of network.fit(withLabelRoom(prototypes(600, inputs, classes, 1))));
  const file = Buffer.concat(await encodeModel(network, false));
  await network.close();

  const known = prototypes(200, inputs, classes, 2);
  const shown = rewired(prototypes(200, inputs, classes, 3));
  const own = rewired(prototypes(200, inputs, classes, 5));
  let learner = await openLearner(file, { rate: 1 });
  const error = ({ inputs: examples, labels, count }: Dataset) => {
    let wrong = 0;
    for (let i = 0; i < count; i++) {
      if (learner.predict(examples.subarray(i * inputs, (i + 1) * inputs)).label !== labels[i]) wrong++;
    }
    return (100 * wrong) / count;
  };
  expect(error(known)).toBeLessThan(8);
  const before = error(own);
  expect(before).toBeGreaterThan(40);
  learner.learn(shown.inputs.subarray(0, 100 * inputs), shown.labels.subarray(0, 100));
  const saved = learner.save();
  const between = error(own);
  learner = await openLearner(saved, { rate: 1 });
  expect(error(own)).toBe(between);
  learner.learn(shown.inputs.subarray(100 * inputs), shown.labels.subarray(100));
  expect(between).toBeLessThan(0.8 * before);
  expect(error(own)).toBeLessThan(0.5 * before);
  expect(error(known)).toBeLessThan(15);
});

describe('a learner', () => {
  const { bytes, quantized } = randomModel({ layers: [64, 64] }, inputs, classes);
  const data = prototypes(30, inputs, classes, 1);

  it('says how much memory it will take, and takes no other', async () => {
    const memories = watchMemories();
    const stated = learnerBytes(bytes, { batch: 7 });
    expect(memories).toEqual([]);
    const learner = await openLearner(bytes, { batch: 7 });
    learner.learn(data.inputs, data.labels);
    learner.predict(data.inputs.subarray(0, inputs));
    expect(memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBe(stated);
    expect(learner.bytes).toBe(stated);
    expect(learnerBytes(quantized, { batch: 7 })).toBe(stated);
    expect(learnerBytes(bytes, { batch: 100 })).toBeGreaterThan(stated);
  });

  it('learns nothing from nothing', async () => {
    const learner = await openLearner(bytes);
    const before = learner.save();
    learner.learn(new Uint8Array(), []);
    expect(learner.save()).toEqual(before);
  });

  it('refuses what makes no sense', async () => {
    await expect(openLearner(bytes, { batch: 0 })).rejects.toThrow(/batch must be a whole number above 0/);
    await expect(openLearner(bytes, { rate: Number.NaN })).rejects.toThrow(/rate must be a number above 0/);
    await expect(openLearner(bytes, { batch: 2 ** 30 })).rejects.toThrow(InputError);
    const learner = await openLearner(bytes);
    const one = data.inputs.subarray(0, inputs);
    expect(() => learner.learn(one, [5])).toThrow(/label 5 of example 0 is not a whole number below 5/);
    expect(() => learner.learn(one, [0.5])).toThrow(InputError);
    expect(() => learner.learn(one, [1, 2])).toThrow(/expected 2 × 80 inputs, found 80/);
    expect(() => learner.learn(new Float32Array(inputs).fill(Infinity), [1])).toThrow(/is Infinity/);
    expect(() => learner.predict(new Uint8Array(3))).toThrow(InputError);
  });

  it('says so when learning diverges', async () => {
    const learner = await openLearner(bytes, { rate: 1e30 });
    expect(() => {
      for (let i = 0; i < 5; i++) learner.learn(data.inputs, data.labels);
    }).toThrow(/learning diverged/);
  });

  it('opens damaged files or refuses them, nothing else', async () => {
    const random = generator(11);
    const headerEnd = 8 + Number(Buffer.from(bytes).readBigUInt64LE());
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      const damaged = new Uint8Array(bytes);
      for (let change = 0; change < 2; change++) {
        damaged[Math.floor(random() * headerEnd)] = random() < 0.5 ? 48 + random() * 10 : random() * 256;
      }
      try {
        expect(learnerBytes(damaged)).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(1000);
  });
});
