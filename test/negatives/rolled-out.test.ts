// Learning from what the network itself has written: the strings, whole steps against the published equations, and answers.

import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../../src/data/shuffle.ts';
import { InputError } from '../../src/errors.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { stream } from '../../src/kernels/random-streams.ts';
import { openLearner } from '../../src/learn.ts';
import { drawCharacter, moveWindow, RolledOut } from '../../src/negatives/rolled-out.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork, parseDescription } from '../../src/network/encode.ts';
import { decodeNetwork } from '../../src/network/model.ts';
import { readState } from '../../src/network/state.ts';
import type { Contrast, Recipe } from '../../src/recipes/recipe.ts';
import { gain } from '../../src/schedules/rates.ts';
import { expectClose } from '../support/close.ts';
import { prototypes, sequences, withLabelRoom } from '../support/data.ts';
import { PublishedNetwork } from '../support/published.ts';
import { type Changes, changed, type RecipeOf } from '../support/recipes.ts';
import { fitUntil } from '../support/stop.ts';

// Windows of three characters.
const [inputs, classes, seed, predictions] = [20, 5, 3, 6];

const readout = { rate: 0.5, momentum: 0.9, decay: 0.003, from: 1 };

const recipe: RecipeOf<Contrast> = {
  name: 'small',
  about: 'for this test',
  layers: [37, 40, 24],
  shift: 0,
  learning: {
    kind: 'contrast',
    label: { kind: 'first', strength: 2 },
    goodness: 'sum-of-squares',
    objective: { kind: 'logistic', threshold: 1, temperature: 5 },
    negatives: 'rolled-out',
    optimizer: { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0.001 },
    peerNormalisation: 0.03,
    readout,
  },
  batch: 9,
  epochs: 3,
  holdShare: 0.5,
};

describe('strings', () => {
  it('draws characters in proportion, and always one', () => {
    const probabilities = Float32Array.of(9, 0.25, 0, 0.5, 0.25);
    const drawn = Array.from({ length: 8 }, (_, i) => drawCharacter(probabilities, 1, 4, i / 8));
    expect(drawn).toEqual([0, 0, 2, 2, 2, 2, 3, 3]);
    expect(drawCharacter(Float32Array.of(0.5, 0.4999), 0, 2, 0.99999)).toBe(1);
  });

  it('moves one window on and leaves the others and the inputs of labels', () => {
    const data = sequences(1, 3, inputs, classes, 1);
    const [before, next] = [data.inputs.slice(), data.inputs.slice(2 * inputs)];
    moveWindow(data, 1, data.labels[1]);
    before.set(next, inputs);
    expect(data.inputs).toEqual(before);
    const floats = { ...data, inputs: new Float32Array(3 * inputs) };
    moveWindow(floats, 0, 4);
    expect(floats.inputs.indexOf(1)).toBe(inputs - 1);
  });

  it('are written from their beginnings, asked once a step, and written again from the labels', async () => {
    const real = sequences(4, predictions, inputs, classes, 1);
    const rolled = new RolledOut(real);
    // Tells that the last character comes twice.
    let asked = 0;
    const repeat = async (windows: typeof real) => {
      expect(windows.count).toBe(4);
      const { inputs: rows } = windows;
      asked++;
      return Float32Array.from({ length: 4 * classes }, (_, k) => {
        const row = Math.floor(k / classes);
        return rows[row * inputs + inputs - classes + (k % classes)] ? 1 : 0;
      });
    };
    expect(await rolled.write(repeat, () => 0.5)).toBe(true);
    expect(asked).toBe(predictions);
    const { negatives } = rolled;
    for (let example = 0; example < real.count; example++) {
      const string = Math.floor(example / predictions);
      const first = real.inputs.subarray(string * predictions * inputs, (string * predictions + 1) * inputs);
      const last = first.subarray(inputs - classes).indexOf(255);
      expect(negatives.labels[example]).toBe(last);
      const row = negatives.inputs.subarray(example * inputs, (example + 1) * inputs);
      if (example % predictions === 0) expect(row).toEqual(first);
      if (example % predictions < 3) continue;
      const expected = new Uint8Array(inputs);
      for (let k = 1; k < inputs / classes; k++) expected[k * classes + last] = 255;
      expect(row).toEqual(expected);
    }
    const again = new RolledOut(real);
    again.restore(Array.from(negatives.labels));
    expect(again.negatives).toEqual(negatives);
    expect(
      await rolled.write(
        async () => undefined,
        () => 0.5,
      ),
    ).toBe(false);
  });

  it('of other data are refused', () => {
    const real = sequences(4, predictions, inputs, classes, 1);
    expect(() => new RolledOut({ ...real, predictions: 5 })).toThrow(
      'found sequences with 24 predictions, 5 a string',
    );
    expect(() => new RolledOut(prototypes(10, inputs, classes, 1))).toThrow('examples with no order');
    expect(() => new RolledOut({ ...real, classes: 3 })).toThrow(InputError);
  });
});

