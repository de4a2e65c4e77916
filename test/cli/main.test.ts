// The ff command as its user meets it: what it prints, where, and how it ends.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBlocks } from '../support/blocks.ts';
import { runCommand } from '../support/command.ts';

let folder: string;

const ff = (words: string[], until?: RegExp) => runCommand(folder, words, until);

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-cli-'));
  await mkdir(join(folder, 'empty'));
  await writeBlocks(join(folder, 'blocks'), 1500, 200);
});
afterAll(() => rm(folder, { recursive: true }));

describe('ff train', () => {
  it('trains, tests, and writes a model and a report', async () => {
    const { code, stdout, stderr } = await ff([
      'train',
      'blocks',
      '--epochs',
      '3',
      '--out',
      'a/model.safetensors',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    // Piped: plain lines, without the codes of a live line.
    expect(stdout).not.toContain('\r');
    expect(stdout).not.toContain('\x1b[K');
    expect(stdout.match(/^epoch \d\/3 .* test \d+\.\d\d %/gm)).toHaveLength(3);
    expect(stdout).toMatch(/blocks: error 0\.\d\d % by the log probabilities of all layers/);
    expect(await readdir(join(folder, 'a'))).toEqual(['model.html', 'model.safetensors']);
    expect(await readFile(join(folder, 'a/model.html'), 'utf8')).toContain('one-pass on blocks');
  });

  it('prints JSON lines and nothing else with --json, as documented', async () => {
    const words = [
      'train',
      'blocks',
      '--epochs',
      '2',
      '--json',
      '--seed',
      '5',
      '--threads',
      '1',
      '--out',
      'b.safetensors',
    ];
    const { code, stdout, stderr } = await ff(words);
    expect([code, stderr]).toEqual([0, '']);
    const events = lines(stdout);
    expect(events.map(event => event.event)).toEqual(['epoch', 'epoch', 'done']);
    expect(events[0]).toMatchObject({
      epoch: 1,
      trainSeconds: expect.any(Number),
      testError: expect.any(Number),
    });
    expect(events[2]).toMatchObject({
      testError: expect.any(Number),
      trainSeconds: expect.any(Number),
      totalSeconds: expect.any(Number),
      readout: 'goodness',
      seed: 5,
      threads: 1,
      simd: expect.stringMatching(/^(relaxed|simd)$/),
      model: 'b.safetensors',
    });
    expect(events[2].totalSeconds).toBeGreaterThan(events[2].trainSeconds);
  });

  it('is silent with --quiet', async () => {
    expect(await ff(['train', 'blocks', '--epochs', '1', '--quiet', '--out', 'q.safetensors'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('looks at held-out data with --validation, and at the test set at the end only', async () => {
    const words = [
      'train',
      'blocks',
      '--epochs',
      '1',
      '--json',
      '--validation',
      '300',
      '--out',
      'v.safetensors',
    ];
    const [epoch, done] = lines((await ff(words)).stdout);
    expect(epoch.validationError).toEqual(expect.any(Number));
    expect(epoch.testError).toBeUndefined();
    expect(done.testError).toEqual(expect.any(Number));
  });

  it('saves a checkpoint on Ctrl-C, and goes on from it to the same model', async () => {
    const whole = await ff(['train', 'blocks', '--epochs', '6', '--json', '--out', 'whole.safetensors']);
    expect(whole.code).toBe(0);
    const cut = await ff(
      ['train', 'blocks', '--epochs', '6', '--json', '--out', 'cut.safetensors'],
      /"epoch":2/,
    );
    expect(cut.code).toBe(130);
    const stopped = lines(cut.stdout).at(-1);
    expect(stopped).toMatchObject({ event: 'stopped', checkpoint: 'cut.checkpoint.safetensors' });
    const words = ['train', 'blocks', '--resume', stopped.checkpoint, '--json', '--out', 'cut.safetensors'];
    const resumed = await ff(words);
    expect(resumed.stderr).toBe('');
    expect(resumed.code).toBe(0);
    const [a, b] = await Promise.all(
      ['whole', 'cut'].map(name => readFile(join(folder, `${name}.safetensors`))),
    );
    expect(a.equals(b)).toBe(true);
    expect(await readdir(folder)).not.toContain('cut.checkpoint.safetensors');
  });

  it('says how to go on after Ctrl-C', async () => {
    const { code, stdout } = await ff(
      ['train', 'blocks', '--epochs', '50', '--out', 'c.safetensors'],
      /epoch +1\/50/,
    );
    expect(code).toBe(130);
    expect(stdout).toMatch(
      /to go on: npx ff train blocks --resume c\.checkpoint\.safetensors --out c\.safetensors/,
    );
  });
});

describe('ff evaluate, predict and inspect', () => {
  beforeAll(async () => {
    await ff(['train', 'blocks', '--epochs', '4', '--quiet', '--out', 'm.safetensors']);
  });

  it('evaluates a model', async () => {
    const { code, stdout } = await ff(['evaluate', 'm.safetensors', 'blocks', '--json']);
    expect(code).toBe(0);
    const [result] = lines(stdout);
    expect(result).toMatchObject({ event: 'evaluated', data: 'blocks', count: 200 });
    expect(result.goodnessError).toBeLessThan(5);
    expect((await ff(['evaluate', 'm.safetensors', 'blocks'])).stdout).toMatch(
      /the log probabilities of all layers +\d+\.\d\d %/,
    );
  });

  it('predicts pictures', async () => {
    const data = new Uint8Array(60 * 40).fill(255);
    for (let y = 10; y < 30; y++) for (let x = 25; x < 32; x++) data[y * 60 + x] = 0;
    await writeFile(
      join(folder, 'digit.png'),
      encode({ width: 60, height: 40, data, depth: 8, channels: 1 }),
    );
    const { code, stdout } = await ff(['predict', 'm.safetensors', 'digit.png', 'digit.png', '--json']);
    expect(code).toBe(0);
    const answers = lines(stdout);
    expect(answers).toHaveLength(2);
    expect(answers[0].goodness).toHaveLength(10);
    expect(answers[0].probabilities.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
    expect((await ff(['predict', 'm.safetensors', 'digit.png'])).stdout).toMatch(/digit\.png: \d\n/);
  });

  it('does not go on from a finished model', async () => {
    const { code, stderr } = await ff(['train', 'blocks', '--resume', 'm.safetensors']);
    expect(stderr).toMatch(/^ff: m\.safetensors is a finished model: expected a checkpoint/);
    expect(code).toBe(2);
  });

  it('inspects a model', async () => {
    const { code, stdout } = await ff(['inspect', 'm.safetensors']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/layers\.0\.weight +F32 +784 × 600/);
    const [result] = lines((await ff(['inspect', 'm.safetensors', '--json'])).stdout);
    expect(result.recipe.name).toBe('one-pass');
  });
});

it('learns a table, and answers it as CSV', async () => {
  const rows = Array.from({ length: 90 }, (_, i) => `${(i % 3) * 2 + (i % 7) / 10},${i % 5},kind ${i % 3}`);
  await writeFile(join(folder, 'flowers.csv'), `size,other,species\n${rows.join('\n')}\n`);
  const { code, stdout, stderr } = await ff(['train', 'flowers.csv', '--label', 'species']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/learns species: kind 0, kind 1, kind 2/);
  expect(stdout).toMatch(/flowers\.csv, test part: error 0\.00 % by the goodness/);
  expect(stdout).not.toMatch(/images/);
  expect((await readdir(join(folder, 'runs'))).filter(name => name.startsWith('flowers')).sort()).toEqual([
    'flowers.html',
    'flowers.safetensors',
  ]);
  expect(await readFile(join(folder, 'runs', 'flowers.html'), 'utf8')).toContain('How sure, how right');
  await writeFile(join(folder, 'new.csv'), 'other,size\n1,4.2\n3,0.1\n');
  const predicted = await ff(['predict', 'runs/flowers.safetensors', 'new.csv']);
  expect(predicted.stdout).toMatch(/^label,confidence\nkind 2,[01]\.\d{4}\nkind 0,[01]\.\d{4}\n$/);
  const written = await ff(['predict', 'runs/flowers.safetensors', 'new.csv', '--out', 'answers.csv']);
  expect(written.stdout).toBe('2 answers in answers.csv\n');
  expect(await readFile(join(folder, 'answers.csv'), 'utf8')).toBe(predicted.stdout);
  const [evaluated] = lines(
    (await ff(['evaluate', 'runs/flowers.safetensors', 'flowers.csv', '--json'])).stdout,
  );
  expect(evaluated).toMatchObject({ event: 'evaluated', count: 90 });
  const wrong = await ff(['train', 'flowers.csv', '--label', 'specis']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toMatch(/^ff: flowers\.csv has no column specis: did you mean species\?/);
});

describe('what is wrong is said in one line, with exit code 2 and no stack', () => {
  const wrong: [string, string[], RegExp][] = [
    [
      'an option that is none',
      ['train', '--epoch', '3'],
      /unknown option '--epoch'[\s\S]*Did you mean --epochs\?/,
    ],
    ['a command that is none', ['trian'], /unknown command 'trian'[\s\S]*Did you mean train\?/],
    [
      'epochs that are no number',
      ['train', '--epochs', 'many'],
      /--epochs <n>' argument 'many' is invalid\. Expected a whole number/,
    ],
    ['no threads', ['train', '--threads', '0'], /Expected a whole number of at least 1/],
    [
      'an unknown recipe',
      ['train', 'blocks', '--recipe', 'quik'],
      /no recipe is called quik: did you mean quick\?/,
    ],
    ['unknown data', ['train', 'mnits'], /mnist/],
    ['a folder without data', ['train', 'empty'], /train-images-idx3-ubyte/],
    ['images without classes', ['train', '.'], /images without labels: expected a folder for each class/],
    ['a table that is not there', ['train', 'none.csv', '--label', 'x'], /none\.csv: no such file/],
    ['a label for data that have theirs', ['train', 'blocks', '--label', 'x'], /--label names a column/],
    [
      'a model that is none',
      ['evaluate', 'blocks/train-labels-idx1-ubyte', 'blocks'],
      /ff: .*train-labels-idx1-ubyte/,
    ],
    ['a model that is not there', ['inspect', 'nothing.safetensors'], /nothing\.safetensors.*no such file/],
    ['a picture that is none', ['predict', 'b.safetensors', 'blocks/train-labels-idx1-ubyte'], /PNG/],
    ['more validation than data', ['train', 'blocks', '--validation', '5000'], /5000/],
    [
      'a seed with --resume',
      ['train', 'blocks', '--resume', 'x', '--seed', '2'],
      /leave out --recipe, --seed and --epochs/,
    ],
    [
      'a recipe with --resume',
      ['train', 'blocks', '--resume', 'x', '--recipe', 'quick'],
      /leave out --recipe, --seed and --epochs/,
    ],
    ['no command', [], /Usage: ff/],
  ];
  it.each(wrong)('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await ff(words);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('explains itself with --help', async () => {
    for (const words of [
      ['--help'],
      ['train', '--help'],
      ['evaluate', '--help'],
      ['predict', '--help'],
      ['inspect', '--help'],
    ]) {
      const { code, stdout } = await ff(words);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: ff/);
    }
  });
});
