// An experiment from start to end: stopped and gone on with, short, its result and its report.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from '../../src/data/named/named-datasets.ts';
import { InputError } from '../../src/errors.ts';
import { type Experiment, shortened } from '../../src/experiments/experiment.ts';
import { experiments, findExperiment } from '../../src/experiments/experiments.ts';
import { online } from '../../src/experiments/online.ts';

import { nameOf, summarise, writeResult } from '../../src/experiments/result.ts';
import { type RunOptions, reproduce } from '../../src/experiments/run.ts';
import { firstLayersSection, hybridsSection } from '../../src/experiments/sections.ts';
import { splitValidation } from '../../src/index.ts';
import { sizeOf } from '../../src/layers/shape.ts';
import { checkRecipe, inputShape, shapesOf } from '../../src/recipes/check.ts';
import type { Contrast } from '../../src/recipes/recipe.ts';
import { spreadOf } from '../../src/report/spread.ts';
import { prototypes } from '../support/data.ts';
import { checkReport } from '../support/markup.ts';
import { changed, quick, type RecipeOf } from '../support/recipes.ts';

const shape = [9, 10] as const;
const data: DataSource = {
  train: { ...prototypes(4000, 90, 6, 1), shape },
  test: { ...prototypes(500, 90, 6, 2), shape },
};

const settings = { layers: [40, 30], batch: 20, shift: 0, epochs: 3 };
const { kind: _, label: __, ...byGoodness } = quick.learning;
const tiny: Experiment = {
  name: 'tiny',
  about: 'two ways to learn <prototypes>',
  section: 'section 0',
  data: 'mnist',
  variants: [
    {
      name: 'hybrids',
      about: 'against hybrids & masks',
      paper: '1.5 %',
      recipe: {
        ...quick,
        ...settings,
        image: shape,
        learning: { ...byGoodness, kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 2 } },
      },
      seeds: [1, 2],
      short: { epochs: 1, examples: 800 },
    },
    {
      name: 'labels',
      about: 'against wrong labels',
      recipe: { ...quick, ...settings, epochs: 4 },
      seeds: [3],
      short: { epochs: 1, examples: 1000 },
    },
  ],
  sections: [hybridsSection, firstLayersSection],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-experiments-'));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (to: string, options: RunOptions = {}, experiment = tiny) =>
  reproduce(experiment, { folder: join(folder, to), data, threads: 1, ...options });

/** The models of a folder, and what came of them but for the time it took. */
async function filesOf(path: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(path)).sort()) {
    const bytes = await readFile(join(path, name));
    const timeless = (key: string, value: unknown) => (key === 'trainSeconds' ? 0 : value);
    files[name] = name.endsWith('.json')
      ? JSON.stringify(JSON.parse(bytes.toString(), timeless))
      : bytes.toString('base64');
  }
  return files;
}

