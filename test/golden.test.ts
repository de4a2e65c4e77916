// The bits that the library learned and answered when fixtures/golden.json was written, with its recipes and with short runs of the
// experiments: whatever is rearranged since, they stay. Recipes there are of the first edition.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, slice } from '../src/data/dataset.ts';
import { loadDataset } from '../src/data/named/named-datasets.ts';
import { experiments } from '../src/experiments/experiments.ts';
import { createNetwork } from '../src/network/create.ts';
import { checkRecipe } from '../src/recipes/check.ts';
import { upgradeRecipe } from '../src/recipes/first-edition.ts';
import type { Recipe } from '../src/recipes/recipe.ts';
import { recipes } from '../src/recipes/recipes.ts';
import { answerBits, stateBits } from './support/bits.ts';
import { generator, sequences } from './support/data.ts';

interface Golden {
  /** Of a recipe, or of an experiment and its variant. */
  readonly name: string;
  readonly data: 'mnist' | 'cifar10' | 'text';
  readonly recipe: Parameters<typeof upgradeRecipe>[0];
  /** After two epochs from seed 7 in the build of that name. */
  readonly simd: { readonly state: string; readonly answers: string };
}

const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL('fixtures/golden.json', import.meta.url), 'utf8'),
);

/** One of each way of learning, which several threads must learn alike. */
const SHARED = [
  'quick',
  'hinton-supervised',
  'unsupervised/logistic',
  'unsupervised-local/logistic',
  'recurrent/swish',
  'sequences/rolled-out',
  'sequences/fixed',
  'sleep/phases-10',
  'cifar10/max-2',
  'backprop/backprop',
  'perturbation/perturbation-100',
  'black-box/forward-forward-noise',
];

/** What the library has by that name today. */
function recipeOf(name: string): Recipe | undefined {
  if (Object.hasOwn(recipes, name)) return recipes[name as keyof typeof recipes];
  const [experiment, variant] = name.split('/');
  const { variants } = experiments.find(other => other.name === experiment)!;
  return variants.find(other => other.name === variant)?.recipe;
}

/** In the place of CIFAR-10, which is not in the repository. */
function noisyPictures(count: number, seed: number): Dataset {
  const random = generator(seed);
  return {
    name: 'pictures',
    count,
    width: 3072,
    classes: 10,
    shape: [32, 32, 3],
    inputs: Uint8Array.from({ length: count * 3072 }, () => Math.floor(random() * 256)),
    labels: Uint8Array.from({ length: count }, () => Math.floor(random() * 10)),
  };
}

let data: Record<Golden['data'], { readonly train: Dataset; readonly test: Dataset }>;
beforeAll(async () => {
  const { train, test } = await loadDataset('mnist');
  data = {
    mnist: { train: slice(train, 0, 1250), test: slice(test!, 0, 130) },
    cifar10: { train: noisyPictures(230, 1), test: noisyPictures(30, 2) },
    text: { train: sequences(12, 100, 330, 30, 1), test: sequences(1, 100, 330, 30, 2) },
  };
});

describe.each(golden)('$name', ({ name, data: kind, recipe: old, simd }) => {
  it('has the settings that it had', () => {
    expect(upgradeRecipe(old)).toStrictEqual(JSON.parse(JSON.stringify(recipeOf(name))));
  });

  it.each(SHARED.includes(name) ? [1, 2, 3] : [1])(
    'learns and answers the same bits, %i threads',
    async threads => {
      const { train, test } = data[kind];
      const recipe = checkRecipe(upgradeRecipe({ ...old, epochs: 2 }));
      const options = {
        inputs: train.width,
        classes: train.classes,
        seed: 7,
        threads,
        build: 'simd',
      } as const;
      const network = await createNetwork(recipe, options);
      try {
        for await (const _event of network.fit(train));
        const answers = answerBits(await network.evaluate(test));
        expect({ state: stateBits(network), answers }).toEqual(simd);
      } finally {
        await network.close();
      }
    },
  );
});
