// What is said of one layer acts on that layer alone: after a batch it is, to the bit, the layer of a network of which all layers were
// told the same, and the others are those of a network that was told nothing.

import { describe, expect, it } from 'vitest';
import { openLearner } from '../../src/learn.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { readState } from '../../src/network/state.ts';
import type { Layerwise, Learning, Recipe } from '../../src/recipes/recipe.ts';
import { disturb } from '../support/classifier-networks.ts';
import { prototypes } from '../support/data.ts';
import { hinton, type RecipeOf } from '../support/recipes.ts';

const [inputs, classes, batch] = [48, 4, 30];
const data = { ...prototypes(batch, inputs, classes, 5), shape: [6, 8] as const };

const optimizer = { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0.01 } as const;
const readout = { rate: 0.1, momentum: 0.9, decay: 0.003, from: 0 };
const objective = { kind: 'logistic', threshold: 1, temperature: 5 } as const;
const byGoodness = {
  goodness: 'sum-of-squares',
  objective,
  peerNormalisation: 0.03,
  optimizer,
  readout,
} as const;
const { from: _from, ...steps } = readout;
const field = { size: 3, stride: 1, overhang: 0 };
const local = { kind: 'local', height: 4, width: 6, channels: 3, field } as const;
const dense = [40, 36, 33].map(units => ({ kind: 'dense', units }) as const);

function recipeOf<Kind extends Learning>(learning: Kind, layers: Recipe['layers'] = dense): RecipeOf<Kind> {
  const { kind } = learning;
  const image = [6, 8] as const;
  return { name: kind, about: '', layers, image, shift: 0, learning, batch, epochs: 1, holdShare: 1 };
}

const layerwise: RecipeOf<Layerwise>[] = [
  recipeOf({ kind: 'contrast', label: { kind: 'first', strength: 2 }, negatives: 'hard', ...byGoodness }),
  recipeOf({ kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 1 }, ...byGoodness }, [
    local,
    ...dense.slice(1),
  ]),
  recipeOf({ kind: 'classes', activity: 'linear', map: 'learned', optimizer, readFrom: 0, readout: steps }, [
    local,
    ...dense.slice(1),
  ]),
  recipeOf(
    {
      kind: 'recurrent',
      ...{ iterations: 3, damping: 0.3, firstStep: 2, lastStep: 2, labelStrength: 5, negatives: 'uniform' },
      ...byGoodness,
    },
    [local, ...dense.slice(1)],
  ),
];
const withRates: Recipe[] = [
  ...layerwise,
  recipeOf({ kind: 'backprop', optimizer, readout: { rate: 0.1, momentum: 0.9, decay: 0.003 } }),
];

type Tensors = Map<string, Float32Array>;

/** Every tensor after one batch, or, with `isNew`, before it. */
async function trained(recipe: Recipe, isNew = false): Promise<Tensors> {
  const network = await createNetwork(recipe, { inputs, classes, seed: 2, threads: 1 });
  // Or no gradient would come down through a readout of zeros.
  disturb(network);
  if (!isNew) for await (const _event of network.fit(data));
  const tensors = new Map(readState(network.session, true).map(tensor => [tensor.name, tensor.data]));
  await network.close();
  return tensors;
}

/** Those of one layer that its own gradient moves: its weights, and the map that tells its classes. */
function ofLayer(tensors: Tensors, l: number): [string, Float32Array][] {
  const found = [...tensors].filter(
    ([name]) => name.startsWith(`layers.${l}.`) || name.startsWith(`classes.${l}.`),
  );
  expect(found.length).toBeGreaterThan(2);
  return found;
}

const withOwn = (recipe: Recipe, l: number, own: object): Recipe => ({
  ...recipe,
  layers: recipe.layers.map((layer, k) =>
    k === l ? ({ ...(layer as object), ...own } as typeof layer) : layer,
  ),
});

/** Expects that `own` of each layer in turn is what `all` is of all layers. */
async function expectAlone(recipe: Recipe, own: object, all: object): Promise<void> {
  const plain = await trained(recipe);
  const everywhere = await trained({ ...recipe, learning: { ...recipe.learning, ...all } as Learning });
  for (let l = 0; l < recipe.layers.length; l++) {
    const found = await trained(withOwn(recipe, l, own));
    for (let k = 0; k < recipe.layers.length; k++) {
      expect(ofLayer(found, k), `layer ${k} of ${l}`).toEqual(ofLayer(k === l ? everywhere : plain, k));
    }
    // Or nothing would have been said.
    expect(ofLayer(everywhere, l)).not.toEqual(ofLayer(plain, l));
  }
}

describe.each(withRates)('$name', recipe => {
  it('a rate', async () => {
    await expectAlone(recipe, { rate: 0.013 }, { optimizer: { ...optimizer, rate: 0.013 } });
  });

  it('moves a layer in proportion to its rate', async () => {
    const [plain, fast] = [
      await trained(recipe),
      await trained(withOwn(recipe, 1, { rate: 2 * optimizer.rate })),
    ];
    const before = await trained(recipe, true);
    for (const name of ['layers.1.weight', 'layers.1.bias']) {
      let most = 0;
      before.get(name)!.forEach((weight, i) => {
        const [once, twice] = [plain, fast].map(tensors => tensors.get(name)![i] - weight);
        // Weights of size 1 are rounded to 2^-24.
        expect(Math.abs(twice - 2 * once)).toBeLessThan(3e-7);
        most = Math.max(most, Math.abs(once));
      });
      expect(most).toBeGreaterThan(1e-5);
    }
  });
});

describe.each(layerwise)('$name', recipe => {
  it('frozen', async () => {
    await expectAlone(recipe, { frozen: true }, { frozen: true });
    const before = await trained(recipe, true);
    const found = await trained(withOwn(recipe, 1, { frozen: true }));
    expect(ofLayer(found, 1)).toEqual(ofLayer(before, 1));
    // The readout still learns from it.
    expect(found.get('readout.1.weight')).not.toEqual(before.get('readout.1.weight'));
  });
});

describe.each(layerwise.filter(({ learning }) => learning.kind !== 'classes'))('$name', recipe => {
  it('goodness', async () => {
    await expectAlone(recipe, { goodness: 'minus-sum-of-squares' }, { goodness: 'minus-sum-of-squares' });
    await expectAlone(recipe, { goodness: 'mean-of-squares' }, { goodness: 'mean-of-squares' });
  });
});

it('a rate of its own is gentler on a device, too', async () => {
  const example = data.inputs.subarray(0, inputs);
  const step = async (all: number, own: number, rate: number) => {
    const learning = { ...hinton.learning, optimizer: { ...hinton.learning.optimizer, rate: all } };
    const layers = [40, { kind: 'dense', units: 36, rate: own }] as const;
    const recipe: Recipe = { ...hinton, layers, learning };
    const network = await createNetwork(recipe, { inputs, classes, seed: 2, threads: 1 });
    const learner = await openLearner(await encodeNetwork(network), { batch: 1, rate });
    await network.close();
    learner.learn(example, [1]);
    return learner.predict(example).goodness;
  };
  expect(await step(0.5, 0.25, 0.5)).toEqual(await step(0.25, 0.125, 1));
  expect(await step(0.5, 0.25, 0.5)).not.toEqual(await step(0.25, 0.25, 1));
});
