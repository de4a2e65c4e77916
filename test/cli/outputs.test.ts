// What a command will write: that it can be written is known before any work is done for it, and none of it replaces what is read.

import { mkdirSync } from 'node:fs';
import { cp, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBlocks } from '../support/blocks.ts';
import { interrupt, runCommand } from '../support/command.ts';
import { farTable } from '../support/data.ts';

let folder: string;
const ff = (...words: string[]) => runCommand(folder, words);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-outputs-'));
  await writeBlocks(join(folder, 'blocks'), 300, 50);
  await writeFile(join(folder, 'data.csv'), farTable(60));
  await writeFile(join(folder, 'test.csv'), farTable(30));
  await writeFile(join(folder, 'text.txt'), 'the cat sat on the mat. '.repeat(2000));
  await writeFile(join(folder, 'file'), '');
  for (const name of ['folder', 'a.html', 'b.checkpoint.safetensors']) await mkdir(join(folder, name));
  const trained = await ff(
    'train',
    'data.csv',
    '--label',
    'kind',
    '--epochs',
    '40',
    '--out',
    'own.safetensors',
    '--quiet',
  );
  expect(trained).toMatchObject({ code: 0, stdout: '' });
  await ff('train', 'blocks', '--epochs', '1', '--out', 'digits.safetensors', '--quiet');
});
afterAll(() => rm(folder, { recursive: true }));

/** Every file in the folder, and what is in it. */
async function contents(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    found[path] = entry.isFile() ? (await readFile(path)).toString('base64') : 'no file';
  }
  return found;
}

/** Refused at once, in one line, with nothing printed, written or changed. */
async function expectRefusal(words: readonly string[], message: RegExp): Promise<void> {
  const before = await contents();
  const { code, stdout, stderr } = await ff(...words);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^ff: [^\n]+\n$/);
  expect([code, stdout]).toEqual([2, '']);
  expect(await contents()).toEqual(before);
}

describe('a place that cannot be written is refused before the work', () => {
  const ownTable = ['train', 'data.csv', '--label', 'kind', '--out'];
  const blocks = ['train', 'blocks', '--out'];
  it.each<[string, string[], RegExp]>([
    ['a model in place of a folder', [...blocks, 'folder'], /folder: expected a file, found a folder/],
    ['a model below a file', [...blocks, 'file/x.safetensors'], /a part of the path is a file, not a folder/],
    ['a report in place of a folder', [...blocks, 'a.safetensors'], /cannot write a\.html: expected a file/],
    [
      'a checkpoint in place of a folder',
      [...blocks, 'b.safetensors'],
      /b\.checkpoint\.safetensors: expected a file, found a folder/,
    ],
    ['a model of own data in place of a folder', [...ownTable, 'folder'], /cannot write folder: expected/],
    ['a model of own data below a file', [...ownTable, 'file/x'], /cannot write file\/x: a part of the path/],
    ['a report on own data', [...ownTable, 'a.safetensors'], /cannot write a\.html: expected a file/],
    ['a checkpoint of own data', [...ownTable, 'b.safetensors'], /b\.checkpoint\.safetensors: expected/],
    [
      'answers',
      ['predict', 'own.safetensors', 'data.csv', '--out', 'folder'],
      /write folder: expected a file/,
    ],
    ['an export', ['export', 'digits.safetensors', '--int8', '--out', 'file/x'], /write file\/x: a part of/],
  ])('%s', async (_, words, message) => {
    await expectRefusal(words, message);
  });

  it('ff reproduce, of its result and of its runs', async () => {
    const words = ['reproduce', 'sequences', '--short', '--text', 'text.txt', '--out'];
    await expectRefusal([...words, 'file'], /cannot write file\/sequences-short\.html: a part of the path/);
    await mkdir(join(folder, 'results/sequences-short.json'), { recursive: true });
    await expectRefusal([...words, 'results'], /sequences-short\.json: expected a file, found a folder/);
    await rm(join(folder, 'results'), { recursive: true });
    await writeFile(join(folder, 'runs'), '');
    await expectRefusal([...words, 'results'], /cannot write runs\/reproduce\/sequences\/short\/teacher/);
    await expectRefusal(['train', 'blocks'], /cannot write runs\/blocks-one-pass\.safetensors: a part of/);
    await expectRefusal(['train', 'data.csv', '--label', 'kind'], /cannot write runs\/data\.safetensors/);
    await rm(join(folder, 'runs'));
  });
});

