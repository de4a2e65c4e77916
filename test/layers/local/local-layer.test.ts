// Local fields and recurrent networks: whole training steps, answers and masks against their definition.

import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.ts';
import { shuffledOrder } from '../../../src/data/shuffle.ts';
import { openLearner } from '../../../src/device/learner.ts';
import { loadPredictor } from '../../../src/device/predictor.ts';
import { parseSafetensors } from '../../../src/files/safetensors.ts';
import { bindKernels } from '../../../src/kernels/kernels.ts';
import { stream } from '../../../src/kernels/random-streams.ts';
import type { LocalSpec } from '../../../src/layers/local/spec.ts';
import type { Optimizer } from '../../../src/layers/optimizer.ts';
import { HybridImages } from '../../../src/negatives/hybrids.ts';
import { createNetwork } from '../../../src/network/create.ts';
import { encodeNetwork } from '../../../src/network/encode.ts';
import { decodeNetwork } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { readState } from '../../../src/network/state.ts';
import type { Recipe, Recurrent, Unsupervised } from '../../../src/recipes/recipe.ts';
import { reportOf } from '../../../src/report/collect.ts';
import { renderReport } from '../../../src/report/report.ts';
import { gain } from '../../../src/schedules/rates.ts';
import { expectClose } from '../../support/close.ts';
import { prototypes } from '../../support/data.ts';
import { PlainNetwork } from '../../support/local-network.ts';

const momentum: Optimizer = { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0.001 };
const adam: Optimizer = { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-4, decay: 0.01 };

const byGoodness = {
  goodness: 'sum-of-squares',
  objective: { kind: 'logistic', threshold: 1, temperature: 5 },
  optimizer: momentum,
  peerNormalisation: 0.03,
  readout: { rate: 0.1, momentum: 0.9, decay: 0.003, from: 1 },
} as const;
const hybrids: Unsupervised = {
  kind: 'unsupervised',
  negatives: { kind: 'hybrids', blurs: 2 },
  ...byGoodness,
};
const labels: Recurrent = {
  kind: 'recurrent',
  iterations: 4,
  damping: 0.3,
  firstStep: 2,
  lastStep: 3,
  labelStrength: 1.5,
  negatives: 'hard',
  ...byGoodness,
};
function withoutPeers<L extends Unsupervised | Recurrent>({ peerNormalisation: _, ...learning }: L) {
  return learning;
}
/** The readouts look at all layers. */
const fromFirst = { ...byGoodness.readout, from: 0 };

const unsupervised: Recipe = {
  name: 'small',
  about: 'for this test',
  layers: [],
  image: [7, 6],
  shift: 0,
  learning: hybrids,
  batch: 9,
  epochs: 2,
  holdShare: 0.5,
};
const recurrent: Recipe = { ...unsupervised, learning: labels };

const local = (
  height: number,
  width: number,
  channels: number,
  [size, stride, overhang]: [number, number, number],
  above?: [number, number, number],
): LocalSpec => ({
  kind: 'local',
  height,
  width,
  channels,
  field: { size, stride, overhang },
  ...(above && { above: { size: above[0], stride: above[1], overhang: above[2] } }),
});

// 3 × 3 positions share a panel in the first layer, 2 panels a position in the second; the third sees everything.
const pyramid = [local(6, 5, 3, [2, 1, 0]), local(3, 2, 40, [4, 1, 0]), 20];
// As the paper's networks for CIFAR-10: fields in both directions that hang over the edges.
const columns = [local(7, 6, 2, [3, 1, 1], [5, 1, 2]), local(7, 6, 3, [3, 1, 1])];

