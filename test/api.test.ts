// The surface that others build on: a name that appears or disappears here is a decision, not an accident.

import { expect, it } from 'vitest';
import * as api from '../src/index.ts';
import { checkRecipe } from '../src/recipes/recipe.ts';

it('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'InputError',
    'createNetwork',
    'datasetNames',
    'decodeNetwork',
    'describeRecipe',
    'digitFromPixels',
    'encodeNetwork',
    'idxDataset',
    'loadDataset',
    'loadModel',
    'loadNetwork',
    'parseIdx',
    'preprocess',
    'readDigit',
    'readExamples',
    'recipes',
    'saveNetwork',
    'slice',
    'splitValidation',
    'tableFrom',
    'tableFromArray',
    'trainModel',
  ]);
});

it('has recipes that are plain data, make sense, carry their name and describe themselves', () => {
  for (const [name, recipe] of Object.entries(api.recipes)) {
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    expect(() => checkRecipe(recipe)).not.toThrow();
    expect(recipe.name).toBe(name);
    for (const [, value] of api.describeRecipe(recipe)) expect(value).not.toMatch(/undefined|NaN/);
  }
});
