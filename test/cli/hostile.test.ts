// What a file says becomes no path, no markup and no code of the terminal.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import { loadNetwork } from '../../src/network/model.ts';
import { quick } from '../../src/recipes/recipes.ts';
import { renderComparison } from '../../src/report/comparison.ts';
import { renderReport } from '../../src/report/report.ts';
import { openCheckpoint } from '../../src/train/checkpoint.ts';
import { byClass } from '../support/answers.ts';
import { writeBlocks } from '../support/blocks.ts';
import { runCommand } from '../support/command.ts';
import { farTable, generator } from '../support/data.ts';
import { redescribe } from '../support/files.ts';
import { checkReport } from '../support/markup.ts';
import { randomModel } from '../support/model.ts';

let folder: string;
const ff = (...words: string[]) => runCommand(folder, words);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-hostile-'));
  await writeBlocks(join(folder, 'blocks'), 600, 100);
  const words = ['train', 'blocks', '--epochs', '3', '--out', 'c.safetensors', '--json'];
  expect((await runCommand(folder, words, /"epoch":1,/)).code).toBe(130);
  await writeFile(join(folder, 'table.csv'), farTable(60));
  const own = ['train', 'table.csv', '--label', 'kind', '--out', 'o.safetensors', '--json'];
  expect((await runCommand(folder, own, /"epoch":20,/)).code).toBe(130);
});
afterAll(() => rm(folder, { recursive: true }));

const checkpoint = 'c.checkpoint.safetensors';
const own = 'o.checkpoint.safetensors';

it.each([
  ['/../../../escaped', 'blocks--..-..-..-escaped.safetensors'],
  ['a\u0000b\u001b[2J\n~$(id)', 'blocks-a-b-2J-id-.safetensors'],
])('the recipe %j in a checkpoint does not choose where the model goes', async (name, file) => {
  await redescribe(join(folder, checkpoint), join(folder, 'named.safetensors'), ({ recipe }) => {
    recipe.name = name;
  });
  const before = await readdir(folder);
  const { code, stdout, stderr } = await ff('train', 'blocks', '--resume', 'named.safetensors', '--json');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`"model":"runs/${file}"`);
  expect((await readdir(join(folder, 'runs'))).sort()).toEqual(
    [file, file.replace(/safetensors$/, 'html')].sort(),
  );
  await rm(join(folder, 'runs'), { recursive: true });
  expect(await readdir(folder)).toEqual(before);
});

it('a recipe whose name is longer than that of any file is refused before the training', async () => {
  await redescribe(join(folder, checkpoint), join(folder, 'named.safetensors'), ({ recipe }) => {
    recipe.name = 'n'.repeat(1000);
  });
  const { code, stdout, stderr } = await ff('train', 'blocks', '--resume', 'named.safetensors');
  expect(stderr).toMatch(/^ff: cannot write runs\/blocks-n+\.safetensors: the name is too long; [^\n]+\n$/);
  expect([code, stdout]).toEqual([2, '']);
});

const hostile = '<img src="x" onerror="alert(1)">';
// biome-ignore lint/suspicious/noExplicitAny: whatever a file may say
const changes: [string, (event: any) => void][] = [
  ['epoch', event => Object.assign(event, { epoch: hostile })],
  ['epochs', event => Object.assign(event, { epochs: [3] })],
  ['examples', event => Object.assign(event, { examples: '60' })],
  ['trainSeconds', event => Object.assign(event, { trainSeconds: '1' })],
  ['imagesPerSecond', event => Object.assign(event, { imagesPerSecond: null })],
  ['trainError', event => delete event.trainError],
  ['validationError', event => Object.assign(event, { validationError: hostile })],
  ['testError', event => Object.assign(event, { testError: {} })],
  ['positiveGoodness', event => event.positiveGoodness.push(hostile)],
  ['negativeGoodness', event => Object.assign(event, { negativeGoodness: hostile })],
  ['density', event => Object.assign(event, { density: [0.1] })],
  ['activeRows', event => Object.assign(event, { activeRows: null })],
];

