// What a sweep file says, and the trainings that follow from it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { known } from '../../src/sweep/data.ts';
import { checkSweep, readSweep } from '../../src/sweep/spec.ts';
import { planTrials } from '../../src/sweep/trials.ts';
import { examples, identity, planOf, sweepOf, tiny } from '../support/sweep.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-sweep-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a sweep file', () => {
  it.each([
    [{ name: '../up' }, 'name must be a word of at most 64 letters, digits, - and _, found "../up"'],
    [{ data: [] }, 'data must be a list of one or more, found []'],
    [{ data: undefined }, 'data must be the name of data, a path, or { source, label }, found undefined'],
    [{ seeds: 0 }, 'seeds must be a whole number of at least 1, found 0'],
    [{ rates: [1] }, 'rates is not a setting'],
    [{ folds: 5 }, 'holdOut must be absent where folds are held out in turn, found 40'],
    [{ search: 'random' }, 'budget must be a number of trainings, where settings are drawn at random'],
    [{ settings: { batch: 3 } }, 'settings.batch must be a list of values, or { from, to, scale }, found 3'],
    [
      { settings: { batch: { from: 1, to: 2, scale: 'linear' } } },
      'settings.batch must be a list of values: a grid has no ranges',
    ],
    [
      { search: 'random', budget: 3, settings: { shift: { from: 2, to: 1, scale: 'linear' } } },
      'settings.shift.to must be above 2, where it begins, found 1',
    ],
    [
      { search: 'random', budget: 3, settings: { shift: { from: 0, to: 1, scale: 'log' } } },
      'settings.shift.from must be a number above 0',
    ],
    [{ seeds: [1, 2 ** 32] }, 'seeds[1] must be a whole number below 2^32, found 4294967296'],
    [{ seeds: 5e9 }, 'seeds must be at most 100000, found 5000000000'],
    [{ seeds: [3, 1, 3] }, 'seeds must be seeds that all differ, found 3'],
    [{ search: 'random', budget: 1e8 }, 'budget must be at most 100000'],
    [{ halving: { epochs: 1, factor: 1 } }, 'halving.factor must be a whole number of at least 2, found 1'],
  ])('%j is refused', (more, message) => {
    expect(() => sweepOf(more)).toThrow(InputError);
    expect(() => sweepOf(more)).toThrow(message);
  });

  it('is read with paths beside it', async () => {
    const path = join(folder, 'a.json');
    await writeFile(
      path,
      '{ "name": "a", "data": ["mnist", { "source": "t.csv", "label": "kind" }], "seeds": 3 }',
    );
    const sweep = await readSweep(path);
    expect(sweep.data).toEqual([{ source: 'mnist' }, { source: join(folder, 't.csv'), label: 'kind' }]);
    expect(sweep.seeds).toEqual([1, 2, 3]);
  });

  it.each([
    ['not JSON', /b\.json: expected JSON, found none/],
    ['[1]', /b\.json: it must be an object, found \[1\]/],
  ])('that says %s names itself', async (words, message) => {
    const path = join(folder, 'b.json');
    await writeFile(path, words);
    await expect(readSweep(path)).rejects.toThrow(message);
  });
});

/** More than anybody has the time for. */
const wide = Array.from({ length: 400 }, (_, i) => i + 1);