const cases: [string, Recipe][] = [
  ['local fields, hybrids', { ...unsupervised, layers: pyramid }],
  [
    'local fields, hybrids, adam, no peers',
    { ...unsupervised, layers: pyramid, learning: { ...withoutPeers(hybrids), optimizer: adam } },
  ],
  [
    'local fields of colours, swish on means',
    {
      ...unsupervised,
      layers: [local(3, 3, 7, [3, 2, 0]), local(2, 2, 5, [2, 1, 0])],
      image: [7, 7, 2],
      channelMeans: [0.3, 0.6],
      learning: {
        ...hybrids,
        goodness: 'mean-of-squares',
        objective: { kind: 'swish', alpha: 3 },
        readout: fromFirst,
      },
    },
  ],
  ['recurrent, fully connected', { ...recurrent, layers: [20, 37, 9] }],
  [
    'recurrent, adam, uniform negatives',
    { ...recurrent, layers: [40, 33], learning: { ...labels, optimizer: adam, negatives: 'uniform' } },
  ],
  ['recurrent, one layer', { ...recurrent, layers: [35], learning: { ...labels, readout: fromFirst } }],
  [
    'recurrent, goodness to be small, symba, no damping',
    {
      ...recurrent,
      layers: [30, 30],
      learning: {
        ...labels,
        goodness: 'minus-sum-of-squares',
        objective: { kind: 'symba', alpha: 0.1 },
        iterations: 2,
        damping: 0,
        firstStep: 1,
        lastStep: 1,
      },
    },
  ],
  [
    'recurrent local fields',
    { ...recurrent, layers: columns, channelMeans: [0.45], learning: { ...labels, readout: fromFirst } },
  ],
  [
    'recurrent local fields, adam',
    { ...recurrent, layers: [...columns, 12], learning: { ...labels, optimizer: adam } },
  ],
  [
    'a goodness at each position',
    {
      ...unsupervised,
      layers: [local(3, 3, 9, [3, 2, 0]), local(2, 2, 40, [2, 1, 0]), 20],
      image: [7, 7],
      learning: { ...hybrids, groups: 'positions' },
    },
  ],
  [
    'a goodness at each position, over time, swish on means',
    {
      ...recurrent,
      layers: [local(3, 3, 33, [3, 2, 0], [2, 1, 1]), local(2, 2, 12, [2, 1, 0])],
      image: [7, 7],
      learning: {
        ...withoutPeers(labels),
        goodness: 'mean-of-squares',
        objective: { kind: 'swish', alpha: 3 },
        groups: 'positions',
      },
    },
  ],
  ['recurrent, groups of units', { ...recurrent, layers: [64, 128], learning: { ...labels, groups: 2 } }],
  ['dense layers, means of channels', { ...unsupervised, layers: [20, 33], channelMeans: [0.45] }],
  ['local fields over a dense layer', { ...unsupervised, layers: [40, local(1, 1, 33, [1, 1, 0]), 12] }],
  [
    'layers with settings of their own',
    {
      ...unsupervised,
      layers: [
        { ...local(6, 5, 3, [2, 1, 0]), frozen: true },
        { ...local(3, 2, 40, [4, 1, 0]), goodness: 'mean-of-squares', rate: 0.2 },
        { kind: 'dense', units: 20, goodness: 'minus-sum-of-squares', rate: 0.01 },
      ],
    },
  ],
];

/** Examples that leave a smaller last batch. */
function dataFor({ image, batch }: Recipe): Dataset {
  const [height, width, channels = 1] = image!;
  const made = prototypes(3 * batch - 2, height * width * channels, 5, 1);
  return { ...made, shape: image! };
}

/** Each channel of a pixel less its mean. */
const centred = (image: number[], { channelMeans = [0] }: Recipe) =>
  image.map((value, k) => value - Number(channelMeans[k % channelMeans.length]));

const pixels = (data: Dataset, i: number, recipe: Recipe) =>
  centred(
    Array.from(data.inputs.subarray(i * data.width, (i + 1) * data.width), v => v / 255),
    recipe,
  );

