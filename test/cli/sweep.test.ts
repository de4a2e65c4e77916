// ff sweep on one machine, as its user runs it: to the end, stopped, killed, and asked about.

import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOutcome } from '../../src/sweep/learn.ts';
import { writeBlocks } from '../support/blocks.ts';
import { hangUp, parseLines, runCommand } from '../support/command.ts';
import { farTable } from '../support/data.ts';
import { checkBalance, withoutImages } from '../support/markup.ts';
import { hasSmallDisks, mountSmallDisk, unmountSmallDisk } from '../support/small-disk.ts';
import { blocksSweep } from '../support/sweep.ts';

let folder: string;
const { recipes: recipe } = blocksSweep;

const write = (name: string, more: object) =>
  writeFile(join(folder, name), JSON.stringify({ ...blocksSweep, ...more }));
const models = (name: string): Record<string, Buffer> => {
  const of = join(folder, 'runs/sweeps', name, 'trainings');
  const names = readdirSync(of).filter(file => /^[0-9a-f]{16}\.safetensors$/.test(file));
  return Object.fromEntries(names.sort().map(file => [file, readFileSync(join(of, file))]));
};

let expected: Record<string, Buffer>;
let output: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-sweep-'));
  await writeBlocks(join(folder, 'blocks'), 1200, 50);
  await writeFile(join(folder, 'table.csv'), farTable(120));
  await write('rates.json', { name: 'rates' });
  output = (await runCommand(folder, ['sweep', 'rates.json', '--workers', '2'])).stdout;
  expected = models('rates');
});
afterAll(() => rm(folder, { recursive: true }));

const of = (name: string) => join(folder, 'runs/sweeps', name);

describe('a sweep that nothing disturbs', () => {
  it('trains each once, and ranks by what was held out', async () => {
    expect(Object.keys(expected).length).toBe(4);
    expect(output).toMatch(/^rates: 4 trainings, by processes of this machine$/m);
    expect(output).toMatch(/^4\/4 {2}rate 0\.\d+, seed \d {2}epoch 4\/4 {2}error/m);
    expect(output).toMatch(/^1 {2}\d+\.\d\d ± \d+\.\d\d % +4\/4 +2 {2}rate 0\.0005$|^1 .*rate 0\.002$/m);
    const results = JSON.parse(await readFile(join(of('rates'), 'results.json'), 'utf8'));
    const errors = results.ranking.map(({ error }: { error: { mean: number } }) => error.mean);
    expect(errors).toEqual(errors.toSorted((a: number, b: number) => a - b));
    for (const { trainings } of results.ranking) {
      const mean = trainings.reduce((sum: number, { error }: { error: number }) => sum + error, 0) / 2;
      expect(trainings.length).toBe(2);
      expect(errors).toContain(mean);
    }
    expect(
      existsSync(
        join(of('rates'), readdirSync(of('rates')).find(name => name.startsWith('data-')) ?? 'none'),
      ),
    ).toBe(false);
  });

  it('comes to a recipe that ff train takes, and a model that ff evaluate reads', async () => {
    const best = join(of('rates'), 'best.json');
    const trained = await runCommand(folder, [
      'train',
      'blocks',
      '--recipe',
      best,
      '--epochs',
      '1',
      '--out',
      'm.safetensors',
      '--json',
    ]);
    expect(trained.code).toBe(0);
    const evaluated = await runCommand(folder, [
      'evaluate',
      join(of('rates'), 'best.safetensors'),
      'blocks',
      '--json',
    ]);
    expect(evaluated.code).toBe(0);
  });

  it('has a report with its ranking, its curves, what settings do, and the best recipe', async () => {
    const html = await readFile(join(of('rates'), 'report.html'), 'utf8');
    for (const title of [
      'Results',
      'Learning',
      'Every training',
      'Best recipe',
      'What each setting does',
      'Trainings',
    ]) {
      expect(html).toContain(`<h2>${title}</h2>`);
    }
    expect(html).not.toContain('published');
    expect(html).not.toContain('<script');
    checkBalance(withoutImages(html).replace('<!doctype html>', ''));
  });

  it('is told of once more without training, and from anywhere', async () => {
    const again = await runCommand(folder, ['sweep', 'rates.json', '--json']);
    expect(parseLines(again.stdout).map(({ event }) => event)).toEqual(['done']);
    const status = await runCommand(folder, ['sweep', 'status', 'rates']);
    expect(status.stdout).toMatch(/^rates: 4 of 4 trainings are through; the sweep is not running$/m);
    expect(status.stdout).toMatch(/^[0-9a-f]{8} {2} done +4\/4/m);
    const results = await runCommand(folder, ['sweep', 'results', 'rates']);
    expect(results.stdout).toMatch(/^1 {2}\d/m);
    const stop = await runCommand(folder, ['sweep', 'stop', 'rates']);
    expect([stop.code, stop.stderr]).toEqual([2, 'ff: sweep rates is not running on this machine\n']);
  });

  it('trains only what a longer one has more of', async () => {
    await write('longer.json', { name: 'rates', seeds: 3 });
    const longer = await runCommand(folder, ['sweep', 'longer.json', '--json']);
    const trained = parseLines(longer.stdout).filter(({ event }) => event === 'training');
    expect(trained.length).toBe(2);
    for (const [name, bytes] of Object.entries(expected)) expect(models('rates')[name]).toEqual(bytes);
  });
});