describe('the trainings of a sweep', () => {
  it('are every combination, each with every seed', () => {
    const { candidates, trials } = planOf({
      settings: { 'learning.optimizer.rate': [0.001, 0.002], 'layers.0': [16, 32, 64] },
      seeds: [4, 9],
    });
    expect(candidates.map(({ label }) => label)).toEqual([
      'rate 0.001, 0 16',
      'rate 0.001, 0 32',
      'rate 0.001, 0 64',
      'rate 0.002, 0 16',
      'rate 0.002, 0 32',
      'rate 0.002, 0 64',
    ]);
    expect(candidates[4].recipe).toMatchObject({
      layers: [32, 24],
      learning: { optimizer: { rate: 0.002 } },
    });
    expect(trials.map(({ candidate, seed }) => `${candidate}.${seed}`)).toEqual(
      candidates.flatMap(({ number }) => [`${number}.4`, `${number}.9`]),
    );
    expect(new Set(trials.map(({ id }) => id)).size).toBe(12);
    expect(trials[0].heldOut).toEqual({ kind: 'last', count: 40 });
  });

  it('have the same numbers each time, and others for other kernels, data and seeds', () => {
    const [first] = planOf().trials;
    expect(planOf().trials[0].id).toBe(first.id);
    const others = [
      planOf({ seeds: [2] }),
      planOf({ holdOut: 41 }),
      planOf({}, { ...examples, labels: examples.labels.map(label => 3 - label) }),
      planTrials(sweepOf(), [{ ...known(examples, 40), recipe: tiny }], { ...identity, kernels: 'l' }),
    ];
    for (const { trials } of others) expect(trials[0].id).not.toBe(first.id);
  });

  it('are drawn at random, always the same ones, none twice and within their range', () => {
    const more = {
      search: 'random',
      budget: 20,
      seeds: 2,
      settings: {
        'learning.optimizer.rate': { from: 0.0001, to: 0.01, scale: 'log' },
        batch: [10, 20],
      },
    };
    const { candidates, trials } = planOf(more);
    expect(trials.length).toBe(20);
    const rates = candidates.map(({ changed }) => changed['learning.optimizer.rate'] as number);
    expect(new Set(rates).size).toBe(10);
    expect(rates.every(rate => rate >= 0.0001 && rate <= 0.01)).toBe(true);
    expect(rates.filter(rate => rate < 0.001).length).toBeGreaterThan(1);
    expect(planOf(more).candidates).toEqual(candidates);
    const { candidates: whole } = planOf({
      ...more,
      settings: { 'layers.0': { from: 8, to: 12, scale: 'linear', whole: true } },
    });
    expect(whole.map(({ recipe }) => recipe.layers[0]).sort()).toEqual([10, 11, 12, 8, 9]);
    // There are but two of these.
    expect(planOf({ ...more, settings: { batch: [10, 20] } }).candidates.length).toBe(2);
  });

  it('hold each part out once with every seed', () => {
    const { trials } = planOf({ holdOut: undefined, folds: 3, seeds: 2 });
    expect(trials.map(({ heldOut, seed }) => [heldOut, seed])).toEqual(
      [0, 1, 2].flatMap(fold => [1, 2].map(seed => [{ kind: 'fold', fold, of: 3 }, seed])),
    );
  });

  it.each([
    [
      { settings: { 'learning.rat': [1] } },
      /settings \{"learning.rat":1\}: recipe tiny: learning.rat is not a setting/,
    ],
    [
      { settings: { 'layers.7.units': [1] } },
      /settings.layers.7.units leads nowhere: the recipe has no settings in layers.7/,
    ],
    [{ settings: { 'layers.2': [1] } }, /settings.layers.2 leads nowhere: the recipe has 2 in layers/],
    [{ settings: { '__proto__.polluted': [1] } }, /leads nowhere/],
    [{ settings: { ['__proto__']: [{ epochs: 3 }] } }, /leads nowhere/],
    [{ settings: { 'layers.map': [5] } }, /settings.layers.map leads nowhere: the recipe has 2 in layers/],
    [{ settings: { 'layers.length': [1] } }, /leads nowhere/],
    [{ settings: { batch: wide, epochs: wide } }, /are 160000 trainings, expected at most 100000/],
    [{ settings: { batch: wide, epochs: wide }, budget: 10 }, /budget must be at least 160000/],
    [
      { settings: { epochs: [2, 3] }, seeds: 3, budget: 5 },
      /budget must be at least 6, for 2 settings × 1 recipes × 1 data × 3 seeds/,
    ],
    [{ settings: { epochs: [2, 2] } }, /the same training twice, by \{"epochs":2\} and by \{"epochs":2\}/],
    [{ holdOut: 240 }, /holdOut must be fewer than the 240 examples/],
    [{ holdOut: undefined, folds: 241 }, /folds must be at most 240/],
    [{ recipes: 'qick' }, /no recipe is called qick: did you mean quick/],
  ])('%j are refused', (more, message) => {
    expect(() => planOf(more)).toThrow(InputError);
    expect(() => planOf(more)).toThrow(message);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('may be of several recipes and data', () => {
    const data = ['a', 'b'].map(name => ({ ...known({ ...examples, name }, 40), recipe: tiny }));
    const plan = planTrials(
      sweepOf({ data: ['a', 'b'], recipes: [tiny, { ...tiny, name: 'other', epochs: 2 }] }),
      data,
      identity,
    );
    expect(plan.candidates.map(({ label }) => label)).toEqual(['tiny, a', 'other, a', 'tiny, b', 'other, b']);
  });

  it('take a recipe for the data where the sweep names none', () => {
    const plan = planTrials(
      checkSweep({ name: 'x', data: 'd' }),
      [{ ...known(examples, 36), recipe: tiny }],
      identity,
    );
    expect(plan.candidates[0].recipe.name).toBe('tiny');
    expect(plan.trials[0].heldOut).toEqual({ kind: 'last', count: 36 });
  });
});
