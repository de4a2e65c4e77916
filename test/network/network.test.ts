// The public API: learning, predicting, saving, stopping, memory, and what it says to nonsense.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import {
  createNetwork,
  type Dataset,
  type DatasetLike,
  decodeNetwork,
  encodeNetwork,
  InputError,
  loadNetwork,
  type Recipe,
  saveNetwork,
} from '../../src/index.ts';
import type { Contrast } from '../../src/recipes/recipe.ts';
import { backprop } from '../support/classifier-networks.ts';
import { kindsOfNumbers, prototypes, withLabelRoom } from '../support/data.ts';
import { type Changes, changed, hinton, quick } from '../support/recipes.ts';

const [inputs, classes] = [80, 5];
const train = withLabelRoom(prototypes(600, inputs, classes, 1));
const test = withLabelRoom(prototypes(300, inputs, classes, 2));
const fast = changed(quick, { layers: [64, 64], batch: 20, epochs: 6, shift: 0 });
const slow = changed(hinton, { layers: [64, 64, 64], batch: 20, epochs: 12 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-network-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(['simd', 'relaxed'] as const)('the %s build', build => {
  it.each([fast, slow])('learns: $name', async recipe => {
    const network = await createNetwork(recipe, { inputs, classes, threads: 1, build });
    const before = await network.evaluate(test);
    for await (const _event of network.fit(train));
    const after = await network.evaluate(test);
    expect(before.answers.error).toBeGreaterThan(50);
    expect(after.answers.error).toBeLessThan(8);
    expect(after.softmaxReadout.error).toBeLessThan(8);
    const { positiveGoodness, negativeGoodness } = network.history.at(-1)!;
    for (let l = 0; l < recipe.layers.length; l++) {
      expect(positiveGoodness[l]).toBeGreaterThan(negativeGoodness[l]);
    }
    await network.close();
  });
});

describe('a network', () => {
  it('tells of every epoch, in order, with errors of what it was given to watch', async () => {
    const network = await createNetwork(fast, { inputs, classes, threads: 2 });
    const epochs: number[] = [];
    for await (const event of network.fit(train, { epochs: 3, test, validation: test })) {
      epochs.push(event.epoch);
      expect(event.epochs).toBe(3);
      expect(event.testError).toBe((await network.evaluate(test)).answers.error);
      expect(event.validationError).toBe(event.testError);
      expect(event.density.every(share => share > 0 && share < 1)).toBe(true);
      expect(event.activeRows.every(share => share > 0 && share <= 1)).toBe(true);
    }
    expect(epochs).toEqual([1, 2, 3]);
    await network.close();
  });

  it('predicts one example as evaluate does, saved and loaded again', async () => {
    const network = await createNetwork(fast, { inputs, classes, threads: 1 });
    for await (const _event of network.fit(train, { epochs: 2 }));
    const { answers, probabilities } = await network.evaluate(test);
    const path = join(folder, 'model.safetensors');
    await saveNetwork(network, path);
    await network.close();
    const loaded = await loadNetwork(path, { threads: 1 });
    for (let i = 0; i < 20; i++) {
      const example = test.inputs.slice(i * inputs, (i + 1) * inputs) as Uint8Array;
      const prediction = await loaded.predict(example);
      expect(prediction.label).toBe(answers.predictions[i]);
      expect(prediction.goodness).toHaveLength(classes);
      // To rounding: the dense and the sparse product, chosen by how full a batch is, add in another order.
      prediction.probabilities.forEach((p, c) => {
        expect(p).toBeCloseTo(probabilities[i * classes + c], 5);
      });
      const floats = await loaded.predict(Float32Array.from(example, value => value / 255));
      expect(floats.label).toBe(prediction.label);
    }
    await loaded.close();
  });

  it('knows its memory before training and keeps to it', async () => {
    const network = await createNetwork(fast, { inputs, classes, threads: 1 });
    const sizes = () => network.session.memories.map(memory => memory.buffer.byteLength);
    const before = sizes();
    expect(network.memoryBytes.slice(0, -1)).toEqual(before);
    for await (const _event of network.fit(train));
    expect(sizes()).toEqual(before);
    await network.close();
  });

  it.each([1, 2])('answers in the middle of training, and learns the same, %i threads', async threads => {
    // Large enough that an epoch takes several slices of one thread.
    const large: Recipe = { ...slow, layers: [300, 300], epochs: 40 };
    const weights: Float32Array[] = [];
    for (const isAsked of [false, true]) {
      const network = await createNetwork(large, { inputs, classes, threads });
      const training = (async () => {
        for await (const _event of network.fit(train));
      })();
      const places = new Set<string>();
      for (let round = 0; isAsked && round < 5; round++) {
        await Promise.all([network.evaluate(test), network.predict(train.inputs.subarray(0, inputs))]);
        places.add(`${network.position.epoch} ${network.position.batch}`);
      }
      if (isAsked) expect(places.size).toBe(5);
      await training;
      weights.push((await network.tensor('layers.1.weight')).data);
      await network.close();
    }
    expect(weights[1]).toEqual(weights[0]);
  });

  it.each([1, 2])('stops after the batch in progress when it is told to, %i threads', async threads => {
    const network = await createNetwork({ ...fast, epochs: 10_000 }, { inputs, classes, threads });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    for await (const _event of network.fit(train, { signal: stop.signal }));
    const { epoch } = network.position;
    expect(epoch).toBeLessThan(10_000);
    // And can go on.
    for await (const event of network.fit(train, { epochs: epoch })) expect(event.epoch).toBe(epoch);
    await network.close();
  });

  it('does nothing when it is told to stop before it starts', async () => {
    const network = await createNetwork(fast, { inputs, classes, threads: 2 });
    for await (const _event of network.fit(train, { signal: AbortSignal.abort() })) expect.unreachable();
    expect(network.position).toMatchObject({ epoch: 1, batch: 0 });
    await network.close();
  });

  it('learns and answers the same from any arrays of numbers', async () => {
    const network = () => createNetwork({ ...fast, epochs: 1 }, { inputs, classes, threads: 1 });
    const known = await network();
    for await (const _event of known.fit(train));
    const weights = await known.tensor('layers.1.weight');
    const bytes = new Uint8ClampedArray(train.inputs);
    const clamped = await network();
    for await (const _event of clamped.fit({ ...train, inputs: bytes, labels: [...train.labels] }));
    expect(await clamped.tensor('layers.1.weight')).toEqual(weights);
    const example = bytes.subarray(inputs, 2 * inputs);
    expect(await clamped.predict(example)).toEqual(await known.predict(Uint8Array.from(example)));
    await clamped.close();

    const whole = Float32Array.from(train.inputs, value => value % 128);
    const floats = { ...train, inputs: whole };
    const expected = await known.evaluate(floats);
    for (const Kind of kindsOfNumbers) {
      const given = { ...train, inputs: Kind.from(whole), labels: Kind.from(train.labels) };
      expect(await known.evaluate(given), Kind.name).toEqual(expected);
      expect(await known.probabilities(given), Kind.name).toEqual(expected.probabilities);
      const row = Kind.from(whole.subarray(0, inputs));
      expect(await known.predict(row), Kind.name).toEqual(await known.predict(whole.subarray(0, inputs)));
    }
    await known.close();
  });

  it('learns data without rows and columns by a recipe that moves images, as by one that does not', async () => {
    const learn = async (recipe: Recipe, data: DatasetLike) => {
      const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
      for await (const _event of network.fit(data));
      const { data: weights } = await network.tensor('layers.0.weight');
      await network.close();
      return weights;
    };
    const moving = { ...fast, shift: 1 };
    const still = await learn(fast, train);
    expect(await learn(moving, train)).toEqual(still);
    expect(await learn(moving, { ...train, shape: [8, 10] })).not.toEqual(still);
  });

  it.each([
    ['goodness', fast],
    ['softmax', { ...backprop, layers: [40, 24] }],
  ] as const)(
    'says that answers and errors of held-out data count by the readout: %s',
    async (readout, recipe) => {
      const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
      for await (const event of network.fit(train, { epochs: 1, test })) {
        const evaluation = await network.evaluate(test);
        expect(event.readout).toBe(readout);
        expect(evaluation.readout).toBe(readout);
        const { goodnessReadout, softmaxReadout } = evaluation;
        expect(evaluation.answers).toBe(readout === 'goodness' ? goodnessReadout : softmaxReadout);
        expect(event.testError).toBe(evaluation.answers.error);
      }
      await network.close();
    },
  );

  it('trains on a single example, on batches larger than the data, and on two classes', async () => {
    const tiny: Dataset = {
      name: 'tiny',
      count: 1,
      width: 5,
      classes: 2,
      inputs: new Float32Array([0, 0, 1, -2, 0.5]),
      labels: new Uint8Array([1]),
    };
    for (const threads of [1, 3]) {
      const network = await createNetwork(
        { ...slow, layers: [9, 7], batch: 7, epochs: 30 },
        { inputs: 5, classes: 2, threads },
      );
      for await (const _event of network.fit(tiny));
      expect((await network.evaluate(tiny)).softmaxReadout.error).toBe(0);
      await network.close();
    }
  });
});

it('says so when training diverges, instead of going on with nothing', async () => {
  const recipe = changed(fast, { learning: { optimizer: { ...fast.learning.optimizer, rate: 1e30 } } });
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  await expect(network.fit(train).next()).rejects.toThrow(
    /^training diverged in epoch 1, batch 2: activities of layer 1 are no longer finite; lower the learning rate$/,
  );
  await network.close();
});

describe('what does not fit is refused with a message that says why', () => {
  const options = { inputs, classes, threads: 1 };
  const readout = { ...fast.learning.readout, from: 2 };
  const bad: [string, Changes<Contrast>, object, RegExp][] = [
    ['no layers', { layers: [] }, {}, /layers must be a list of one or more, found \[\]/],
    [
      'half a unit',
      { layers: [10.5] },
      {},
      /layers\[0\] must be a count of units above 0, or a layer with its kind, found 10\.5/,
    ],
    [
      'no rate',
      { learning: { optimizer: { ...fast.learning.optimizer, rate: Number.NaN } } },
      {},
      /optimizer\.rate must be a number above 0/,
    ],
    [
      'an unknown goodness',
      { learning: { goodness: 'cubes' as never } },
      {},
      /goodness must be one of sum-of-squares/,
    ],
    [
      'a readout beyond the layers',
      { learning: { readout } },
      {},
      /readout\.from must be a layer from 0 to 1, found 2/,
    ],
    ['half a group', { learning: { groups: 0.5 } }, {}, /groups must be .* or 'positions', found 0\.5/],
    ['no group', { learning: { groups: 0 } }, {}, /groups must be .*, found 0/],
    [
      'groups that cut a panel',
      { layers: [96, 100], learning: { groups: 3 } },
      {},
      /groups must be a count of 32 · n units of every layer, all dense, found 3/,
    ],
    ['no batch', { batch: 0 }, {}, /batch must be a whole number of at least 1, found 0/],
    ['one class', {}, { classes: 1 }, /classes must be a whole number from 2 to 10000, found 1/],
    ['fewer inputs than classes', {}, { inputs: 5 }, /inputs must be a whole number above 5/],
    ['a negative seed', {}, { seed: -1 }, /seed must be a whole number from 0/],
    ['no threads', {}, { threads: 0 }, /threads must be a whole number from 1 to 256, found 0/],
    ['a BigInt for a seed', {}, { seed: 5n }, /seed must be a whole number from 0 to 4294967295, found 5n/],
    [
      'a path for a build',
      {},
      { build: '../../x' },
      /^build must be one of relaxed, simd, found "..\/..\/x"$/,
    ],
    ['a layer beyond 4 GiB', { layers: [60_000, 60_000] }, {}, /60000 inputs and 60000 units needs .* GiB/],
  ];
  it.each(bad)('%s', async (_, changes, more, message) => {
    const made = createNetwork(changed(fast, changes), { ...options, ...more });
    await expect(made).rejects.toThrow(InputError);
    await expect(made).rejects.toThrow(message);
  });

  it('data of another kind', async () => {
    const network = await createNetwork(fast, options);
    const narrow = prototypes(10, inputs - 1, classes, 1);
    await expect(network.evaluate(narrow)).rejects.toThrow(
      /prototypes has 79 inputs an example, the network expects 80/,
    );
    await expect(network.fit(narrow).next()).rejects.toThrow(InputError);
    const many = { ...test, labels: test.labels.map((label, i) => (i === 7 ? 9 : label)) };
    await expect(network.fit(many).next()).rejects.toThrow(
      /label of example 7 must be a whole number from 0 to 4, found 9/,
    );
    const floats = Float32Array.from(test.inputs);
    floats[2 * inputs + 3] = Number.NaN;
    await expect(network.fit({ ...test, inputs: floats }).next()).rejects.toThrow(
      /input 3 of example 2 must be a finite number in single precision, found NaN/,
    );
    await expect(network.predict(new Uint8Array(3))).rejects.toThrow(/the example has 3 inputs/);
    await network.close();
  });

  it('no options at all', async () => {
    for (const none of [undefined, null]) {
      const made = createNetwork(fast, none as never);
      await expect(made).rejects.toThrow(InputError);
      await expect(made).rejects.toThrow('classes must be a whole number from 2 to 10000, found undefined');
    }
  });

  it('a path for a build, from a file or beside it', async () => {
    const network = await createNetwork(fast, { ...options, build: 'simd' });
    const bytes = await encodeNetwork(network);
    await network.close();
    await expect(decodeNetwork(bytes, { build: '../../x' } as object)).rejects.toThrow(
      new InputError('build must be one of relaxed, simd, found "../../x"'),
    );
    const file = Buffer.from(bytes).toString('latin1').replace('\\"build\\":\\"simd', '\\"build\\":\\"../x');
    await expect(decodeNetwork(Buffer.from(file, 'latin1'))).rejects.toThrow('no build is called ../x');
  });

  it('arrays that are not of numbers, and what is missing', async () => {
    const network = await createNetwork(fast, options);
    const { labels: _, ...unlabelled } = test;
    for (const [bad, message] of [
      [undefined, 'the data: inputs must be an array of numbers, found undefined'],
      [null, 'the data: inputs must be an array of numbers, found undefined'],
      [unlabelled, 'prototypes: labels must be an array of numbers, found undefined'],
      [{ ...test, inputs: 'none' }, 'prototypes: inputs must be an array of numbers, found String'],
    ] as [never, string][]) {
      for (const asked of [
        network.fit(bad).next(),
        network.fit(train, { validation: bad ?? {} }).next(),
        network.evaluate(bad),
        network.probabilities(bad),
      ]) {
        await expect(asked).rejects.toThrow(InputError);
        await expect(asked).rejects.toThrow(message);
      }
    }
    const example = network.predict(undefined as never);
    await expect(example).rejects.toThrow(InputError);
    await expect(example).rejects.toThrow('the example: inputs must be an array of numbers, found undefined');
    const nested = network.predict([Array(inputs).fill(0)] as never);
    await expect(nested).rejects.toThrow(/the example has 1 inputs an example/);
    await network.close();
  });

  it('inputs that tell examples apart where the label goes', async () => {
    const varying = prototypes(600, inputs, classes, 1);
    const network = await createNetwork(fast, options);
    const refused = network.fit(varying).next();
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(
      /^prototypes: the label takes the place of the first 5 inputs, .* input \d of example \d differs .* \{ kind: 'appended', strength \}/,
    );
    // To be asked of them changes nothing that was learned, and the corner of an image is its own affair.
    await network.evaluate(varying);
    for await (const _event of network.fit({ ...varying, shape: [8, 10] }, { epochs: 1 }));
    await network.close();
    const label = { kind: 'appended', strength: 1 } as const;
    const appended = await createNetwork(changed(fast, { learning: { label } }), options);
    for await (const _event of appended.fit(varying, { epochs: 1 }));
    await appended.close();
  });

  it('a second training at a time', async () => {
    const network = await createNetwork({ ...fast, epochs: 1 }, options);
    const first = network.fit(train).next();
    await expect(network.fit(train).next()).rejects.toThrow(/the network is in training/);
    await first;
    await network.close();
  });

  it('a model file that is none, or not whole', async () => {
    const path = join(folder, 'bad.safetensors');
    const network = await createNetwork(fast, options);
    await saveNetwork(network, path);
    await network.close();
    const good = await readFile(path);
    const damaged = good.toString('latin1').replace('"layers.1.bias"', '"layers.1.bios"');
    await writeFile(path, Buffer.from(damaged, 'latin1'));
    await expect(loadNetwork(path)).rejects.toThrow(
      /tensor "layers\.1\.bios" is damaged: its checksum is another one; fetch the file again/,
    );
    const { tensors, metadata } = parseSafetensors(good, path);
    tensors.delete('layers.1.bias');
    await writeFile(path, encodeSafetensors([...tensors.values()], metadata));
    await expect(loadNetwork(path)).rejects.toThrow(
      /expected the tensor layers\.1\.bias of F32 \[64\], found none/,
    );
    const { tensors: spoilt } = parseSafetensors(good, path);
    spoilt.get('layers.0.weight')!.data[70] = Number.NaN;
    await writeFile(path, encodeSafetensors([...spoilt.values()], metadata));
    await expect(loadNetwork(path)).rejects.toThrow(
      `${path}: layers.0.weight is NaN at index 70, expected finite numbers: its training diverged, or the file is damaged`,
    );
    const other = good.toString('latin1').replace('forward-forward 2', 'forward-forward 9');
    await writeFile(path, Buffer.from(other, 'latin1'));
    await expect(loadNetwork(path)).rejects.toThrow(/not a model of this library/);
    const strange = good.toString('latin1').replace('\\"layers\\":[64,64]', '\\"layers\\":[-4,64]');
    await writeFile(path, Buffer.from(strange, 'latin1'));
    await expect(loadNetwork(path)).rejects.toThrow(/description in the metadata cannot be used/);
    await writeFile(path, good.subarray(0, good.length - 8));
    await expect(loadNetwork(path)).rejects.toThrow(InputError);
    await expect(loadNetwork(join(folder, 'none.safetensors'))).rejects.toThrow(/no such file/);
  });
});
