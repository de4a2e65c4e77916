// A function between two layers: that it is there, that Forward-Forward learns on both sides of it, and that a gradient does
// not get through.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPredictable } from '../../src/device/predictable.ts';
import { InputError } from '../../src/errors.ts';
import { joinChunks, parseSafetensors } from '../../src/files/safetensors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { decodeNetwork } from '../../src/network/model.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import { describeRecipe } from '../../src/recipes/describe.ts';
import type { Between, Contrast, Learning } from '../../src/recipes/recipe.ts';
import { answers, flat, gradient, weightsOf } from '../support/classifier.ts';
import { generator, prototypes, withLabelRoom } from '../support/data.ts';
import { changed, quick, type RecipeOf } from '../support/recipes.ts';
import { fillTensors } from '../support/state.ts';

const [inputs, classes, seed] = [80, 5, 2];
const train = withLabelRoom(prototypes(600, inputs, classes, 1));
const test = withLabelRoom(prototypes(300, inputs, classes, 2));
const rows = Array.from({ length: test.count }, (_, i) =>
  Array.from(test.inputs.subarray(i * inputs, (i + 1) * inputs), value => value / 255),
);

const forward = changed(quick, { layers: [64, 45, 64], batch: 20, epochs: 6, shift: 0, holdShare: 1 });
const { from: _, ...topReadout } = quick.learning.readout;
const backprop: RecipeOf<Extract<Learning, { kind: 'backprop' }>> = {
  ...forward,
  learning: { kind: 'backprop', optimizer: quick.learning.optimizer, readout: topReadout },
};
const perturbation: RecipeOf<Extract<Learning, { kind: 'perturbation' }>> = {
  ...forward,
  learning: { kind: 'perturbation', deviation: 0.02, rate: 0.002, readout: { rate: 0.01 } },
};

type Boxed = Contrast | typeof backprop.learning | typeof perturbation.learning;

const open = (recipe: RecipeOf<Boxed>, between: Between, threads = 1) =>
  createNetwork(changed(recipe, { learning: { between } }), { inputs, classes, seed, threads });

async function drain(network: Network, epochs?: number): Promise<void> {
  for await (const _event of network.fit(train, epochs === undefined ? {} : { epochs }));
}

/** Gives the head, which is zero at first, something to read. */
function disturb(network: Network): void {
  fillTensors(network, /^readout.*weight$/, generator(5));
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-between-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function moduleOf(name: string, code: string): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, code);
  return path;
}

function toNearest(levels: number) {
  return (row: number[]) => {
    const largest = Math.max(...row);
    return row.map(y => (Math.round((y / largest) * (levels - 1)) / (levels - 1)) * largest);
  };
}

it.each([0, 1])(
  'what the layers above see is what the function gives: levels, after layer %i',
  async after => {
    const network = await open(backprop, { after, kind: 'quantise', levels: 3 });
    disturb(network);
    const { probabilities } = await network.evaluate(test);
    const weights = weightsOf(readState(network.session, false));
    await network.close();
    const expected = answers(weights, rows, after + 1, toNearest(3));
    const without = answers(weights, rows);
    let [moved, wrong] = [0, 0];
    expected.forEach((row, i) => {
      const found = Array.from(probabilities.subarray(i * classes, (i + 1) * classes));
      const off = Math.max(...row.map((p, c) => Math.abs(p - found[c])));
      // An activity so near to the middle of two levels that rounding decides is not told from the other side.
      if (off > 1e-4) wrong++;
      moved += Math.max(...row.map((p, c) => Math.abs(p - without[i][c])));
    });
    expect(wrong).toBeLessThan(4);
    expect(moved / test.count).toBeGreaterThan(0.02);
  },
);

it('a step of backpropagation is the gradient above the function, and nothing below it', async () => {
  const path = await moduleOf('mirrored', 'export default row => { row.reverse(); row[3] = -1.5; };');
  const used = changed(backprop, {
    learning: {
      optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
      readout: { rate: 1, momentum: 0, decay: 0 },
    },
    batch: test.count,
  });
  const network = await open(used, { after: 0, kind: 'module', path });
  disturb(network);
  const before = weightsOf(readState(network.session, false));
  for await (const _event of network.fit(test, { epochs: 1 }));
  const moved = flat(weightsOf(readState(network.session, false)));
  await network.close();
  const change = (row: number[]) => row.toReversed().with(3, -1.5);
  const expected = flat(gradient(before, rows, Array.from(test.labels), 1, change));
  const old = flat(before);
  expected.forEach((slope, i) => {
    expect(Math.abs(moved[i] - old[i] - slope)).toBeLessThan(2e-6);
  });
  const below = (inputs + 1) * 64;
  expect(moved.slice(0, below)).toEqual(old.slice(0, below));
  expect(Math.max(...expected.slice(below).map(Math.abs))).toBeGreaterThan(0.01);
});