describe('running', () => {
  it('trains every variant with every seed, and skips what is finished', async () => {
    const told: string[] = [];
    const first = await run('whole', { onRun: ({ name }, seed) => told.push(`${name} ${seed}`) });
    expect(told).toEqual(['hybrids 1', 'hybrids 2', 'labels 3']);
    expect(first.isDone).toBe(true);
    expect(first.outcomes.map(({ epochs, examples }) => [epochs, examples])).toEqual([
      [3, 4000],
      [3, 4000],
      [4, 4000],
    ]);
    const [unlabelled, , labelled] = first.outcomes;
    expect(unlabelled.goodnessError).toBeUndefined();
    expect(unlabelled.softmaxError).toBeLessThan(20);
    expect(labelled.goodnessError).toBeLessThan(20);
    expect(unlabelled.curve.at).toEqual([1, 2, 3]);
    // The test set is looked at once.
    expect(unlabelled.curve.validationError).toBeUndefined();
    const again = await run('whole', { onRun: () => expect.fail('nothing was left to do') });
    expect(again.outcomes).toEqual(first.outcomes);
  });

  it('goes on from where it was stopped, to the same bytes', async () => {
    let events = 0;
    for (let stops = 0; ; stops++) {
      const stop = new AbortController();
      const part = await run('cut', {
        signal: stop.signal,
        onStart: network => {
          // In the middle of an epoch.
          const timer = setInterval(() => {
            if (network.position.batch > 60) stop.abort();
          }, 1);
          stop.signal.addEventListener('abort', () => clearInterval(timer));
          if (stops > 2) clearInterval(timer);
        },
        onEvent: () => events++,
      });
      if (part.isDone) break;
      expect((await readdir(join(folder, 'cut/tiny'))).some(name => name.includes('checkpoint'))).toBe(true);
    }
    expect(events).toBe(10);
    expect(await filesOf(join(folder, 'cut/tiny'))).toEqual(await filesOf(join(folder, 'whole/tiny')));
  });

  it('keeps short runs and held-out examples apart, and looks at these after every epoch', async () => {
    const short = await run('whole', { short: true });
    expect(
      short.outcomes.map(({ variant, seed, epochs, examples }) => [variant, seed, epochs, examples]),
    ).toEqual([
      ['hybrids', 1, 1, 800],
      ['labels', 3, 1, 1000],
    ]);
    const held = await run('whole', { validation: 400, seed: 5 });
    expect(held.outcomes.map(({ seed, examples }) => [seed, examples])).toEqual([
      [5, 3600],
      [5, 3600],
    ]);
    expect(held.data.test).toEqual(splitValidation(data.train, 400).validation);
    expect(held.outcomes[0].curve.validationError?.at(-1)).toBe(held.outcomes[0].softmaxError);
    expect([short, held].map(nameOf)).toEqual(['tiny-short', 'tiny-validation-400-seed-5']);
    expect(await readdir(join(folder, 'whole/tiny'))).toEqual(
      expect.arrayContaining(['short', 'validation-400']),
    );
  });

  it('holds out whole strings only, and says so before any training', async () => {
    const told: string[] = [];
    const strings = { ...data, train: { ...data.train, predictions: 8 } };
    const held = run('strings', { data: strings, validation: 404, onRun: ({ name }) => told.push(name) });
    await expect(held).rejects.toThrow(
      'expected a multiple of 8, the predictions of a string, for validation, found 404',
    );
    expect(told).toEqual([]);
  });

  it('begins anew with fresh, and says so where the settings are others', async () => {
    await run('fresh', { seed: 1 });
    const [variant, other] = tiny.variants;
    const changed: Experiment = {
      ...tiny,
      variants: [{ ...variant, recipe: { ...variant.recipe, epochs: 2 } }, other],
    };
    const refused = run('fresh', { seed: 1 }, changed);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(/hybrids-seed-1\.json was made with another recipe .*--fresh/);
    const { outcomes } = await run('fresh', { seed: 1, fresh: true }, changed);
    expect(outcomes[0].epochs).toBe(2);
    await writeFile(join(folder, 'fresh/tiny/labels-seed-1.json'), '{"a":');
    await expect(run('fresh', { seed: 1 }, changed)).rejects.toThrow(
      /labels-seed-1\.json is not the outcome/,
    );
  });

  it('does not take what came of other data for its own, and looks before any training', async () => {
    const onRun = () => expect.fail('what was finished before should have been looked at first');
    const others = prototypes(4000, 90, 6, 8);
    const learned = run('whole', { data: { ...data, train: { ...others, shape } }, onRun });
    await expect(learned).rejects.toThrow(
      /hybrids-seed-1\.json is of other data than prototypes: it was made of prototypes, .*--fresh$/,
    );
    const test = { ...data.test!, labels: data.test!.labels.toReversed() };
    await expect(run('whole', { data: { ...data, test }, onRun })).rejects.toThrow(/is of other data/);
    await rm(join(folder, 'whole/tiny/hybrids-seed-2.json'));
    await expect(run('whole', { data: { ...data, test }, onRun })).rejects.toThrow(/hybrids-seed-1\.json/);
    await run('whole');
  });

  it('says which outcomes of before cannot tell of their data', async () => {
    const file = join(folder, 'whole/tiny/labels-seed-3.json');
    const text = await readFile(file, 'utf8');
    const { data: _, ...older } = JSON.parse(text);
    await writeFile(file, JSON.stringify(older));
    const told: string[] = [];
    const { isDone } = await run('whole', { onUncompared: path => told.push(path) });
    expect([isDone, told]).toEqual([true, [file]]);
    await writeFile(file, text);
  });

  it.each<[string, (outcome: Record<string, unknown>) => object]>([
    ['an error in words', outcome => ({ ...outcome, softmaxError: '<b>1</b>' })],
    ['a time in words', outcome => ({ ...outcome, trainSeconds: '1' })],
    [
      'a curve of words',
      outcome => ({ ...outcome, curve: { ...(outcome.curve as object), at: ['1', 2, 3, 4] } }),
    ],
    ['a machine in numbers', outcome => ({ ...outcome, made: { ...(outcome.made as object), cpu: 7 } })],
    ['no curve', ({ curve: _, ...outcome }) => outcome],
  ])('refuses an outcome with %s', async (_, change) => {
    const file = join(folder, 'whole/tiny/labels-seed-3.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify(change(JSON.parse(text))));
    await expect(run('whole')).rejects.toThrow(/labels-seed-3\.json is not the outcome of a training/);
    await writeFile(file, text);
  });

  it('needs a test set', async () => {
    await expect(run('none', { data: { train: data.train } })).rejects.toThrow(/prototypes has no test set/);
  });
});

describe('what it writes', () => {
  it('is a result with every seed, their mean and spread, and a report', async () => {
    const done = await run('whole');
    const files = await writeResult(done, join(folder, 'out'), 'npx ff reproduce tiny');
    expect(files).toEqual({ result: join(folder, 'out/tiny.json'), report: join(folder, 'out/tiny.html') });
    const text = await readFile(files.result, 'utf8');
    const result = JSON.parse(text);
    expect(result).toMatchObject({
      command: 'npx ff reproduce tiny',
      node: process.version,
      experiment: 'tiny',
      trainedOn: 'prototypes',
      testedOn: 500,
    });
    expect(result.isShort).toBeUndefined();
    expect(result.cpu).toMatch(/^\d+ × /);
    const [{ runs, error, softmaxError, goodnessError, paper }, labelled] = result.variants;
    expect(paper).toBe('1.5 %');
    expect(runs.map(({ seed }: { seed: number }) => seed)).toEqual([1, 2]);
    const [a, b] = runs.map(({ softmaxError: each }: { softmaxError: number }) => each);
    expect(error.mean).toBeCloseTo((a + b) / 2, 10);
    expect(error.deviation).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 10);
    expect(softmaxError).toEqual(error);
    expect(goodnessError).toBeUndefined();
    expect(labelled.error).toEqual({ mean: done.outcomes[2].goodnessError });
    expect(runs[0].curve.at).toEqual([1, 2, 3]);
    expect(text).toContain('"at": [ 1, 2, 3 ]');

    const html = await readFile(files.report, 'utf8');
    checkReport(html);
    expect(html).toContain('two ways to learn &lt;prototypes&gt;');
    expect(html).toMatch(
      /<tr( class="best")?><th scope="row">\w+<\/th>.*\n.*<i class="shade0" style="width:[\d.]+%">.*<b style="left:[\d.]+%"><\/b>.*1\.5 % published/,
    );
    expect(html.match(/<polyline class="line shade0"/g)).toHaveLength(2);
    expect(html.match(/<polyline class="line shade1"/g)).toHaveLength(2);
    // Image, partner, mask and hybrid of six, and the fields of two first layers.
    const hybridTable = html.slice(html.indexOf('<table class="hybrids">'));
    expect(hybridTable.slice(0, hybridTable.indexOf('</table>')).match(/<img /g)).toHaveLength(24);
    expect(html.match(/class="fields"/g)).toHaveLength(2);
  });

  it('marks a short result, and one of held-out examples', async () => {
    const short = await writeResult(await run('whole', { short: true }), join(folder, 'out'), '');
    expect(short.result).toBe(join(folder, 'out/tiny-short.json'));
    expect(JSON.parse(await readFile(short.result, 'utf8')).isShort).toBe(true);
    expect(await readFile(short.report, 'utf8')).toContain('This was a short run');
    const held = await run('whole', { validation: 400, seed: 5 });
    const files = await writeResult(held, join(folder, 'out'), '');
    expect(files.result).toBe(join(folder, 'out/tiny-validation-400-seed-5.json'));
    const result = JSON.parse(await readFile(files.result, 'utf8'));
    expect(result).toMatchObject({ heldOut: 400, testedOn: 400, isOneSeed: true });
    const html = await readFile(files.report, 'utf8');
    checkReport(html);
    expect(html).toContain('error on 400 held-out training examples');
    expect(html).toContain('Held-out examples');
  });
});