describe('a history of anything but epochs is refused', () => {
  it.each(changes)('%s', async (_, change) => {
    const path = join(folder, 'bad.safetensors');
    await redescribe(join(folder, checkpoint), path, ({ position }) => change(position.history[0]));
    await expect(loadNetwork(path)).rejects.toThrow(InputError);
    await redescribe(join(folder, own), path, ({ learning }) => change(learning.history[0]));
    await expect(openCheckpoint(path)).rejects.toThrow(/what it says of the training cannot be used/);
  });

  it.each<[string, object]>([
    ['a sum in words', { sums: ['1', 2] }],
    ['a time in words', { trainSeconds: '1' }],
    ['no history', { history: undefined }],
    ['an event that is none', { history: [null] }],
  ])('and so is a position with %s', async (_, change) => {
    const path = join(folder, 'bad.safetensors');
    await redescribe(join(folder, checkpoint), path, ({ position }) => void Object.assign(position, change));
    await expect(loadNetwork(path)).rejects.toThrow(InputError);
  });

  it('by ff in one line', async () => {
    const path = join(folder, 'bad.safetensors');
    await redescribe(join(folder, checkpoint), path, ({ position }) => {
      position.history[0].epoch = hostile;
    });
    const { code, stdout, stderr } = await ff('train', 'blocks', '--resume', 'bad.safetensors');
    expect(stderr).toMatch(
      /^ff: bad\.safetensors: the description in the metadata cannot be used: [^\n]+\n$/,
    );
    expect([code, stdout]).toEqual([2, '']);
  });
});

it('own data without an encoding in their checkpoint are told in one line', async () => {
  await redescribe(join(folder, own), join(folder, 'bad.safetensors'), ({ learning }) => {
    delete learning.encoding;
  });
  const { code, stderr } = await ff('train', 'table.csv', '--resume', 'bad.safetensors');
  expect(stderr).toMatch(/^ff: bad\.safetensors: what it says of the training cannot be used [^\n]+\n$/);
  expect(code).toBe(2);
});

describe('reports escape all that they are given', () => {
  const readout = {
    error: 1,
    byClass: byClass([
      [1, 0],
      [1, 1],
    ]),
  };
  const event = {
    event: 'epoch' as const,
    epoch: hostile as unknown as number,
    epochs: 1,
    trainSeconds: hostile as unknown as number,
    imagesPerSecond: hostile as unknown as number,
    positiveGoodness: [],
    negativeGoodness: [],
    density: [],
    activeRows: [],
    trainError: 3,
    testError: hostile as unknown as number,
  };

  it.each([2, 60])('of a training with %s classes', classes => {
    const html = renderReport({
      title: hostile,
      settings: [['recipe', hostile]],
      machine: [],
      classNames: Array(classes).fill(hostile),
      epochs: [event],
      data: [hostile, hostile],
      readouts: [{ kind: 'softmax', ...readout }],
      layers: [{ units: 3 }],
      mistakes: [],
    });
    expect(html).toContain('Epoch &lt;img');
    checkReport(html);
    expect(html).not.toContain('<img src="x"');
  });

  it('of an experiment', () => {
    const run = { seed: hostile as unknown as number, goodnessError: 1, softmaxError: 1, trainSeconds: 1 };
    const html = renderComparison({
      name: hostile,
      about: hostile,
      section: hostile,
      measure: hostile,
      isShort: true,
      variants: [
        {
          name: hostile,
          about: hostile,
          paper: hostile,
          epochs: hostile as unknown as number,
          seconds: 1,
          runs: [run, run],
          settings: [[hostile, hostile]],
        },
      ],
      curves: [],
      machine: [[hostile, hostile]],
      sections: [],
    });
    expect(html).toContain('seed &lt;img');
    checkReport(html);
    expect(html).not.toContain('<img src="x"');
  });
});