const boxes: [string, Between][] = [
  ['2 levels', { after: 0, kind: 'quantise', levels: 2 }],
  ['4 levels', { after: 1, kind: 'quantise', levels: 4 }],
  ['noise', { after: 0, kind: 'noise', deviation: 0.5 }],
];

describe.each(boxes)('%s', (_, between) => {
  it('Forward-Forward learns, on both sides', async () => {
    const network = await open(forward, between);
    const before = readState(network.session, false);
    expect((await network.evaluate(test)).answers.error).toBeGreaterThan(50);
    await drain(network);
    expect((await network.evaluate(test)).answers.error).toBeLessThan(10);
    const { positiveGoodness, negativeGoodness } = network.history.at(-1)!;
    positiveGoodness.forEach((goodness, l) => {
      expect(goodness).toBeGreaterThan(negativeGoodness[l]);
    });
    readState(network.session, false).forEach(({ name, data }, i) => {
      if (/^layers.*weight$/.test(name)) expect(data).not.toEqual(before[i].data);
    });
    await network.close();
  });

  it('backpropagation moves nothing below it, and tells so', async () => {
    const network = await open(backprop, between);
    const before = readState(network.session, false);
    await drain(network);
    readState(network.session, false).forEach(({ name, data }, i) => {
      if (!/^layers/.test(name)) return;
      const isBelow = Number(name.split('.')[1]) <= between.after;
      if (isBelow) expect(data).toEqual(before[i].data);
      else expect(data).not.toEqual(before[i].data);
    });
    expect(network.history.at(-1)!.activeRows).toEqual(
      [0, 1, 2].map(layer => (layer > between.after ? 1 : 0)),
    );
    await network.close();
  });

  it.each([
    ['forward', forward],
    ['backprop', backprop],
    ['perturbation', perturbation],
  ])(
    '%s learns and answers the same bits with 1 and 3 threads, and from a checkpoint',
    async (_name, recipe) => {
      const results = [];
      for (const threads of [1, 3]) {
        const network = await open(recipe, between, threads);
        await drain(network, 2);
        const { probabilities, goodness } = await network.evaluate(test);
        results.push({ state: readState(network.session, true), probabilities, goodness });
        await network.close();
      }
      expect(results[1]).toEqual(results[0]);
      const begun = await open(recipe, between);
      await drain(begun, 1);
      const network = await decodeNetwork(await encodeNetwork(begun, true), { threads: 1 });
      await drain(network, 2);
      expect(readState(network.session, true)).toEqual(results[0].state);
      await begun.close();
      await network.close();
    },
  );
});

it('noise has its deviation, differs from row to row and from epoch to epoch, and is the same when asked again', async () => {
  const path = await moduleOf(
    'recorded',
    `globalThis.seen = [];
     export default (row, random) => { globalThis.seen.push(random(), random()); };`,
  );
  const network = await open(forward, { after: 0, kind: 'module', path });
  const seen = (globalThis as unknown as { seen: number[] }).seen;
  await drain(network, 2);
  const training = seen.splice(0);
  // Three rows an image.
  expect(training).toHaveLength(2 * 2 * 3 * train.count);
  // 7200 numbers of 32 bits: two alike would be one case in 160.
  expect(new Set(training).size).toBeGreaterThan(training.length - 2);
  await network.evaluate(test);
  const first = seen.splice(0);
  await network.evaluate(test);
  expect(seen.splice(0)).toEqual(first);
  expect(first.some(number => training.includes(number))).toBe(false);
  await network.close();

  const loud = await open(backprop, { after: 1, kind: 'noise', deviation: 0.5 });
  disturb(loud);
  const { probabilities } = await loud.evaluate(test);
  const weights = weightsOf(readState(loud.session, false));
  await loud.close();
  const random = generator(8);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const spread = (all: number[][]) => {
    const clean = answers(weights, rows, 2, row => row);
    const squares = all.flatMap((row, i) => row.map((p, c) => (p - clean[i][c]) ** 2));
    return squares.reduce((a, b) => a + b) / squares.length;
  };
  const found = rows.map((_, i) => Array.from(probabilities.subarray(i * classes, (i + 1) * classes)));
  const expected = spread(answers(weights, rows, 2, row => row.map(y => y + 0.5 * normal())));
  expect(spread(found) / expected).toBeGreaterThan(0.8);
  expect(spread(found) / expected).toBeLessThan(1.25);
});

