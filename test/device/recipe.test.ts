// The recipe that a learner goes on with, against the check of all recipes: devices refuse what it refuses.

import '../../src/schedules/register.ts';
import { describe, expect, it } from 'vitest';
import { checkLearnerRecipe } from '../../src/device/recipe.ts';
import { InputError } from '../../src/errors.ts';
import { checkRecipe } from '../../src/recipes/check.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const odd = [undefined, null, -1, 0, 0.5, 2, 33, 1e39, Number.NaN, '', 'x', 'hard', true, [], {}, [1e9]];

/** Every recipe with one setting, at any depth, replaced by `value`, or one more. */
function* changed(recipe: unknown, value: unknown): Generator<unknown> {
  if (typeof recipe !== 'object' || recipe === null) return;
  for (const key of [...Object.keys(recipe), 'unheard']) {
    const put = (inner: unknown) =>
      Array.isArray(recipe)
        ? recipe.map((item, i) => (String(i) === key ? inner : item))
        : { ...recipe, [key]: inner };
    yield put(value);
    for (const inner of changed((recipe as Record<string, unknown>)[key], value)) yield put(inner);
  }
}

const refuses = (check: () => unknown) => {
  try {
    check();
    return false;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return true;
  }
};

const { quick, 'hinton-supervised': hinton } = recipes;
const asleep = { ...hinton, learning: { ...hinton.learning, phases: 3 } };
const full = {
  ...quick,
  layers: [64, { kind: 'dense', units: 64, rate: 0.1, frozen: true }],
  learning: { ...quick.learning, groups: 2, peerNormalisation: 0.1 },
};

const written = {
  ...quick,
  name: 'rolled-out',
  shift: 0,
  learning: { ...quick.learning, negatives: 'rolled-out' },
};

describe.each([full, asleep, written, recipes['one-pass']].map(recipe => [recipe.name, recipe]))(
  'of %s',
  (_, recipe) => {
    it('is the same', () => expect(checkLearnerRecipe(recipe, 'm')).toEqual(checkRecipe(recipe)));

    it.each(odd)('is refused where it is refused elsewhere: %j in the place of a setting', value => {
      let refused = 0;
      for (const one of changed(recipe, value)) {
        const isRefused = refuses(() => checkLearnerRecipe(one, 'm'));
        expect([one, isRefused]).toEqual([one, refuses(() => checkRecipe(one))]);
        refused += Number(isRefused);
      }
      expect(refused).toBeGreaterThan(5);
    });
  },
);

it('is not of layers or ways of learning that devices do not know', () => {
  const local = {
    kind: 'local',
    height: 1,
    width: 1,
    channels: 9,
    field: { size: 1, stride: 1, overhang: 0 },
  };
  expect(() => checkLearnerRecipe({ ...recipes['one-pass'], layers: [local] }, 'm')).toThrow(
    /^m: its recipe: layers\[0\]/,
  );
  expect(() => checkLearnerRecipe({ ...quick, learning: { kind: 'backprop' } }, 'm')).toThrow(
    /learning.kind must be one of contrast, classes/,
  );
});
