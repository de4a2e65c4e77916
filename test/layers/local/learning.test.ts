// Networks with local fields, and recurrent ones, learn real digits: a slice of MNIST, far better than by chance.

import { beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, slice } from '../../../src/data/dataset.ts';
import { loadDataset } from '../../../src/data/named/named-datasets.ts';
import { createNetwork } from '../../../src/network/create.ts';
import type { Recipe, Recurrent } from '../../../src/recipes/recipe.ts';
import { recipes } from '../../../src/recipes/recipes.ts';

const byGoodness = {
  optimizer: { kind: 'adam', rate: 0.002, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 },
  goodness: 'mean-of-squares',
  objective: { kind: 'swish', alpha: 3 },
  readout: { ...recipes['hinton-supervised'].learning.readout, from: 0 },
} as const;

const small = {
  ...recipes['hinton-supervised'],
  image: [28, 28],
  batch: 50,
  holdShare: 0.3,
} as const;

const unsupervised: Recipe = {
  ...small,
  learning: { kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 6 }, ...byGoodness },
  layers: [
    { kind: 'local', height: 4, width: 4, channels: 32, field: { size: 10, stride: 6, overhang: 0 } },
    { kind: 'local', height: 3, width: 3, channels: 48, field: { size: 2, stride: 1, overhang: 0 } },
  ],
  epochs: 4,
};

const recurrence: Recurrent = {
  kind: 'recurrent',
  iterations: 5,
  damping: 0.3,
  firstStep: 3,
  lastStep: 5,
  labelStrength: 3,
  negatives: 'hard',
  ...byGoodness,
};
const recurrent: Recipe = { ...small, layers: [150, 150], learning: recurrence, epochs: 4 };

let train: Dataset;
let test: Dataset;
beforeAll(async () => {
  const mnist = await loadDataset('mnist');
  train = slice(mnist.train, 0, 2000);
  test = slice(mnist.test!, 0, 1000);
});

async function learned(recipe: Recipe) {
  const network = await createNetwork(recipe, { inputs: 784, classes: 10, threads: 1, seed: 1 });
  for await (const _event of network.fit(train));
  const evaluation = await network.evaluate(test);
  await network.close();
  return evaluation;
}

describe('2,000 digits', () => {
  it('teach local fields, whose activities a softmax reads', async () => {
    const { softmaxReadout, goodnessReadout } = await learned(unsupervised);
    expect(goodnessReadout).toBeUndefined();
    expect(softmaxReadout.error).toBeLessThan(15);
  });

  it('teach a recurrent network, whose goodness tells the label', async () => {
    const { goodnessReadout, softmaxReadout } = await learned(recurrent);
    expect(goodnessReadout!.error).toBeLessThan(15);
    expect(softmaxReadout.error).toBeLessThan(15);
  });

  it('teach a recurrent network that wants little of what is true', async () => {
    const { goodnessReadout } = await learned({
      ...recurrent,
      learning: {
        ...recurrence,
        goodness: 'minus-sum-of-squares',
        objective: { kind: 'symba', alpha: 0.03 },
      },
    });
    expect(goodnessReadout!.error).toBeLessThan(20);
  });
});
