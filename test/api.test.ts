// The surface that others build on: a name that appears or disappears here is a decision, not an accident.

import { expect, it } from 'vitest';
import * as api from '../src/index.ts';
import { checkRecipe } from '../src/recipes/check.ts';
import { generator } from './support/data.ts';

it('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'DivergenceError',
    'InputError',
    'continueText',
    'createNetwork',
    'dataset',
    'datasetNames',
    'decodeModel',
    'decodeNetwork',
    'describeRecipe',
    'digitFromPixels',
    'encodeNetwork',
    'idxDataset',
    'loadDataset',
    'loadModel',
    'loadNetwork',
    'nextCharacterError',
    'openCheckpoint',
    'parseIdx',
    'preprocess',
    'publishedRecipes',
    'readDigit',
    'readExamples',
    'readStrings',
    'recipes',
    'saveNetwork',
    'slice',
    'splitValidation',
    'tableFrom',
    'tableFromArray',
    'textDataset',
    'trainModel',
  ]);
});

it('takes own data from arrays and streams to answers', async () => {
  const random = generator(3);
  const labels = Array.from({ length: 200 }, (_, i) => (i % 2 ? 'high' : 'low'));
  const values = Float32Array.from({ length: 400 }, (_, k) => random() + ((k >> 1) % 2));
  const data = api.preprocess({ examples: api.tableFromArray(values, 2, labels) });
  const { model, bestEpoch, history } = await api.trainModel(data, { threads: 1 });
  expect(history.map(({ epoch }) => epoch)).toContain(bestEpoch);
  const [low, high] = await model.predict(api.tableFromArray([0.2, 0.3, 1.8, 1.7], 2));
  expect([low.label, high.label]).toEqual(['low', 'high']);
  async function* rows() {
    yield { 'column 1': 1.9, 'column 2': 1.6 };
  }
  expect(await model.predict(await api.tableFrom(rows()))).toMatchObject([{ label: 'high' }]);
  await model.close();
  expect(() => api.tableFromArray(values, 3)).toThrow(/rows of 3 numbers, found 400/);
  expect(() => api.tableFromArray(values, 2, ['low'])).toThrow(/each of the 200 examples, found 1/);
});

it('has recipes that are plain data, make sense, carry their name and describe themselves', () => {
  for (const [name, recipe] of Object.entries({ ...api.recipes, ...api.publishedRecipes })) {
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    expect(() => checkRecipe(recipe)).not.toThrow();
    expect(recipe.name).toBe(name);
    for (const [, value] of api.describeRecipe(recipe)) expect(value).not.toMatch(/undefined|NaN/);
  }
});