describe('a terminal obeys nothing that comes out of a file', () => {
  // Clears the screen, or with one character alone what follows; turns the line round.
  const codes = '\u001b[2J\u009b1m\u202e\nfake: 0.00 %';
  const shown = String.raw`\u001b[2J\u009b1m\u202e\u000afake: 0.00 %`;
  const obeyed = /(?!\n)\p{Cc}|\u202e/u;

  it('ff inspect', async () => {
    await writeFile(
      join(folder, 'm.safetensors'),
      randomModel(
        { layers: [8], learning: { readout: { ...quick.learning.readout, from: 0 } }, about: codes },
        20,
        3,
      ).bytes,
    );
    const { code, stdout } = await ff('inspect', 'm.safetensors');
    expect(code).toBe(0);
    expect(stdout).toContain(shown);
    expect(stdout).not.toMatch(obeyed);
    const { stdout: json } = await ff('inspect', 'm.safetensors', '--json');
    expect(JSON.parse(json).recipe.about).toBe(codes);
    expect(json).not.toMatch(obeyed);
  });

  it('ff train on own data, and its errors', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${(i % 3) * 2 + (i % 7) / 10},same,"k${i % 3}${codes}"`,
    );
    await writeFile(join(folder, 'odd.csv'), `size,"left ${codes}",kind\n${rows.join('\n')}\n`);
    const { code, stdout } = await ff(
      'train',
      'odd.csv',
      '--label',
      'kind',
      '--epochs',
      '40',
      '--out',
      'x.safetensors',
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`k0${shown}`.slice(0, 20));
    expect(stdout).not.toMatch(obeyed);
    expect(stdout).not.toMatch(/^fake/m);
    const wrong = await ff('train', 'odd.csv', '--label', 'size', '--epochs', '1');
    expect(wrong.stderr).not.toMatch(obeyed);
    const few = await ff('train', 'odd.csv', '--label', `left ${codes}`);
    expect(few.stderr).toMatch(/^ff: [^\n]+\n$/);
    expect(few.stderr).toContain(shown);
    // What another program reads is exact.
    const { stdout: csv } = await ff('predict', 'x.safetensors', 'odd.csv');
    expect(csv).toContain(`"k0${codes}"`);
  });
});

it('a model of impossible sizes is told by ff inspect in one line', async () => {
  await redescribe(join(folder, checkpoint), join(folder, 'bad.safetensors'), description => {
    description.classes = hostile;
  });
  const { code, stderr } = await ff('inspect', 'bad.safetensors');
  expect(stderr).toMatch(/^ff: [^\n]*classes must be a whole number from 2 to 10000[^\n]*\n$/);
  expect(code).toBe(2);
});

it('a spreadsheet works out nothing that comes out of a file, where that is asked for', async () => {
  const labels = ['=1+1', '@SUM(A1)', '+x', '-2', '\t=2', 'plain', '=a\n=b'];
  const random = generator(4);
  const lines = Array.from({ length: 140 }, (_, i) => `${(i % 7) + 0.1 * random()},"${labels[i % 7]}"`);
  await writeFile(join(folder, 'formulas.csv'), `a,kind\n${lines.join('\n')}\n`);
  const words = ['train', 'formulas.csv', '--label', 'kind', '--out', 'f.safetensors', '--quiet'];
  expect((await ff(...words)).code).toBe(0);
  const answersOf = async (...options: string[]) => {
    const { code, stdout } = await ff('predict', 'f.safetensors', 'formulas.csv', ...options);
    expect(code).toBe(0);
    return new Set(
      Papa.parse<{ label: string }>(stdout, { header: true }).data.flatMap(({ label }) => label || []),
    );
  };
  const known = await answersOf();
  expect(known).toContain('=1+1');
  const safe = await answersOf('--spreadsheet-safe');
  expect(safe.size).toBe(known.size);
  for (const label of known) expect(safe).toContain(/^([=+@]|-(?!2$))/.test(label) ? `'${label}` : label);
  const { code, stderr } = await ff(
    'predict',
    'f.safetensors',
    'formulas.csv',
    '--json',
    '--spreadsheet-safe',
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(/^ff: --json prints JSON, --spreadsheet-safe is for answers as CSV/);
});

const oneLayer = { layers: [8], learning: { readout: { ...quick.learning.readout, from: 0 } } };

it('ff inspect says where weights are not finite', async () => {
  const { tensors, metadata } = parseSafetensors(randomModel(oneLayer, 20, 3).bytes, 'm');
  tensors.get('layers.0.weight')!.data[3] = Number.NaN;
  await writeFile(join(folder, 'nan.safetensors'), encodeSafetensors([...tensors.values()], metadata));
  const { code, stderr } = await ff('inspect', 'nan.safetensors');
  expect(code).toBe(0);
  expect(stderr).toBe(
    'ff: nan.safetensors: layers.0.weight has values that are not finite: nothing else reads this file\n',
  );
  const predicted = await ff('evaluate', 'nan.safetensors', 'blocks');
  expect(predicted.code).toBe(2);
  expect(predicted.stderr).toMatch(
    /^ff: nan\.safetensors: layers\.0\.weight is NaN at index 3, expected finite/,
  );
});