describe.each(['simd', 'relaxed'] as const)('in the %s build', build => {
  it.each([
    ['logistic', {}],
    ['swish on pairs', { learning: { objective: { kind: 'swish', alpha: 0.1 } } }],
    ['one layer, and sleep', { layers: [50], learning: { readout: { ...readout, from: 0 }, phases: 2 } }],
  ] as [string, Changes<Contrast>][])('training equals the published equations: %s', async (_, changes) => {
    const used = changed(recipe, changes);
    // The last batch is smaller.
    const data = sequences(4, predictions, inputs, classes, 1);
    const network = await createNetwork(used, { inputs, classes, seed, threads: 1, build });
    const { session } = network;
    const initial = readState(session, false).filter(({ name }) => /^layers\.\d+\.weight$/.test(name));
    const published = new PublishedNetwork(
      used,
      inputs,
      classes,
      initial.map(tensor => tensor.data),
    );

    const { randomBits } = bindKernels(session.module, session.readoutMemory);
    const { strength } = used.learning.label;
    const whole = (window: number[], label: number | undefined) => [
      ...Array.from({ length: classes }, (_, c) =>
        label === undefined ? strength / classes : c === label ? strength : 0,
      ),
      ...window,
    ];
    const windowOf = (example: number) =>
      Array.from(data.inputs.subarray(example * inputs + classes, (example + 1) * inputs), v => v / 255);
    for (let epoch = 1; epoch <= used.epochs; epoch++) {
      const written: { window: number[]; label: number }[] = [];
      for (let string = 0; string < 4; string++) {
        let window = windowOf(string * predictions);
        for (let i = 0; i < predictions; i++) {
          const example = string * predictions + i;
          const [probabilities] = published.probabilities([whole(window, undefined)]);
          const bits = randomBits(seed, stream.characters, (epoch - 1) * data.count + example);
          let left = (bits >>> 0) / 2 ** 32;
          const label = probabilities.findIndex(p => {
            left -= p;
            return left < 0;
          });
          written[example] = { window, label };
          window = [
            ...window.slice(classes),
            ...whole([], label)
              .slice(0, classes)
              .map(v => v / strength),
          ];
        }
      }
      const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
      for (let first = 0; first < data.count; first += used.batch) {
        const examples = Array.from(order.slice(first, first + used.batch));
        published.stepPairs(
          examples.map(i => whole(windowOf(i), data.labels[i])),
          examples.map(i => whole(written[i].window, written[i].label)),
          examples.map(i => data.labels[i]),
          gain(epoch, used.epochs, used.holdShare),
          examples.map(i => whole(windowOf(i), undefined)),
        );
      }
    }
    for await (const _event of network.fit(data));

    const state = new Map(readState(session, true).map(tensor => [tensor.name, tensor]));
    published.layers.forEach((layer, l) => {
      expectClose(state.get(`layers.${l}.weight`)!.data, layer.weight.flat(), `weights of layer ${l}`);
      expectClose(state.get(`layers.${l}.bias`)!.data, layer.bias, `bias of layer ${l}`);
      expectClose(state.get(`layers.${l}.mean`)!.data, layer.means, `means of layer ${l}`);
      if (l >= used.learning.readout.from) {
        expectClose(state.get(`readout.${l}.weight`)!.data, layer.head.flat(), `readout of layer ${l}`);
      }
    });
    await network.close();
  });
});

it.each(['first', 'appended'] as const)(
  'answers as a network does whose versions of an input share a product, label %s',
  async kind => {
    const data = sequences(40, predictions, inputs, classes, 2);
    const answers = [];
    for (const negatives of ['rolled-out', 'hard'] as const) {
      // Layers that stay as they are, so that both networks are the same.
      const network = await createNetwork(
        changed(recipe, { learning: { label: { kind, strength: 2 }, negatives, frozen: true } }),
        {
          inputs,
          classes,
          threads: 1,
        },
      );
      for await (const _event of network.fit(data));
      const evaluation = await network.evaluate(data);
      answers.push({ ...evaluation, alone: await network.probabilities(data) });
      expect(evaluation.goodnessReadout).toBeDefined();
      await network.close();
    }
    const [mine, theirs] = answers;
    expect(mine.softmaxReadout.error).toBeLessThan(50);
    for (const kind of ['goodness', 'probabilities', 'alone'] as const) {
      expect(mine[kind]).toHaveLength(theirs[kind].length);
      for (const [i, value] of mine[kind].entries()) expect(value).toBeCloseTo(theirs[kind][i], 4);
    }
    for (const [i, p] of mine.alone.entries()) expect(p).toBeCloseTo(mine.probabilities[i], 5);
  },
);