describe('what is read is not replaced', () => {
  beforeAll(async () => {
    await symlink('data.csv', join(folder, 'link.csv'));
    await symlink('own.safetensors', join(folder, 'link.safetensors'));
    await symlink('folder', join(folder, 'linked-folder'));
    await link(join(folder, 'data.csv'), join(folder, 'twin.csv'));
    await writeFile(join(folder, 'folder/data.csv'), farTable(60));
    // A checkpoint may be called as its owner likes.
    const stopped = await runCommand(folder, ['train', 'blocks', '--out', 'c.safetensors'], /epoch +1\//);
    expect(stopped.code).toBe(130);
    await cp(join(folder, 'c.checkpoint.safetensors'), join(folder, 'r.html'));
  });

  const train = ['train', 'data.csv', '--label', 'kind', '--out'];
  it.each<[string, string[], RegExp]>([
    ['a table by itself', [...train, 'data.csv'], /data\.csv would replace data\.csv, which is read: give/],
    ['a table by another path', [...train, './folder/../data.csv'], /would replace data\.csv/],
    ['a table by a link', [...train, 'link.csv'], /link\.csv would replace data\.csv/],
    ['a table that was given as a link', ['train', 'link.csv', ...train.slice(2), 'data.csv'], /link\.csv/],
    ['a table by a hard link', [...train, 'twin.csv'], /twin\.csv would replace data\.csv/],
    [
      'a table in a linked folder',
      ['train', 'folder/data.csv', ...train.slice(2), 'linked-folder/data.csv'],
      /would replace folder\/data\.csv/,
    ],
    ['a table to test on', [...train, 'test.csv', '--test', 'test.csv'], /would replace test\.csv/],
    [
      'a file in a folder of data',
      ['train', 'blocks', '--out', 'blocks/train-labels-idx1-ubyte'],
      /would replace blocks\/train-labels-idx1-ubyte/,
    ],
    [
      'a file of data to test on',
      ['train', 'blocks', '--test', 'blocks', '--out', 'blocks/t10k-images-idx3-ubyte'],
      /would replace blocks\/t10k/,
    ],
    [
      'a file beside IDX images',
      ['train', 'blocks/train-images-idx3-ubyte', '--out', 'blocks/train-labels-idx1-ubyte'],
      /would replace blocks\/train-labels/,
    ],
    [
      'a checkpoint by the model',
      ['train', 'blocks', '--resume', 'r.html', '--out', 'r.html'],
      /would replace r\.html/,
    ],
    [
      'a checkpoint by the report',
      ['train', 'blocks', '--resume', 'r.html', '--out', 'r.safetensors'],
      /r\.html would replace r\.html/,
    ],
    [
      'new data by the answers',
      ['predict', 'own.safetensors', 'data.csv', '--out', 'link.csv'],
      /would replace data\.csv/,
    ],
    [
      'a model by the answers',
      ['predict', 'link.safetensors', 'data.csv', '--out', 'own.safetensors'],
      /would replace link\.safetensors/,
    ],
    [
      'a model by its export',
      ['export', 'own.safetensors', '--int8', '--out', 'link.safetensors'],
      /would replace own\.safetensors/,
    ],
    [
      'a text by the report',
      ['reproduce', 'sequences', '--text', 'sequences.html', '--out', '.'],
      /would replace sequences\.html/,
    ],
  ])('%s', async (_, words, message) => {
    if (words.includes('sequences')) await cp(join(folder, 'text.txt'), join(folder, 'sequences.html'));
    await expectRefusal(words, message);
  });

  it('but other files in a folder of data are', async () => {
    await writeFile(join(folder, 'blocks/m.safetensors'), 'of an earlier training');
    const words = ['train', 'blocks', '--epochs', '1', '--quiet', '--out', 'blocks/m.safetensors'];
    expect(await ff(...words)).toEqual({ code: 0, stdout: '', stderr: '' });
    for (const name of ['m.safetensors', 'm.html']) await rm(join(folder, 'blocks', name));
  });
});

it.each([
  ['mnist-like data', ['train', 'blocks', '--epochs', '200'], /epoch +1\//],
  ['own data', ['train', 'data.csv', '--label', 'kind'], /epoch +\d+\//],
])(
  'a stop whose checkpoint cannot be written anywhere says so and advises nothing: %s',
  async (_, words, until) => {
    const { code, stdout, stderr } = await runCommand(
      folder,
      [...words, '--out', 'late.safetensors'],
      until,
      child => {
        mkdirSync(join(folder, 'late.checkpoint.safetensors'));
        interrupt(child);
      },
      // Files, where folders are expected: nor can it be kept there.
      { TMPDIR: join(folder, 'file'), HOME: join(folder, 'file') },
    );
    expect(stderr).toMatch(
      /^ff: the run failed: stopped in epoch \d+, but nothing was kept to go on from: cannot write late\.checkpoint\.safetensors: [^\n]+\n$/,
    );
    expect(stdout).not.toMatch(/to go on/);
    expect(code).toBe(1);
    await rm(join(folder, 'late.checkpoint.safetensors'), { recursive: true });
  },
);

it('a CSV that --json would not write is not promised', async () => {
  await expectRefusal(
    ['predict', 'own.safetensors', 'data.csv', '--json', '--out', 'answers.csv'],
    /--json prints its lines, --out writes a CSV: leave out one of them/,
  );
});