/** What the network is about to do, done in double precision. */
function train(plain: PlainNetwork, { session }: Network, data: Dataset): void {
  const { recipe, module, readoutMemory, seed, hybrids } = session;
  const { randomBits } = bindKernels(module, readoutMemory);
  for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
    const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
    for (let first = 0; first < data.count; first += recipe.batch) {
      const examples = order.slice(first, first + recipe.batch);
      const counter = (epoch - 1) * data.count + first;
      const images = Array.from(examples, i => pixels(data, i, recipe));
      const labels = Array.from(examples, i => data.labels[i]);
      const factor = gain(epoch, recipe.epochs, recipe.holdShare);
      const neutral = plain.bottomUp(images);
      const probabilities = plain.probabilities(neutral);
      if (hybrids) {
        const memory = new WebAssembly.Memory({ initial: hybrids.plan.pages });
        const random = { seed, masks: stream.masks, partners: stream.negatives };
        const mixer = new HybridImages(hybrids.plan, bindKernels(module, memory), memory, random);
        const { blurs } = (recipe.learning as Unsupervised).negatives;
        mixer.mix(data, examples, counter, blurs, 0, examples.length);
        const mixed = images.map((_, i) =>
          centred(Array.from(mixer.hybrids.subarray(i * data.width, (i + 1) * data.width)), recipe),
        );
        const negative = plain.bottomUp(mixed);
        plain.learn(neutral, negative, factor);
      } else {
        const { negatives: kind, firstStep, lastStep } = recipe.learning as Recurrent;
        const wrong = labels.map((label, i) => {
          let left = (randomBits(seed, stream.negatives, counter + i) >>> 0) / 2 ** 32;
          const shares = probabilities[i].map((p, c) => (c === label ? 0 : kind === 'hard' ? p : 1));
          left *= shares.reduce((a, b) => a + b);
          return shares.findIndex(share => {
            left -= share;
            return left < 0;
          });
        });
        let [positive, negative] = [neutral, neutral];
        for (let step = 1; step <= lastStep; step++) {
          positive = plain.move(images, labels, positive);
          negative = plain.move(images, wrong, negative);
          if (step >= firstStep) plain.learn(positive, negative, factor);
        }
      }
      plain.learnReadout(neutral, probabilities, labels, factor);
    }
  }
}

describe.each(['simd', 'relaxed'] as const)('in the %s build', build => {
  it.each(cases)('%s: training and answers are as defined', async (_, recipe) => {
    const data = dataFor(recipe);
    const { width: inputs, classes } = data;
    const { peerNormalisation, readout } = recipe.learning as Unsupervised | Recurrent;
    const network = await createNetwork(recipe, { inputs, classes, seed: 3, threads: 1, build });
    const plain = new PlainNetwork(network);
    train(plain, network, data);
    for await (const _event of network.fit(data));

    const state = new Map(readState(network.session, true).map(({ name, data }) => [name, data]));
    plain.layers.forEach((layer, l) => {
      for (const { name, expected } of layer.tensors()) {
        if (peerNormalisation || !name.endsWith('.mean')) expectClose(state.get(name)!, expected, name);
      }
      if (l >= readout.from) {
        expectClose(state.get(`readout.${l}.weight`)!, layer.head.flat(), `readout of layer ${l}`);
      }
    });
    const masked = plain.layers.flatMap(({ places, isSeen }) =>
      places.flatMap(({ name, weights }) =>
        weights.flatMap(([k, unit], i) => (isSeen[k][unit] ? [] : [state.get(`${name}.weight`)![i]])),
      ),
    );
    expect(masked.every(weight => weight === 0)).toBe(true);
    await expectAnswers(network, plain, data);
    await network.close();
  });
});