describe('a module', () => {
  it.each([1, 2])('works by its path and by its URL, %i threads', async threads => {
    const path = await moduleOf(
      'steps',
      'export default row => { for (const k in row) row[k] = Math.sign(row[k]); };',
    );
    const results = [];
    for (const place of [path, pathToFileURL(path).href]) {
      const network = await open(forward, { after: 0, kind: 'module', path: place }, threads);
      await drain(network, 4);
      results.push(readState(network.session, true));
      expect((await network.evaluate(test)).answers.error).toBeLessThan(20);
      await network.close();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('that cannot be used is refused with what is wrong', async () => {
    const broken = await moduleOf('broken', 'export default row => {');
    const empty = await moduleOf('empty', 'export const change = () => {};');
    const bad: [string, RegExp][] = [
      ['steps.mjs', /absolute path or a file: URL/],
      ['data:text/javascript,export default () => {}', /absolute path or a file: URL/],
      [join(folder, 'missing.mjs'), /cannot be loaded/],
      [broken, /broken\.mjs cannot be loaded/],
      [empty, /must export a function \(row, random\) as its default, found undefined/],
    ];
    for (const threads of [1, 2]) {
      for (const [path, message] of bad) {
        const made = open(forward, { after: 0, kind: 'module', path }, threads);
        await expect(made).rejects.toThrow(InputError);
        await expect(made).rejects.toThrow(message);
      }
    }
  });

  it.each([1, 2])('that leaves no numbers is named, %i threads', async threads => {
    const path = await moduleOf('nan', 'export default row => { row[5] = Number.NaN; };');
    const network = await open(forward, { after: 0, kind: 'module', path }, threads);
    const step = network.fit(train).next();
    await expect(step).rejects.toThrow(InputError);
    await expect(step).rejects.toThrow(/nan\.mjs left NaN in unit 5/);
    await network.close();
  });

  it.each([1, 2])('that fails ends the network: nothing is answered by half, %i threads', async threads => {
    const path = await moduleOf('failing', "export default () => { throw new Error('no such row'); };");
    const network = await open(forward, { after: 1, kind: 'module', path }, threads);
    await expect(network.evaluate(test)).rejects.toThrow(/^no such row/);
    const ended = new InputError('the network cannot be used any more since a thread failed: no such row');
    await expect(network.probabilities(test)).rejects.toThrow(ended);
    await expect(network.fit(train).next()).rejects.toThrow(ended);
    await expect(encodeNetwork(network)).rejects.toThrow(ended);
    await network.close();
  });

  it('is not run for whoever only loads a file', async () => {
    const path = await moduleOf('idle', 'export default () => {};');
    const network = await open(forward, { after: 0, kind: 'module', path });
    const bytes = await encodeNetwork(network);
    await network.close();
    await expect(decodeNetwork(bytes)).rejects.toThrow(InputError);
    await expect(decodeNetwork(bytes)).rejects.toThrow(
      /names code to be run, .*idle\.mjs: load it with allowModule/,
    );
    const loaded = await decodeNetwork(bytes, { threads: 1, allowModule: true });
    await loaded.close();
  });
});

it('what knows no function between layers refuses such a model', async () => {
  const network = await open(forward, boxes[0][1]);
  const file = parseSafetensors(joinChunks([await encodeNetwork(network)]), 'it');
  await network.close();
  expect(() => readPredictable(file, 'it')).toThrow(InputError);
  expect(() => readPredictable(file, 'it')).toThrow('nothing between its layers');
});

it('refuses settings that make no sense, and tells of those that do', async () => {
  const bad: [object, string][] = [
    [
      { after: 2, kind: 'noise', deviation: 1 },
      'learning.between.after must be a layer with one above it, from 0 to 1, found 2',
    ],
    [
      { after: -1, kind: 'noise', deviation: 1 },
      'learning.between.after must be a whole number of at least 0, found -1',
    ],
    [{ after: 0, kind: 'noise', deviation: 0 }, 'learning.between.deviation must be a number above 0'],
    [
      { after: 0, kind: 'quantise', levels: 1 },
      'learning.between.levels must be a whole number of at least 2, found 1',
    ],
    [{ after: 0, kind: 'module' }, 'learning.between.path must be a text'],
    [{ after: 0, kind: 'magic' }, 'learning.between.kind must be one of quantise, noise, module'],
  ];
  for (const [between, message] of bad) {
    const made = open(forward, between as Between);
    await expect(made).rejects.toThrow(InputError);
    await expect(made).rejects.toThrow(message);
  }
  const described = describeRecipe(
    changed(forward, { learning: { between: { after: 1, kind: 'quantise', levels: 4 } } }),
  );
  expect(described).toContainEqual(['between layers', 'after layer 2: 4 levels']);
});
