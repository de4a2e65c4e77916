// Learning from unlabelled images: whole steps against the published equations, threads, and what the softmax readout can do
// with features that no label has shaped.

import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../src/data/shuffle.ts';
import { InputError } from '../src/errors.ts';
import { bindKernels } from '../src/kernels/kernels.ts';
import { HybridImages, planHybrids } from '../src/negatives/hybrid.ts';
import { createNetwork } from '../src/network/create.ts';
import { readState } from '../src/network/state.ts';
import type { Recipe } from '../src/recipes/recipe.ts';
import { stream } from '../src/schedule/job.ts';
import { gain } from '../src/schedule/rates.ts';
import { prototypes } from './support/data.ts';
import { PublishedNetwork } from './support/published.ts';

const shape = [6, 10] as const;
const [inputs, classes, seed] = [60, 5, 3];

const recipe: Recipe = {
  name: 'small',
  about: 'for this test',
  layers: [37, 40, 24],
  image: shape,
  shift: 0,
  labelStrength: 0,
  goodness: 'sum-of-squares',
  objective: { kind: 'logistic', threshold: 1, temperature: 5 },
  negatives: { kind: 'hybrids', blurs: 2 },
  optimizer: { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0.001 },
  peer: 0.03,
  readout: { rate: 0.1, momentum: 0.9, decay: 0.003 },
  readFrom: 2,
  batch: 9,
  epochs: 2,
  hold: 0.5,
};

const images = (count: number, from: number) => ({ ...prototypes(count, inputs, classes, from), shape });

describe.each(['simd', 'relaxed'] as const)('in the %s build', build => {
  it.each([
    ['logistic', {}],
    ['swish on pairs', { objective: { kind: 'swish', alpha: 0.1 } }],
    ['one layer', { layers: [50], readFrom: 1 }],
    ['sleep', { phases: 2 }],
    ['fixed layers', { fixed: true }],
  ] as [string, Partial<Recipe>][])('training equals the published equations: %s', async (_, changes) => {
    const used = { ...recipe, ...changes };
    const data = images(4 * used.batch - 2, 1);
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
    const plan = planHybrids(used.batch, shape);
    const memory = new WebAssembly.Memory({ initial: plan.pages });
    const random = { seed, masks: stream.masks, partners: stream.negatives };
    const mixer = new HybridImages(plan, bindKernels(session.module, memory), memory, random);
    const row = (values: Uint8Array | Float32Array, i: number, unit: number) =>
      Array.from(values.subarray(i * inputs, (i + 1) * inputs), value => value * unit);
    for (let epoch = 1; epoch <= used.epochs; epoch++) {
      const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
      for (let first = 0; first < data.count; first += used.batch) {
        const examples = order.slice(first, first + used.batch);
        mixer.mix(data, examples, (epoch - 1) * data.count + first, 2, 0, examples.length);
        published.stepPairs(
          Array.from(examples, i => row(data.inputs, i, 1 / 255)),
          Array.from(examples, (_, i) => row(mixer.hybrids, i, 1)),
          Array.from(examples, i => data.labels[i]),
          gain(epoch, used.epochs, used.hold),
        );
      }
    }
    for await (const _event of network.fit(data));

    const state = new Map(readState(session, true).map(tensor => [tensor.name, tensor]));
    published.layers.forEach((layer, l) => {
      expectClose(state.get(`layers.${l}.weight`)!.data, layer.weight.flat(), `weights of layer ${l}`);
      expectClose(state.get(`layers.${l}.bias`)!.data, layer.bias, `bias of layer ${l}`);
      expectClose(state.get(`layers.${l}.mean`)!.data, layer.means, `means of layer ${l}`);
      if (l + 1 >= used.readFrom) {
        expectClose(state.get(`readout.${l}.weight`)!.data, layer.head.flat(), `readout of layer ${l}`);
      }
    });
    await network.close();
  });
});

it('learns the same bits with 1 and 3 threads, and answers by the softmax readout alone', async () => {
  const [train, test] = [images(600, 1), images(300, 2)];
  const used: Recipe = { ...recipe, batch: 20, epochs: 8, readout: { ...recipe.readout, rate: 0.3 } };
  const results = [];
  for (const threads of [1, 3]) {
    const network = await createNetwork(used, { inputs, classes, threads });
    for await (const _event of network.fit(train));
    const evaluation = await network.evaluate(test);
    expect(evaluation.goodnessReadout).toBeUndefined();
    expect(evaluation.goodness).toHaveLength(0);
    expect(evaluation.answers).toBe(evaluation.softmaxReadout);
    expect(evaluation.answers.error).toBeLessThan(10);
    const [last] = network.history.slice(-1);
    expect(last.positiveGoodness[0]).toBeGreaterThan(last.negativeGoodness[0]);
    const { label, goodness } = await network.predict(test.inputs.subarray(0, inputs));
    expect(label).toBe(evaluation.answers.predictions[0]);
    expect(goodness).toEqual([]);
    results.push({ state: readState(network.session, true), probabilities: evaluation.probabilities });
    await network.close();
  }
  expect(results[1]).toEqual(results[0]);
});

it('says what is wrong with a recipe or with images of another size', async () => {
  const make = (changes: Partial<Recipe>) => createNetwork({ ...recipe, ...changes }, { inputs, classes });
  await expect(make({ labelStrength: 1 })).rejects.toThrow('labelStrength with hybrids must be 0, found 1');
  await expect(make({ negatives: { kind: 'hybrids', blurs: -1 } })).rejects.toThrow('whole number, found -1');
  const { image: _, ...withoutImage } = recipe;
  await expect(createNetwork(withoutImage, { inputs, classes })).rejects.toThrow('rows and columns');
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  const other = { ...images(10, 1), shape: [10, 6] as const };
  await expect(network.fit(other).next()).rejects.toThrow(InputError);
  await expect(network.fit(other).next()).rejects.toThrow('for images of 6 × 10, but prototypes has 10 × 6');
});

/** Eight steps in single precision: 1e-4 of the largest value leaves room for rounding, and for nothing else. */
function expectClose(found: Float32Array, expected: number[], what: string): void {
  expect(found.length, what).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(found[i] - expected[i]));
  expect(worst / largest, what).toBeLessThan(1e-4);
}