async function expectAnswers(network: Network, plain: PlainNetwork, data: Dataset): Promise<void> {
  const { recipe, classes } = network.session;
  const { layers, learning } = recipe;
  const images = Array.from({ length: data.count }, (_, i) => pixels(data, i, recipe));
  const { probabilities, goodness } = await network.evaluate(data);
  const neutral = plain.bottomUp(images);
  expectClose(probabilities, plain.probabilities(neutral).flat(), 'probabilities');
  if (learning.kind !== 'recurrent') return;
  const { firstStep, lastStep, iterations } = learning;
  const overTime = await network.goodnessOverTime(data);
  const [sums, times] = [goodness, overTime].map(({ length }) => new Array<number>(length).fill(0));
  for (let label = 0; label < classes; label++) {
    let rows = neutral;
    for (let step = 1; step <= iterations; step++) {
      rows = plain.move(
        images,
        images.map(() => label),
        rows,
      );
      plain.goodness(rows).forEach((of, l) => {
        of.forEach((value, i) => {
          times[((i * iterations + step - 1) * layers.length + l) * classes + label] = value;
          if (step < firstStep || step > lastStep) return;
          sums[(i * layers.length + l) * classes + label] += value / (lastStep - firstStep + 1);
        });
      });
    }
  }
  expectClose(goodness, sums, 'goodness');
  expectClose(overTime, times, 'goodness over time');
}

describe('of a network with local fields, or a recurrent one', () => {
  const made = (recipe: Recipe) => {
    const [height, width, channels = 1] = recipe.image!;
    return createNetwork(recipe, { inputs: height * width * channels, classes: 5, threads: 1 });
  };

  // Up to 20 of each of four blocks, of which those at the edges have fewer.
  it.each([
    [...cases[0], 20 + 18 + 20 + 18, 'units lie in 4 groups of neighbours'],
    [...cases[3], 20, 'of 20.'],
    [...cases[7], 20 + 16 + 20 + 12, 'units lie in 4 groups of neighbours'],
  ] as const)('%s: a report shows what first units see', async (_, recipe, count, words) => {
    const network = await made(recipe);
    const data = dataFor(recipe);
    for await (const _event of network.fit(data));
    const report = await reportOf(network, data, await network.evaluate(data));
    const { below, weight, units } = new PlainNetwork(network).layers[0];
    const columns = Array.from({ length: units }, (_, j) =>
      weight
        .slice(0, below)
        .map(row => row[j])
        .join(),
    );
    const shown = report.fields!.units.map(weights => weights.join());
    expect(shown).toHaveLength(count);
    expect(new Set(shown).size).toBe(shown.length);
    expect(columns).toEqual(expect.arrayContaining(shown));
    expect(renderReport(report)).toContain(words);
    await network.close();
  });

  it.each([cases[0], cases[3], cases[7]])(
    '%s: small runtimes say that they cannot run it',
    async (_, recipe) => {
      const network = await made(recipe);
      const bytes = await encodeNetwork(network);
      const expected = recipe.layers.some(layer => typeof layer === 'object')
        ? 'found local layers'
        : 'found learning by recurrent';
      await expect(loadPredictor(bytes)).rejects.toThrow(expected);
      await expect(openLearner(bytes)).rejects.toThrow(expected);
      await network.close();
    },
  );

  it.each([cases[0], cases[7]])('%s: a model file has the weights of each block', async (_, recipe) => {
    const network = await made(recipe);
    const { tensors } = parseSafetensors(await encodeNetwork(network), 'the model');
    const fields = [...tensors.values()].filter(({ name }) => /^layers\.0\.block\.\d+\.weight$/.test(name));
    // Up to 3 × 3 positions of 3 units or 4 × 4 of 2.
    expect(fields).toHaveLength(4);
    const read = await decodeNetwork(await encodeNetwork(network));
    const data = dataFor(recipe);
    expect((await read.evaluate(data)).probabilities).toEqual((await network.evaluate(data)).probabilities);
    await network.close();
    await read.close();
  });
});

const readAll = { learning: { ...hybrids, readout: fromFirst } };