it('answers a stream before it learns from it, once', async () => {
  const [variant] = online.variants;
  const known = variant.recipe as RecipeOf<Contrast>;
  const recipe = changed(known, {
    layers: [40, 30],
    learning: { optimizer: { ...known.learning.optimizer, rate: 0.0005 } },
  });
  const stream: Experiment = { ...online, variants: [{ ...variant, recipe, seeds: [1] }] };
  const told: number[] = [];
  const done = await run(
    'stream',
    { onEvent: event => event.event === 'seen' && told.push(event.examples) },
    stream,
  );
  const [{ curve, epochs, goodnessError, threads }] = done.outcomes;
  expect(told).toEqual([1000, 2000, 3000, 4000]);
  expect(curve).toMatchObject({ unit: 'examples', at: told });
  expect([epochs, threads]).toEqual([1, 1]);
  // Of a network that knows nothing 5 of 6 answers are wrong.
  expect(curve.trainError[3]).toBeLessThan(60);
  expect(curve.trainError[3]).toBeLessThan(curve.trainError[0]);
  expect(goodnessError).toBeLessThan(60);
  const { report } = await writeResult(done, join(folder, 'out'), '');
  const html = await readFile(report, 'utf8');
  checkReport(html);
  expect(html).toContain('Error so far');
  expect(html).toContain('4,000 examples: one-by-one');

  const stop = new AbortController();
  const cut = await run('stream', { seed: 2, signal: stop.signal, onEvent: () => stop.abort() }, stream);
  expect(cut.isDone).toBe(false);
});

