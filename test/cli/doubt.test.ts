// What the command says beside its answers, where they may be wrong.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLines, runCommand } from '../support/command.ts';
import { generator } from '../support/data.ts';

let folder: string;
const ff = (...words: string[]) => runCommand(folder, words);

const random = generator(11);
const rows = Array.from({ length: 90 }, (_, i) => [
  ((i % 3) + 1.3 * random()).toFixed(3),
  random().toFixed(3),
  i % 2 ? 'True' : 'False',
  ['Rot', 'Gelb', 'Blau'][i % 3],
]);
const head = ['size', 'other', 'member', 'kind'];
const write = (name: string, table: readonly (readonly string[])[], names = head) =>
  writeFile(join(folder, name), [names, ...table].map(row => `${row.join(',')}\n`).join(''));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-doubt-'));
  await write('train.csv', rows);
  await write(
    'lacking.csv',
    rows.map(([size, , member]) => [size, member]),
    ['size', 'member'],
  );
  await write(
    'otherwise.csv',
    rows.map(([size, other, member, kind], i) => [size, other, member.toLowerCase(), i ? kind : 'ROT']),
  );
  expect(await ff('train', 'train.csv', '--label', 'kind', '--out', 'm.safetensors', '--quiet')).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
});
afterAll(() => rm(folder, { recursive: true }));

describe('a table that lacks a column', () => {
  const warning = 'column other, which was learned from, is not there: it counts as missing in all 90 rows';

  it('is answered with a warning', async () => {
    const { code, stdout, stderr } = await ff('predict', 'm.safetensors', 'lacking.csv');
    expect([code, stderr]).toEqual([0, `ff: ${warning}\n`]);
    const [, ...answers] = stdout.trim().split('\n');
    expect(answers.filter((line, i) => line.startsWith(rows[i][3])).length).toBeGreaterThan(60);
  });

  it('has the warning among its JSON lines', async () => {
    const { stdout } = await ff('predict', 'm.safetensors', 'lacking.csv', '--json');
    expect(parseLines(stdout).filter(({ code }) => code === 'no-column')).toEqual([
      { event: 'note', code: 'no-column', column: 'other', count: 90, isWarning: true, text: warning },
    ]);
  });

  it('is refused with --strict', async () => {
    expect(await ff('predict', 'm.safetensors', 'lacking.csv', '--strict')).toEqual({
      code: 2,
      stdout: '',
      stderr: `ff: lacking.csv: ${warning}; without --strict this is a warning\n`,
    });
  });
});

it('is told what is written otherwise, on stderr', async () => {
  const { code, stderr } = await ff('predict', 'm.safetensors', 'otherwise.csv');
  expect([code, stderr]).toEqual([
    0,
    'ff: column member: 90 of 90 cells (100 %) are written otherwise than in training, such as "false"\n',
  ]);
  const evaluated = await ff('evaluate', 'm.safetensors', 'otherwise.csv');
  expect(evaluated.code).toBe(0);
  expect(evaluated.stderr).toMatch(/kind: 1 labels? .* such as "ROT", which counts as Rot\n/);
});

it('says of data to test on what it says of data to answer', async () => {
  const words = ['train', 'train.csv', '--label', 'kind', '--epochs', '3', '--out', 'tested.safetensors'];
  await write(
    'test.csv',
    rows.map(([size, , member, kind], i) => [size, i ? member : 'Maybe', kind]),
    ['size', 'member', 'kind'],
  );
  const loud = await ff(...words, '--test', 'test.csv', '--json');
  expect(loud).toMatchObject({ code: 0, stderr: '' });
  const doubts = parseLines(loud.stdout).filter(({ isWarning }) => isWarning);
  expect(doubts.map(({ code, column }) => [code, column])).toEqual([
    ['no-column', 'other'],
    ['cells', 'member'],
  ]);
  const quiet = await ff(...words, '--test', 'test.csv', '--quiet');
  expect(quiet).toMatchObject({ code: 0, stdout: '' });
  expect(quiet.stderr).toBe(doubts.map(({ text }) => `ff: ${text}\n`).join(''));
  expect(await readFile(join(folder, 'tested.html'), 'utf8')).toContain('Rot');
});

it('lists of many classes those with the most mistakes', async () => {
  const classes = 60;
  const list = Array.from({ length: 10 * classes }, (_, i) => [
    ((i % classes) + random() / 2).toFixed(3),
    random().toFixed(3),
    // Nobody can tell the first two classes apart.
    `no. ${Math.max(1, i % classes)}${i % classes < 2 ? 'ab'[i % 7 < 3 ? 0 : 1] : ''}`,
  ]);
  await write('many.csv', list, ['size', 'other', 'kind']);
  const words = ['--label', 'kind', '--epochs', '8', '--out', 'many.safetensors'];
  const trained = await ff('train', 'many.csv', ...words);
  expect(trained.code).toBe(0);
  const evaluated = await ff('evaluate', 'many.safetensors', 'many.csv');
  const lines = evaluated.stdout.split('\n');
  const rest = lines.findIndex(line => / other classes: \d+ examples wrong$/.test(line));
  expect(rest).toBeGreaterThan(1);
  expect(rest).toBeLessThanOrEqual(31);
  const wrong = lines.slice(1, rest).map(line => Number(/^ *no\. \S+ +\d+ +(\d+)/.exec(line)?.[1]));
  expect(wrong).toEqual([...wrong].sort((a, b) => b - a));
  expect(wrong.every(count => count > 0)).toBe(true);
  expect((await ff('inspect', 'many.safetensors')).stdout).toMatch(/classes +no\. 1a, no\. 1b, .*… \(60\)/);
  expect(await readFile(join(folder, 'many.html'), 'utf8')).toMatch(/\d+ of 60 classes, those with the most/);
});