it('learns what comes next, the same with 2 threads, and goes on learning on a device', async () => {
  const [train, test] = [1, 2].map(s => sequences(60, predictions, inputs, classes, s));
  const used: Recipe = { ...recipe, batch: 20, epochs: 10 };
  const states = [];
  for (const threads of [1, 2]) {
    const network = await createNetwork(used, { inputs, classes, threads });
    for await (const _event of network.fit(train));
    // One in five is not to be known, a fifth of which is right by chance.
    expect((await network.evaluate(test)).softmaxReadout.error).toBeLessThan(25);
    states.push(readState(network.session, true));
    const learner = await openLearner(await encodeNetwork(network));
    const example = test.inputs.slice(0, inputs);
    const [known, told] = [await network.predict(example), learner.predict(example)];
    for (const [c, value] of told.goodness.entries()) expect(value / known.goodness[c]).toBeCloseTo(1, 4);
    learner.learn(test.inputs, test.labels);
    await network.close();
  }
  expect(states[1]).toEqual(states[0]);
});

it.each([1, 2])('goes on inside an epoch with what it has written for it, %i threads', async threads => {
  const data = sequences(100, 60, inputs, classes, 2);
  const long: Recipe = { ...recipe, layers: [70, 60], batch: 10, epochs: 2 };
  let network = await createNetwork(long, { inputs, classes, threads });
  for await (const _event of network.fit(data));
  const whole = readState(network.session, true);
  await network.close();

  network = await createNetwork(long, { inputs, classes, threads });
  await fitUntil(network, data, 2, 20);
  expect(network.position.epoch).toBe(2);
  const checkpoint = await encodeNetwork(network, true);
  // By itself, and from a file.
  for await (const _event of network.fit(data));
  expect(readState(network.session, true)).toEqual(whole);
  await network.close();
  network = await decodeNetwork(checkpoint, { threads });
  for await (const _event of network.fit(data));
  expect(readState(network.session, true)).toEqual(whole);
  await network.close();
});

it('starts an epoch anew where it was stopped while it wrote', async () => {
  const data = sequences(40, predictions, inputs, classes, 2);
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  const stop = new AbortController();
  const training = network.fit(data, { signal: stop.signal }).next();
  stop.abort();
  expect((await training).done).toBe(true);
  expect(network.position).toMatchObject({ epoch: 1, batch: 0 });
  expect(network.position.rolledOut).toBeUndefined();
  for await (const _event of network.fit(data));
  const whole = await createNetwork(recipe, { inputs, classes, threads: 1 });
  for await (const _event of whole.fit(data));
  expect(readState(network.session, true)).toEqual(readState(whole.session, true));
  await network.close();
  await whole.close();
});

it('says what is wrong with recipes, data and checkpoints', async () => {
  const make = (changes: Changes<Contrast>) => createNetwork(changed(recipe, changes), { inputs, classes });
  const learn = (learning: object) => make({ learning });
  await expect(learn({ label: { kind: 'first', strength: 0 } })).rejects.toThrow(
    'learning.label.strength must be a number above 0 in single precision, found 0',
  );
  await expect(make({ shift: 1 })).rejects.toThrow(
    'shift with rolled-out negatives must be 0 or absent, found 1',
  );
  await expect(learn({ negatives: 'rolled' })).rejects.toThrow('uniform, hard, rolled-out, found "rolled"');
  await expect(learn({ phases: 0 })).rejects.toThrow('phases must be a whole number of at least 1, found 0');
  await expect(learn({ frozen: false })).rejects.toThrow('frozen must be true or absent, found false');
  const pairs = { objective: { kind: 'swish', alpha: 1 }, phases: 2 };
  await expect(learn(pairs)).rejects.toThrow(
    'absent with an objective on pairs, which cannot be separated, found 2',
  );
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  const unordered = withLabelRoom(prototypes(9, inputs, classes, 1));
  await expect(network.fit(unordered).next()).rejects.toThrow('use textDataset');
  const position = { ...network.position, batch: 1, examples: 2, trainSeconds: 1 };
  const describe = (rolledOut: unknown) =>
    parseDescription(
      {
        format: 'forward-forward 2',
        description: JSON.stringify({
          ...{ recipe, inputs, classes, seed, build: 'simd' },
          position: { ...position, rolledOut },
        }),
      },
      'm',
    );
  expect(() => describe([4, 0])).not.toThrow();
  for (const bad of [undefined, [4], [4, 5], 'ab']) {
    expect(() => describe(bad)).toThrow('lacks the negative data that the network has written');
  }
  await network.close();
});