describe('the experiments', () => {
  it.each(experiments.map(experiment => [experiment.name, experiment] as const))(
    '%s has settings that make sense, and costs a tenth or less when short',
    (_, experiment) => {
      const cost = ({ variants }: Experiment, isShort: boolean) =>
        variants.reduce((sum, { recipe, seeds, short }) => {
          const pixels = recipe.image ? recipe.image.reduce<number>((all, n = 1) => all * n, 1) : 784;
          const units = shapesOf(recipe, inputShape(recipe, pixels)).slice(1).map(sizeOf);
          const connections = units.reduce((all, count, l) => all + count * (units[l - 1] ?? 784), 0);
          return sum + seeds.length * recipe.epochs * (isShort ? short.examples : 60_000) * connections;
        }, 0);
      expect(cost(shortened(experiment), true)).toBeLessThanOrEqual(0.1 * cost(experiment, false));
      const names = experiment.variants.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { name, recipe } of [...experiment.variants, ...shortened(experiment).variants]) {
        expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
        checkRecipe(recipe);
      }
    },
  );

  it('are found by name', () => {
    expect(findExperiment('supervised').name).toBe('supervised');
    expect(() => findExperiment('supervized')).toThrow(
      /no experiment is called supervized: did you mean supervised\?/,
    );
    expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
  });
});

it('takes mean and sample standard deviation', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([undefined])).toBeUndefined();
  expect(spreadOf([3])).toEqual({ mean: 3 });
  expect(spreadOf([1, undefined, 2, 3])).toEqual({ mean: 2, deviation: 1 });
});

it('summarises what there is', async () => {
  const { outcomes, ...rest } = await run('whole');
  const [only, ...none] = summarise({ ...rest, outcomes: outcomes.slice(0, 2) });
  expect(none).toEqual([]);
  expect(only.variant.name).toBe('hybrids');
  expect(only.seconds).toBeCloseTo((outcomes[0].trainSeconds + outcomes[1].trainSeconds) / 2, 10);
});