/** Processes of a sweep that train; none where it has ended. */
function childrenOf({ pid }: ChildProcess): number[] {
  try {
    const found = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return found === '' ? [] : found.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** Kills a process, unless it has ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has.
  }
}

/** Two trainings have told of an epoch. */
const bothLearn = /"event":"epoch","trial":"(\w+)"[\s\S]*"event":"epoch","trial":"(?!\1)/;

describe('a sweep that is disturbed comes to the same bits', () => {
  it.each([
    ['ctrl-c', (child: ChildProcess) => void child.kill('SIGINT'), 130],
    ['terminate', (child: ChildProcess) => void child.kill('SIGTERM'), 130],
    ['unread', hangUp, 130],
    ['killed', (child: ChildProcess) => void child.kill('SIGKILL'), null],
  ])('%s', async (name, act, code) => {
    await write(`${name}.json`, { name });
    const words = ['sweep', `${name}.json`, '--json', '--workers', '2'];
    const first = await runCommand(folder, words, /"event":"epoch"/, act);
    expect(first.code).toBe(code);
    const second = await runCommand(folder, words);
    expect(second.code).toBe(0);
    expect(models(name)).toEqual(expected);
    expect(readdirSync(join(of(name), 'trainings')).filter(file => /checkpoint|tmp|^\./.test(file))).toEqual(
      [],
    );
  });

  it('an end that all of its processes are told of keeps what they have learned', async () => {
    await write('group.json', { name: 'group', recipes: { ...recipe, epochs: 4000 }, seeds: 1 });
    const words = ['sweep', 'group.json', '--json', '--workers', '2'];
    const ended = await runCommand(folder, words, bothLearn, child => {
      for (const pid of [...childrenOf(child), child.pid!]) process.kill(pid, 'SIGTERM');
    });
    expect(ended.code).toBe(130);
    const kept = readdirSync(join(of('group'), 'trainings')).filter(file => /checkpoint/.test(file));
    expect(kept.length).toBe(2);
  });

  it('killed processes are told, and others go on', async () => {
    await write('children.json', { name: 'children' });
    const killAll = (child: ChildProcess) => {
      for (const pid of childrenOf(child)) kill(pid);
    };
    const ended = await runCommand(
      folder,
      ['sweep', 'children.json', '--json', '--workers', '2'],
      /"event":"epoch"/,
      killAll,
    );
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /ff: a process has ended \(SIGKILL\); training [0-9a-f]{16} goes on in another/,
    );
    expect(models('children')).toEqual(expected);
    const trained = parseLines(ended.stdout).filter(({ event }) => event === 'training');
    expect(new Set(trained.map(({ trial }) => trial)).size).toBe(4);
    expect(trained.length).toBe(4);
  });

  it('a process that always ends is given up, and told', async () => {
    await write('doomed.json', { name: 'doomed' });
    const doom = (child: ChildProcess) => {
      const timer = setInterval(() => {
        for (const pid of childrenOf(child)) kill(pid);
      }, 20);
      child.once('exit', () => clearInterval(timer));
    };
    // Before any epoch.
    const ended = await runCommand(folder, ['sweep', 'doomed.json', '--workers', '1'], /candidates/, doom);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /the run failed: training [0-9a-f]{16}: its process has ended 5 times without coming any further \(SIGKILL\)/,
    );
  });

  it('a training that always ends its process ends the others at once, with what they have learned kept', async () => {
    await write('long.json', { name: 'long', recipes: { ...recipe, epochs: 4000 }, seeds: 1 });
    let doomed: number | undefined;
    const doom = (child: ChildProcess) => {
      const timer = setInterval(() => {
        // The last one each time, and never the first; long before it can have begun to learn.
        const pids = childrenOf(child);
        const pid = pids.at(-1);
        if (pids.length !== 2 || pid === undefined || pid === doomed) return;
        doomed = pid;
        kill(pid);
      }, 5);
      child.once('exit', () => clearInterval(timer));
    };
    const startedAt = performance.now();
    const words = ['sweep', 'long.json', '--json', '--workers', '2'];
    const ended = await runCommand(folder, words, bothLearn, doom);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/has ended 5 times without coming any further/);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    expect(readdirSync(join(of('long'), 'trainings')).some(file => file.includes('checkpoint'))).toBe(true);
  });

  it('a checkpoint that is damaged is begun anew', async () => {
    await write('torn.json', { name: 'torn' });
    const words = ['sweep', 'torn.json', '--json', '--workers', '2'];
    await runCommand(folder, words, /"event":"epoch"/);
    const trainings = join(of('torn'), 'trainings');
    for (const file of readdirSync(trainings).filter(name => name.includes('checkpoint'))) {
      const bytes = readFileSync(join(trainings, file));
      bytes[bytes.length - 9] ^= 1;
      await writeFile(join(trainings, file), bytes);
    }
    expect((await runCommand(folder, words)).code).toBe(0);
    expect(models('torn')).toEqual(expected);
  });

  it.skipIf(!hasSmallDisks)('a disk that is full is told, and with more room it goes on', async () => {
    await write('full.json', { name: 'full' });
    const disk = await mkdtemp(join(folder, 'disk-'));
    const words = ['sweep', 'full.json', '--out', disk];
    const model = Object.values(expected)[0].length;
    // The data are there only while it goes on: 1,200 pictures of 28 × 28 values.
    const data = 1200 * 785;
    mountSmallDisk(disk, data + 2.5 * model);
    try {
      const full = await runCommand(folder, words);
      expect(full.code).toBe(1);
      expect(full.stderr).toMatch(/cannot write .*: no space left/);
      expect(full.stderr).not.toMatch(/^\s+at /m);
      await promisify(execFile)('mount', ['-o', 'remount,size=100m', disk]);
      expect((await runCommand(folder, words)).code).toBe(0);
      const trainings = join(disk, 'trainings');
      const found = Object.keys(expected).map(name => [name, readFileSync(join(trainings, name))]);
      expect(Object.fromEntries(found)).toEqual(expected);
      expect(readdirSync(trainings).filter(name => name.startsWith('.'))).toEqual([]);
    } finally {
      unmountSmallDisk(disk);
    }
  });

  it('two at once are refused', async () => {
    await write('twice.json', { name: 'twice', recipes: { ...recipe, epochs: 400 } });
    let second: Promise<{ code: number | null; stderr: string }> | undefined;
    const first = await runCommand(folder, ['sweep', 'twice.json', '--json'], /"event":"epoch"/, child => {
      second = runCommand(folder, ['sweep', 'twice.json']).finally(() => child.kill('SIGINT'));
    });
    expect(first.code).toBe(130);
    const { code, stderr } = await second!;
    expect(code).toBe(2);
    expect(stderr).toMatch(/is being written by another process/);
  });

  it('stopped from elsewhere', async () => {
    await write('elsewhere.json', { name: 'elsewhere', recipes: { ...recipe, epochs: 400 } });
    let stopped: Promise<{ code: number | null }> | undefined;
    let status: Promise<{ stdout: string }> | undefined;
    const first = await runCommand(
      folder,
      ['sweep', 'elsewhere.json', '--json', '--workers', '1'],
      /"event":"epoch"/,
      () => {
        status = runCommand(folder, ['sweep', 'status', 'elsewhere', '--json']);
        stopped = status.then(() => runCommand(folder, ['sweep', 'stop', 'elsewhere']));
      },
    );
    expect([first.code, (await stopped!).code]).toEqual([130, 0]);
    expect(parseLines((await status!).stdout).at(-1)).toEqual({
      event: 'sweep',
      name: 'elsewhere',
      state: 'open',
    });
  });
});

