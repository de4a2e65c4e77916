// Whole training steps against the published equations, for every goodness, objective, optimizer and kind of negatives; and what a
// network that sees no labels answers.

import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../../src/data/shuffle.ts';
import { InputError } from '../../src/errors.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { stream } from '../../src/kernels/random-streams.ts';
import type { Goodness } from '../../src/layers/goodness.ts';
import type { Optimizer } from '../../src/layers/optimizer.ts';
import { HybridImages, planHybrids } from '../../src/negatives/hybrids.ts';
import { createNetwork } from '../../src/network/create.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import type { Contrast, ObjectiveSpec, Recipe, Unsupervised } from '../../src/recipes/recipe.ts';
import { gain } from '../../src/schedules/rates.ts';
import { expectClose } from '../support/close.ts';
import { prototypes, withLabelRoom } from '../support/data.ts';
import { PublishedNetwork } from '../support/published.ts';
import { type Changes, changed, type RecipeOf } from '../support/recipes.ts';

const [inputs, classes, seed] = [60, 5, 3];

const logistic: ObjectiveSpec = { kind: 'logistic', threshold: 1, temperature: 5 };
const momentum: Optimizer = { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0.001 };
const adam: Optimizer = { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-5, decay: 0.01 };
const readout = { rate: 0.1, momentum: 0.9, decay: 0.003, from: 1 };

function publishedOf(network: Network, recipe: RecipeOf<Contrast | Unsupervised>): PublishedNetwork {
  const initial = readState(network.session, false).filter(({ name }) => /^layers\.\d+\.weight$/.test(name));
  return new PublishedNetwork(
    recipe,
    inputs,
    classes,
    initial.map(({ data }) => data),
  );
}

function expectSame(
  network: Network,
  published: PublishedNetwork,
  { learning }: RecipeOf<Contrast | Unsupervised>,
): void {
  const state = new Map(readState(network.session, true).map(tensor => [tensor.name, tensor]));
  published.layers.forEach((layer, l) => {
    expectClose(state.get(`layers.${l}.weight`)!.data, layer.weight.flat(), `weights of layer ${l}`);
    expectClose(state.get(`layers.${l}.bias`)!.data, layer.bias, `bias of layer ${l}`);
    if (learning.peerNormalisation) {
      expectClose(state.get(`layers.${l}.mean`)!.data, layer.means, `means of layer ${l}`);
    }
    if (l >= learning.readout.from) {
      expectClose(state.get(`readout.${l}.weight`)!.data, layer.head.flat(), `readout of layer ${l}`);
    }
  });
}

// ----- with labels in the input ----------------------------------------------------------------------------------------

const labelled: RecipeOf<Contrast> = {
  name: 'small',
  about: 'for this test',
  layers: [37, 40, 24],
  shift: 0,
  learning: {
    kind: 'contrast',
    label: { kind: 'first', strength: 2 },
    goodness: 'sum-of-squares',
    objective: logistic,
    negatives: 'hard',
    optimizer: momentum,
    peerNormalisation: 0.03,
    readout,
  },
  batch: 9,
  epochs: 2,
  holdShare: 0.5,
};

const cases: [string, Changes<Contrast>][] = [
  ['the reference: logistic, momentum, peer, hard negatives', {}],
  ['uniform negatives', { learning: { negatives: 'uniform' } }],
  ['adam', { learning: { optimizer: adam } }],
  ['no peer normalisation', { learning: { peerNormalisation: undefined } }],
  ['sleep after every batch', { learning: { phases: 1 } }],
  ['longer sleep, and adam', { learning: { phases: 3, optimizer: adam } }],
  ['two groups of units', { layers: [64, 128], learning: { groups: 2 } }],
  [
    'groups of one panel, on pairs',
    {
      layers: [96, 96],
      learning: {
        groups: 3,
        goodness: 'mean-of-squares',
        objective: { kind: 'swish', alpha: 3 },
        peerNormalisation: undefined,
      },
    },
  ],
  ['frozen layers', { learning: { frozen: true } }],
  ['readouts on all layers', { learning: { readout: { ...readout, from: 0 } } }],
  ['one layer', { layers: [50], learning: { readout: { ...readout, from: 0 } } }],
  ['a first layer so full that the second is dense', { layers: [8, 33, 9], batch: 4 }],
  [
    'layers that differ in goodness and rate, one of them frozen',
    {
      layers: [
        { kind: 'dense', units: 37, goodness: 'minus-sum-of-squares', rate: 0.02 },
        { kind: 'dense', units: 40, frozen: true },
        { kind: 'dense', units: 33, rate: 0.1 },
        24,
      ],
    },
  ],
];
for (const goodness of ['sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares'] as Goodness[]) {
  const scale = goodness === 'mean-of-squares' ? 30 : 1;
  const objectives: ObjectiveSpec[] = [
    { kind: 'logistic', threshold: 1, temperature: 5 / scale },
    { kind: 'symba', alpha: 0.1 * scale },
    { kind: 'swish', alpha: 0.1 * scale },
  ];
  for (const objective of objectives) {
    for (const optimizer of [momentum, adam]) {
      const name = `${goodness}, ${objective.kind}, ${optimizer.kind}`;
      cases.push([name, { learning: { goodness, objective, optimizer } }]);
    }
  }
}