it.each<[string, Partial<Recipe>, string]>([
  [
    'a field that is none',
    { layers: [local(2, 2, 3, [2, 0, 0])] },
    'layers[0].field.stride must be a whole number of at least 1',
  ],
  [
    'a field that does not fit',
    { ...readAll, layers: [local(3, 3, 3, [2, 2, 0])] },
    'recipe small: layers[0]: fields of 2',
  ],
  [
    'another number of positions',
    { ...readAll, layers: [local(6, 6, 3, [2, 1, 0])] },
    'belong to 5 columns of units',
  ],
  [
    'no positions',
    { layers: [{ ...local(1, 1, 3, [2, 1, 0]), height: 0 }] },
    'layers[0].height must be a whole number of at least 1',
  ],
  [
    'local fields without an image',
    { layers: [local(6, 5, 3, [2, 1, 0])], image: undefined as never },
    'image must be rows and columns, for a layer of kind local',
  ],
  [
    'local fields of more than the one position of a dense layer',
    { layers: [10, local(6, 5, 3, [2, 1, 0])] },
    'recipe small: layers[1]: fields of 2, 1 apart and 0 over the edge, do not cover 1 positions',
  ],
  [
    'top-down fields of a network that has none above',
    { layers: [local(6, 5, 3, [2, 1, 0], [1, 1, 0]), local(6, 5, 3, [1, 1, 0])] },
    'layers[0].above must be absent',
  ],
  [
    'local fields with the label in the image',
    {
      layers: [local(6, 5, 3, [2, 1, 0])],
      learning: { ...hybrids, kind: 'contrast', label: { kind: 'first', strength: 1 }, negatives: 'hard' },
    },
    'layers[0].kind must be dense where labels are inputs (recurrent learning takes local layers)',
  ],
  [
    'hybrids over time',
    { layers: [9], learning: { ...labels, negatives: hybrids.negatives as never } },
    'learning.negatives must be one of uniform, hard',
  ],
  [
    'all of the old state',
    { layers: [9], learning: { ...labels, damping: 1 } },
    'learning.damping must be at least 0 and below 1',
  ],
  [
    'reading what never comes',
    { layers: [9, 9], learning: { ...labels, lastStep: 5 } },
    'learning.firstStep and lastStep must be steps from 1 to 4',
  ],
  [
    'a mean for another number of channels',
    { layers: [local(6, 5, 3, [2, 1, 0])], channelMeans: [0.5, 0.5] },
    'channelMeans must be a number for each channel of the image (1), found [0.5,0.5]',
  ],
  [
    'a mean in bytes',
    { layers: [local(6, 5, 3, [2, 1, 0])], channelMeans: [122] },
    'channelMeans[0] must be from 0 to 1',
  ],
  [
    'a goodness of positions that share a panel',
    { layers: [local(6, 5, 8, [2, 1, 0])], learning: { ...readAll.learning, groups: 'positions' } },
    "groups must be 'positions' only of 9 channels or more",
  ],
  [
    'so many groups of local fields',
    { layers: [local(6, 5, 64, [2, 1, 0])], learning: { ...readAll.learning, groups: 2 } },
    'groups must be a count of 32 · n units of every layer, all dense, found 2',
  ],
  [
    'another size of image',
    { ...readAll, layers: [local(6, 5, 3, [2, 1, 0])], image: [7, 6, 3] },
    'found 42 inputs',
  ],
])('%s is refused', async (_, changes, message) => {
  const made = createNetwork({ ...unsupervised, ...changes }, { inputs: 42, classes: 5, threads: 1 });
  await expect(made).rejects.toThrow(message);
});

it('goodness over time is asked of recurrent networks only', async () => {
  const network = await createNetwork(cases[0][1], { inputs: 42, classes: 5, threads: 1 });
  await expect(network.goodnessOverTime(dataFor(cases[0][1]))).rejects.toThrow(
    'its learning is not recurrent',
  );
  await network.close();
});
