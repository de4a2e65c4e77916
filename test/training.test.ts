// Whole training steps against the published equations, for every goodness, objective, optimizer and kind of negatives.

import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../src/data/shuffle.ts';
import { bindKernels } from '../src/kernels/kernels.ts';
import { createNetwork } from '../src/network/create.ts';
import { readState } from '../src/network/state.ts';
import type { Goodness, Objective, Optimizer, Recipe } from '../src/recipes/recipe.ts';
import { stream } from '../src/schedule/job.ts';
import { gain } from '../src/schedule/rates.ts';
import { prototypes } from './support/data.ts';
import { PublishedNetwork } from './support/published.ts';

const logistic: Objective = { kind: 'logistic', threshold: 1, temperature: 5 };
const momentum: Optimizer = { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0.001 };
const adam: Optimizer = { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-5, decay: 0.01 };

const base: Recipe = {
  name: 'small',
  about: 'for this test',
  layers: [37, 40, 24],
  shift: 0,
  labelStrength: 2,
  goodness: 'sum-of-squares',
  objective: logistic,
  negatives: 'hard',
  optimizer: momentum,
  peer: 0.03,
  readout: { rate: 0.1, momentum: 0.9, decay: 0.003 },
  readFrom: 2,
  batch: 9,
  epochs: 2,
  hold: 0.5,
};

const cases: [string, Partial<Recipe>][] = [
  ['the reference: logistic, momentum, peer, hard negatives', {}],
  ['uniform negatives', { negatives: 'uniform' }],
  ['adam', { optimizer: adam }],
  ['no peer normalisation', { peer: 0 }],
  ['sleep after every batch', { phases: 1 }],
  ['longer sleep, and adam', { phases: 3, optimizer: adam }],
  ['two groups of units', { layers: [64, 128], groups: 2 }],
  [
    'groups of one panel, on pairs',
    {
      layers: [96, 96],
      groups: 3,
      goodness: 'mean-of-squares',
      objective: { kind: 'swish', alpha: 3 },
      peer: 0,
    },
  ],
  ['fixed layers', { fixed: true }],
  ['readouts on all layers', { readFrom: 1 }],
  ['one layer', { layers: [50], readFrom: 1 }],
  ['a first layer so full that the second is dense', { layers: [8, 33, 9], batch: 4 }],
];
for (const goodness of ['sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares'] as Goodness[]) {
  const scale = goodness === 'mean-of-squares' ? 30 : 1;
  const objectives: Objective[] = [
    { kind: 'logistic', threshold: 1, temperature: 5 / scale },
    { kind: 'symba', alpha: 0.1 * scale },
    { kind: 'swish', alpha: 0.1 * scale },
  ];
  for (const objective of objectives) {
    for (const optimizer of [momentum, adam]) {
      cases.push([`${goodness}, ${objective.kind}, ${optimizer.kind}`, { goodness, objective, optimizer }]);
    }
  }
}

describe.each(['simd', 'relaxed'] as const)(
  'training in the %s build equals the published equations',
  build => {
    it.each(cases)('%s', async (_, changes) => {
      const recipe = { ...base, ...changes };
      const [inputs, classes, seed] = [60, 5, 3];
      // A number of examples that leaves a smaller last batch.
      const data = prototypes(4 * recipe.batch - 2, inputs, classes, 1);
      const network = await createNetwork(recipe, { inputs, classes, seed, threads: 1, build });
      const { session } = network;
      const initial = readState(session, false).filter(({ name }) => /^layers\.\d+\.weight$/.test(name));
      const published = new PublishedNetwork(
        recipe,
        inputs,
        classes,
        initial.map(({ data }) => data),
      );

      const { randomBits } = bindKernels(session.module, session.readoutMemory);
      const image = (i: number) =>
        Array.from(data.inputs.subarray(i * inputs, (i + 1) * inputs), v => v / 255);
      for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
        const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
        for (let first = 0; first < data.count; first += recipe.batch) {
          const examples = Array.from(order.subarray(first, first + recipe.batch));
          const labels = examples.map(i => data.labels[i]);
          const factor = gain(epoch, recipe.epochs, recipe.hold);
          published.step(examples.map(image), labels, factor, (label, probabilities, i) => {
            const counter = (epoch - 1) * data.count + first + i;
            const random = (randomBits(seed, stream.negatives, counter) >>> 0) / 2 ** 32;
            const others = probabilities.map((p, c) =>
              c === label ? 0 : recipe.negatives === 'hard' ? p : 1,
            );
            let left = random * others.reduce((a, b) => a + b);
            return others.findIndex(share => {
              left -= share;
              return left < 0;
            });
          });
        }
      }
      for await (const _event of network.fit(data));

      const state = new Map(readState(session, true).map(tensor => [tensor.name, tensor]));
      published.layers.forEach((layer, l) => {
        expectClose(state.get(`layers.${l}.weight`)!.data, layer.weight.flat(), `weights of layer ${l}`);
        expectClose(state.get(`layers.${l}.bias`)!.data, layer.bias, `bias of layer ${l}`);
        if (recipe.peer) expectClose(state.get(`layers.${l}.mean`)!.data, layer.means, `means of layer ${l}`);
        if (l + 1 >= recipe.readFrom) {
          expectClose(state.get(`readout.${l}.weight`)!.data, layer.head.flat(), `readout of layer ${l}`);
        }
      });
      await network.close();
    });
  },
);

/** Eight steps in single precision: 1e-4 of the largest value leaves room for rounding, and for nothing else. */
function expectClose(found: Float32Array, expected: number[], what: string): void {
  expect(found.length, what).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(found[i] - expected[i]));
  expect(worst / largest, what).toBeLessThan(1e-4);
}