describe.each(['simd', 'relaxed'] as const)(
  'training in the %s build equals the published equations',
  build => {
    it.each(cases)('%s', async (_, changes) => {
      const recipe = changed(labelled, changes);
      // A number of examples that leaves a smaller last batch.
      const data = withLabelRoom(prototypes(4 * recipe.batch - 2, inputs, classes, 1));
      const network = await createNetwork(recipe, { inputs, classes, seed, threads: 1, build });
      const { session } = network;
      const published = publishedOf(network, recipe);

      const { randomBits } = bindKernels(session.module, session.readoutMemory);
      const image = (i: number) =>
        Array.from(data.inputs.subarray(i * inputs, (i + 1) * inputs), v => v / 255);
      for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
        const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
        for (let first = 0; first < data.count; first += recipe.batch) {
          const examples = Array.from(order.subarray(first, first + recipe.batch));
          const labels = examples.map(i => data.labels[i]);
          const factor = gain(epoch, recipe.epochs, recipe.holdShare);
          published.step(examples.map(image), labels, factor, (label, probabilities, i) => {
            const counter = (epoch - 1) * data.count + first + i;
            const random = (randomBits(seed, stream.negatives, counter) >>> 0) / 2 ** 32;
            const others = probabilities.map((p, c) =>
              c === label ? 0 : recipe.learning.negatives === 'hard' ? p : 1,
            );
            let left = random * others.reduce((a, b) => a + b);
            return others.findIndex(share => {
              left -= share;
              return left < 0;
            });
          });
        }
      }
      for await (const { activeRows } of network.fit(data)) {
        recipe.layers.forEach((layer, l) => {
          const isFrozen = recipe.learning.frozen || (typeof layer === 'object' && layer.frozen);
          if (isFrozen) expect(activeRows[l]).toBe(0);
          else expect(activeRows[l]).toBeGreaterThan(0);
        });
      }
      expectSame(network, published, recipe);
      await network.close();
    });
  },
);

// ----- without labels --------------------------------------------------------------------------------------------------

const shape = [6, 10] as const;

const unlabelled: RecipeOf<Unsupervised> = {
  ...labelled,
  image: shape,
  learning: {
    kind: 'unsupervised',
    goodness: 'sum-of-squares',
    objective: logistic,
    negatives: { kind: 'hybrids', blurs: 2 },
    optimizer: momentum,
    peerNormalisation: 0.03,
    readout,
  },
};

const images = (count: number, from: number) => ({ ...prototypes(count, inputs, classes, from), shape });

describe.each(['simd', 'relaxed'] as const)('without labels in the %s build', build => {
  it.each([
    ['logistic', {}],
    ['swish on pairs', { learning: { objective: { kind: 'swish', alpha: 0.1 } } }],
    ['one layer', { layers: [50], learning: { readout: { ...readout, from: 0 } } }],
    ['sleep', { learning: { phases: 2 } }],
    ['frozen layers', { learning: { frozen: true } }],
  ] as [string, Changes<Unsupervised>][])(
    'training equals the published equations: %s',
    async (_, changes) => {
      const used = changed(unlabelled, changes);
      const data = images(4 * used.batch - 2, 1);
      const network = await createNetwork(used, { inputs, classes, seed, threads: 1, build });
      const { session } = network;
      const published = publishedOf(network, used);

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
            gain(epoch, used.epochs, used.holdShare),
          );
        }
      }
      for await (const _event of network.fit(data));
      expectSame(network, published, used);
      await network.close();
    },
  );
});

it('learns the same bits with 1 and 3 threads, and answers by the softmax readout alone', async () => {
  const [train, test] = [images(600, 1), images(300, 2)];
  const used = changed(unlabelled, {
    batch: 20,
    epochs: 8,
    learning: { readout: { ...readout, rate: 0.3 } },
  });
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
  const make = (recipe: object) => createNetwork(recipe as Recipe, { inputs, classes });
  const withLearning = (changes: object) =>
    make({ ...unlabelled, learning: { ...unlabelled.learning, ...changes } });
  await expect(withLearning({ label: { kind: 'first', strength: 1 } })).rejects.toThrow(
    'learning.label is not a setting',
  );
  await expect(withLearning({ negatives: { kind: 'hybrids', blurs: -1 } })).rejects.toThrow(
    'whole number of at least 0, found -1',
  );
  const { image: _, ...withoutImage } = unlabelled;
  await expect(make(withoutImage)).rejects.toThrow('rows and columns');
  const network = await createNetwork(unlabelled, { inputs, classes, threads: 1 });
  const other = { ...images(10, 1), shape: [10, 6] as const };
  await expect(network.fit(other).next()).rejects.toThrow(InputError);
  await expect(network.fit(other).next()).rejects.toThrow('for images of 6 × 10, but prototypes has 10 × 6');
});
