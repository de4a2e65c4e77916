// A kind of layer of one's own: a folder, and a line each in layerKinds, layerForms and layerWords. The toy is a dense layer that hands its units
// on in reverse, so that a network with one is a network of dense layers alone, whose next layer has its inputs in reverse.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { layerForms } from '../../src/layers/forms.ts';
import type { LayerForm, LayerKind, LayerWords } from '../../src/layers/kind.ts';
import { layerKinds } from '../../src/layers/kinds.ts';
import { layerWords } from '../../src/layers/words.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { decodeNetwork } from '../../src/network/model.ts';
import type { Network } from '../../src/network/network.ts';
import { readState, writeState } from '../../src/network/state.ts';
import { loadPredictor } from '../../src/predict.ts';
import { checkRecipe } from '../../src/recipes/check.ts';
import { describeRecipe } from '../../src/recipes/describe.ts';
import type { Layerwise, Recipe } from '../../src/recipes/recipe.ts';
import { backprop, perturbation } from '../support/classifier-networks.ts';
import { expectClose } from '../support/close.ts';
import { prototypes } from '../support/data.ts';
import { changed, hinton, quick, type RecipeOf } from '../support/recipes.ts';
import { mirroredForm, mirroredWords } from '../support/toy-layer/form.ts';
import { mirrored } from '../support/toy-layer/index.ts';

beforeAll(() => {
  layerForms.mirrored = mirroredForm as unknown as LayerForm;
  layerWords.mirrored = mirroredWords as unknown as LayerWords;
  layerKinds.mirrored = mirrored as unknown as LayerKind;
});
afterAll(() => {
  delete layerForms.mirrored;
  delete layerWords.mirrored;
  delete layerKinds.mirrored;
});

const [inputs, classes] = [48, 5];
const options = { inputs, classes, seed: 3, threads: 1 };
const shape = [6, 8] as const;
const [train, test] = [1, 2].map(seed => ({ ...prototypes(200, inputs, classes, seed), shape }));
const small = { layers: [40, 36, 33], image: shape, batch: 20, epochs: 2, shift: 0 };
const all = { ...hinton.learning.readout, from: 0 };
const { kind: _, label: __, ...asHinton } = hinton.learning;
const { optimizer } = quick.learning;
const { from: ___, ...steps } = all;

const recipes: RecipeOf<Layerwise>[] = [
  changed(hinton, { ...small, name: 'contrast', learning: { readout: all } }),
  changed(quick, { ...small, name: 'pairs', learning: { readout: all } }),
  {
    ...hinton,
    ...small,
    name: 'hybrids',
    learning: { ...asHinton, kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 1 }, readout: all },
  },
  {
    ...hinton,
    ...small,
    name: 'classes',
    learning: { kind: 'classes', activity: 'linear', map: 'learned', optimizer, readFrom: 0, readout: steps },
  },
];

/** The same with the layer in the middle mirrored, which nobody's types know. */
const withToy = (recipe: Recipe, own: object = {}) =>
  ({ ...recipe, layers: [40, { kind: 'mirrored', units: 36, ...own }, 33] }) as unknown as Recipe;

/** Every tensor by its name; with `isMirrored`, as the other network has it. */
function state(network: Network, isMirrored: boolean): Map<string, Float32Array> {
  return new Map(
    readState(network.session, true).map(({ name, data, shape: [rows, units] }) => {
      if (!isMirrored || !/^layers\.2\.weight/.test(name)) return [name, data];
      const rowsOf = Array.from({ length: rows }, (_, k) => data.subarray(k * units, (k + 1) * units));
      return [name, Float32Array.from(rowsOf.reverse().flatMap(row => Array.from(row)))];
    }),
  );
}

it.each(recipes)('learns and answers in a mixed network what it should: $name', async recipe => {
  const [plain, mixed] = [
    await createNetwork(recipe, options),
    await createNetwork(withToy(recipe), options),
  ];
  expect(mixed.session.plans.map(({ kind }) => kind)).toEqual(['dense', 'mirrored', 'dense']);
  const start = state(plain, true);
  writeState(mixed.session, true, name => start.get(name)!);
  for await (const _event of plain.fit(train));
  for await (const _event of mixed.fit(train));
  const [expected, found] = [state(plain, true), state(mixed, false)];
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, data] of found) {
    expectClose(data, expected.get(name)!, name);
    if (/^layers\.\d\.weight$/.test(name)) expect(data, name).not.toEqual(start.get(name));
  }
  const [known, told] = [await plain.evaluate(test), await mixed.evaluate(test)];
  expectClose(told.goodness, known.goodness, 'goodness');
  expectClose(told.probabilities, known.probabilities, 'probabilities');
  await plain.close();

  const loaded = await decodeNetwork(await encodeNetwork(mixed), { threads: 1 });
  expect((await loaded.evaluate(test)).goodness).toHaveLength(told.goodness.length);
  expect(state(loaded, false).get('layers.1.weight')).toEqual(found.get('layers.1.weight'));
  await loaded.close();
  await mixed.close();
});

it('has what every layer may have of its own, and is told of', async () => {
  const recipe = withToy(recipes[0], { frozen: true, rate: 0.1, goodness: 'mean-of-squares' });
  const network = await createNetwork(recipe, options);
  const before = state(network, false).get('layers.1.weight');
  for await (const _event of network.fit(train));
  expect(state(network, false).get('layers.1.weight')).toEqual(before);
  expect(network.history.at(-1)!.activeRows[1]).toBe(0);
  await network.close();
  expect(describeRecipe(recipe)).toContainEqual([
    'layers',
    '40 - 36 in reverse [mean of squares, rate 0.1, frozen] - 33',
  ]);
});

it('is checked as strictly as the others', () => {
  const { learning } = recipes[0];
  const toy = (own: object) =>
    checkRecipe({ ...recipes[0], learning, layers: [40, { kind: 'mirrored', units: 36, ...own }] });
  expect(() => toy({})).not.toThrow();
  expect(() => toy({ unit: 3 })).toThrow('layers[1].unit is not a setting (did you mean units?)');
  expect(() => toy({ units: 0 })).toThrow('layers[1].units must be a whole number of at least 1, found 0');
  expect(() => toy({ kind: 'mirored' })).toThrow(
    'one of dense, local, conv, mirrored (did you mean mirrored?)',
  );
});

it('is refused where only dense layers will do', async () => {
  for (const recipe of [backprop, perturbation]) {
    expect(() => checkRecipe(withToy(recipe))).toThrow(
      `layers[1].kind must be dense with ${recipe.learning.kind}`,
    );
  }
  const network = await createNetwork(withToy(recipes[0]), options);
  const bytes = await encodeNetwork(network);
  await network.close();
  await expect(loadPredictor(bytes)).rejects.toThrow(InputError);
});