describe('other sweeps', () => {
  it('end hopeless trainings early, and go on with the others to the same bits', async () => {
    await write('halving.json', { name: 'halving', halving: { epochs: 1, factor: 2 } });
    const ended = await runCommand(folder, ['sweep', 'halving.json', '--json']);
    expect(ended.code).toBe(0);
    const trained = parseLines(ended.stdout).filter(({ event }) => event === 'training');
    expect(trained.map(({ until }) => until)).toEqual([1, 1, 1, 1, 2, 2, 4, 4]);
    const found = models('halving');
    expect(Object.keys(found).length).toBe(2);
    for (const [name, bytes] of Object.entries(found)) expect(bytes).toEqual(expected[name]);
    const results = JSON.parse(await readFile(join(of('halving'), 'results.json'), 'utf8'));
    expect(results.ranking.map(({ epochs }: { epochs: number }) => epochs)).toEqual([4, 1]);
  });

  it('take tables, in folds', async () => {
    const table = {
      name: 'table',
      data: { source: 'table.csv', label: 'kind' },
      recipes: undefined,
      settings: { epochs: [3] },
    };
    await write('table.json', { ...table, holdOut: undefined, folds: 3, seeds: 1 });
    const ended = await runCommand(folder, ['sweep', 'table.json']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(
      /ranked by the error on each of 3 parts of the training examples, held out in turn/,
    );
    expect(ended.stdout).toMatch(/own-data, seed 1, part 3 {2}epoch 3\/3/);
  });

  it('of several data have a best recipe for each', async () => {
    await writeFile(join(folder, 'other.csv'), farTable(90).replaceAll('k1', 'k0'));
    const data = ['table.csv', 'other.csv'].map(source => ({ source, label: 'kind' }));
    await write('several.json', {
      name: 'several',
      data,
      recipes: undefined,
      settings: { epochs: [2, 3] },
      holdOut: undefined,
      seeds: 1,
    });
    const ended = await runCommand(folder, ['sweep', 'several.json']);
    expect(ended.code).toBe(0);
    for (const [i, name] of ['table', 'other'].entries()) {
      expect(ended.stdout).toMatch(
        new RegExp(
          `try next +npx ff train .*/${name}\\.csv --label=kind --recipe runs/sweeps/several/best-${i + 1}\\.json`,
        ),
      );
    }
    const html = await readFile(join(of('several'), 'report.html'), 'utf8');
    expect(html).toContain('<h2>Best recipes</h2>');
    expect(html).toContain('<caption>epochs, other.csv</caption>');
  });

  it('without any result end as failed, with a word and what there is', async () => {
    await write('none.json', { name: 'none', seeds: 1, settings: { 'learning.optimizer.rate': [1e30] } });
    for (const _time of ['at once', 'again']) {
      const ended = await runCommand(folder, ['sweep', 'none.json']);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(
        /the run failed: no candidate of sweep none has a result: training diverged/,
      );
      expect(readdirSync(of('none'))).toContain('results.json');
    }
    expect((await runCommand(folder, ['sweep', 'results', 'none'])).code).toBe(0);
  });

  it('that name code are refused, unless it is allowed', async () => {
    const path = join(folder, 'code.mjs');
    await writeFile(path, 'export default () => {};\n');
    const learning = { ...recipe.learning, between: { kind: 'module', after: 0, path } };
    await write('code.json', {
      name: 'code',
      recipes: { ...recipe, learning },
      settings: undefined,
      seeds: 1,
    });
    const refused = await runCommand(folder, ['sweep', 'code.json']);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      'ff: a recipe of sweep code names code to be run: say --allow-module, if you trust whoever made it\n',
    ]);
    expect((await runCommand(folder, ['sweep', 'code.json', '--allow-module'])).code).toBe(0);
  });

  it('tell of trainings that come to nothing, and rank the others', async () => {
    await write('diverges.json', {
      name: 'diverges',
      seeds: 1,
      settings: { 'learning.optimizer.rate': [0.001, 1e30] },
    });
    const ended = await runCommand(folder, ['sweep', 'diverges.json']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^2 {2} +– +.*rate 1e\+30: training diverged/m);
    expect(await readFile(join(of('diverges'), 'report.html'), 'utf8')).toContain('Without a result');
  });

  it.each([
    [['sweep', 'nowhere.json'], /cannot read nowhere\.json/],
    [['sweep', 'status', '../rates'], /the name of a sweep must be a word of at most 64/],
    [
      ['sweep', 'status', 'nowhere'],
      /no sweep nowhere in runs\/sweeps\/nowhere: give its folder with --out, or its server/,
    ],
    [
      ['sweep', 'rates.json', '--nats', 'nats://x', '--workers', '2'],
      /--workers is for processes of this machine/,
    ],
    [['sweep', 'rates.json', '--nats', 'ftp://x'], /--nats must be an address such as nats:\/\/machine:4222/],
    [['sweep', 'rates.json', '--nats', 'nats://127.0.0.1:9'], /cannot reach the server at 127\.0\.0\.1:9/],
    [['worker'], /a worker wants the server/],
  ])('%j is refused in words', async (words, message) => {
    const { code, stderr } = await runCommand(folder, words);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });

  it('do not take for an outcome what is none', async () => {
    await cp(of('rates'), of('damaged'), { recursive: true });
    const name = readdirSync(join(of('damaged'), 'trainings')).find(file => file.endsWith('.json'))!;
    const path = join(of('damaged'), 'trainings', name);
    expect(checkOutcome(JSON.parse(await readFile(path, 'utf8'))).until).toBe(4);
    await writeFile(path, '{"trial":3}');
    await write('damaged.json', { name: 'damaged' });
    const { code, stderr } = await runCommand(folder, ['sweep', 'damaged.json']);
    expect(code).toBe(2);
    expect(stderr).toContain('is not the outcome of a training: delete it, and it is trained again');
  });
});
