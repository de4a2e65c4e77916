// ff reproduce as its user meets it, and the table that its results become.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experiments } from '../../src/experiments/experiments.ts';

const pathOf = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-reproduce-'));
});
afterAll(() => rm(folder, { recursive: true }));

function node(file: string, words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [pathOf(file), ...words], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const ff = (...words: string[]) => node('dist/cli/main.js', ['reproduce', ...words]);

describe('ff reproduce', () => {
  it('lists the experiments with their settings', async () => {
    const { code, stdout, stderr } = await ff();
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    for (const { name, section, variants } of experiments) {
      expect(lines.find(line => line.startsWith(`${name}  `))).toContain(section);
      for (const variant of variants) expect(stdout).toContain(variant.about);
    }
    const listed = (await ff('--json')).stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(listed.map(({ name }) => name)).toEqual(experiments.map(({ name }) => name));
    expect(listed[0]).toMatchObject({ event: 'experiment', variants: [{ paper: '1.37 %' }] });
  });

  it('runs one, and does nothing twice', async () => {
    const words = ['online', '--short', '--json', '--out', 'results'];
    const { code, stdout, stderr } = await ff(...words);
    expect([code, stderr]).toEqual([0, '']);
    const events = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual([...Array(6).fill('seen'), 'run', 'done']);
    expect(events[0]).toMatchObject({
      variant: 'one-by-one',
      seed: 1,
      examples: 1000,
      error: expect.any(Number),
    });
    expect(events.at(-1)).toMatchObject({
      experiment: 'online',
      variants: [{ name: 'one-by-one', error: events[6].goodnessError }],
      result: 'results/online-short.json',
      report: 'results/online-short.html',
    });
    expect(events[6].goodnessError).toBeLessThan(15);
    expect(await readdir(join(folder, 'runs/reproduce/online/short'))).toEqual([
      'one-by-one-seed-1.json',
      'one-by-one-seed-1.safetensors',
    ]);
    const again = await ff(...words.filter(word => word !== '--json'));
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/one-by-one, seed 1: error \d+\.\d\d %.*finished before/);
    expect(again.stdout).toContain('results/online-short.html (open it in a browser)');
  }, 60_000);

  it.each([
    [['supervized'], /no experiment is called supervized: did you mean supervised\?/],
    [['nothing-like-it'], /no experiment is called nothing-like-it \(known: unsupervised, /],
    [['supervised', '--validation', '60000'], /mnist: expected 1 to 59999/],
    [['supervised', '--seed', 'x'], /Expected a whole number/],
    [['supervised', '--shorter'], /unknown option '--shorter'[\s\S]*Did you mean --short\?/],
  ])('says what is wrong with %j in one line', async (words, message) => {
    const { code, stdout, stderr } = await ff(...words, '--json');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('the table of results', () => {
  const variant = (name: string, change: object) => ({
    name,
    paper: '1.36 %',
    error: { mean: 1.3, deviation: 0.0351 },
    goodnessError: { mean: 1.3, deviation: 0.0351 },
    softmaxError: { mean: 1.4, deviation: 0.05 },
    epochs: 60,
    minutes: 7.123,
    runs: [{ threads: 2 }, { threads: 2 }, { threads: 2 }],
    ...change,
  });
  const result = (experiment: string, variants: object[], change: object = {}) =>
    JSON.stringify({ experiment, variants, ...change });

  async function repository(page: string): Promise<string> {
    const root = await mkdtemp(join(folder, 'repository-'));
    await mkdir(join(root, 'bench/results/paper'), { recursive: true });
    await mkdir(join(root, 'src/experiments'), { recursive: true });
    await mkdir(join(root, 'docs'), { recursive: true });
    await writeFile(join(root, 'docs/paper.md'), page);
    const measured = await readFile(pathOf('src/experiments/measured.ts'), 'utf8');
    await writeFile(join(root, 'src/experiments/measured.ts'), measured);
    const files = {
      'online.json': result('online', [
        variant('one-by-one', { paper: undefined, epochs: 1, goodnessError: undefined }),
      ]),
      'supervised.json': result('supervised', [
        variant('swish', {}),
        variant('hinton', {
          error: { mean: 1.431 },
          goodnessError: { mean: 1.431 },
          softmaxError: { mean: 1.444 },
          runs: [{ threads: 1 }],
          minutes: 12.4,
        }),
      ]),
      'supervised-short.json': result('supervised', [variant('swish', {})], { isShort: true }),
      'online-seed-7.json': result('online', [variant('one-by-one', {})], { isOneSeed: true }),
      'online-validation-400.json': result('online', [variant('one-by-one', {})], { heldOut: 400 }),
    };
    for (const [name, text] of Object.entries(files))
      await writeFile(join(root, 'bench/results/paper', name), text);
    return root;
  }

  it('goes between the markers and leaves the rest alone, as often as it is written', async () => {
    const root = await repository('before\n<!-- paper:begin -->\nold\n<!-- paper:end -->\nafter\n');
    for (let times = 0; times < 2; times++) {
      expect((await node('scripts/paper-table.mjs', [root])).code).toBe(0);
      expect(await readFile(join(root, 'docs/paper.md'), 'utf8')).toBe(`before
<!-- paper:begin -->
| experiment | paper | ours, by goodness | ours, by softmax | seeds | epochs | minutes a seed |
|---|---|---|---|---|---|---|
| \`supervised\`, swish | 1.36 % | 1.30 ± 0.04 % | 1.40 ± 0.05 % | 3 | 60 | 7.1 |
| \`supervised\`, hinton | 1.36 % | 1.43 % | 1.44 % | 1 | 60 | 12 (one core) |
| \`online\` | – | – | 1.40 ± 0.05 % | 3 | 1 | 7.1 |
<!-- paper:end -->
after
`);
      const { measured } = await import(join(root, 'src/experiments/measured.ts'));
      expect(measured).toEqual({
        'supervised/swish': {
          goodness: { mean: 1.3, deviation: 0.0351 },
          softmax: { mean: 1.4, deviation: 0.05 },
          seeds: 3,
          minutes: 7.123,
          threads: 2,
        },
        'supervised/hinton': {
          goodness: { mean: 1.431 },
          softmax: { mean: 1.444 },
          seeds: 1,
          minutes: 12.4,
          threads: 1,
        },
        'online/one-by-one': {
          softmax: { mean: 1.4, deviation: 0.05 },
          seeds: 3,
          minutes: 7.123,
          threads: 2,
        },
      });
    }
  });

  it('wants the markers', async () => {
    const root = await repository('nothing');
    const { code, stderr } = await node('scripts/paper-table.mjs', [root]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^docs\/paper\.md: expected <!-- paper:begin --> and <!-- paper:end -->/);
    expect(await readFile(join(root, 'docs/paper.md'), 'utf8')).toBe('nothing');
  });
});
