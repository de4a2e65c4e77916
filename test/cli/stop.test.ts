// How a training ends before its time, and how it goes on: by the very words that it prints.

import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from '../../src/cli/shell.ts';
import { quick } from '../../src/recipes/recipes.ts';
import { writeBlocks } from '../support/blocks.ts';
import { type Ended, hangUp, interrupt, runCommand } from '../support/command.ts';
import { farTable } from '../support/data.ts';
import { randomModel } from '../support/model.ts';

let folder: string;
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Runs a line as a shell reads it, with this build as the command it names. */
const inShell = (line: string, cwd = folder) =>
  execFileSync('sh', ['-c', line.replace('npx ff', '"$NODE" "$MAIN"')], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, MAIN },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-stop-'));
  await writeBlocks(join(folder, 'blocks'), 600, 100);
  await writeFile(join(folder, 'table.csv'), farTable(60));
  await writeFile(
    join(folder, 'text.txt'),
    'a fox saw some grapes, high up. he said; they were sour. '.repeat(700),
  );
  await writeFile(
    join(folder, 'model.safetensors'),
    randomModel({ layers: [8], learning: { readout: { ...quick.learning.readout, from: 0 } } }, 20, 3).bytes,
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('nobody reads the output any more', () => {
  it.each([
    [
      'ff train',
      ['train', 'blocks', '--epochs', '300', '--out', 'a.safetensors'],
      /one-pass on blocks/,
      'a.checkpoint.safetensors',
    ],
    [
      'ff train with --json',
      ['train', 'blocks', '--epochs', '300', '--json', '--out', 'b.safetensors'],
      /"epoch":1/,
      'b.checkpoint.safetensors',
    ],
    [
      'ff train on own data',
      ['train', 'table.csv', '--label', 'kind', '--out', 'c.safetensors'],
      /own-data on table/,
      'c.checkpoint.safetensors',
    ],
  ])('%s stops as at Ctrl-C', async (_, words, until, checkpoint) => {
    const { code, stdout, stderr } = await runCommand(folder, words, until, hangUp);
    const hint =
      /^ff: nobody reads the output any more: stopped in epoch \d+; to go on: (npx ff train .*)\n$/.exec(
        stderr,
      );
    expect(hint?.[1]).toContain(`--resume ${checkpoint}`);
    expect(code).toBe(130);
    expect(stdout).not.toMatch(/trained in/);
    expect(await readdir(folder)).toContain(checkpoint);
  });

  it('nor its errors', async () => {
    const words = ['train', 'blocks', '--epochs', '300', '--out', 'd.safetensors'];
    const { code } = await runCommand(folder, words, /epoch +1\//, child => {
      child.stderr!.destroy();
      hangUp(child);
    });
    expect(code).toBe(130);
    expect(await readdir(folder)).toContain('d.checkpoint.safetensors');
  });

  it('ff reproduce stops, too', async () => {
    const words = ['reproduce', 'sequences', '--short', '--text', 'text.txt', '--json'];
    const { code, stderr } = await runCommand(folder, words, /"epoch":1/, hangUp);
    expect(stderr).toMatch(
      /^ff: nobody reads the output any more: stopped; to go on: npx ff reproduce sequences --short --text text\.txt\n$/,
    );
    expect(code).toBe(130);
    const [checkpoint] = await readdir(join(folder, 'runs/reproduce/sequences/short'));
    expect(checkpoint).toMatch(/checkpoint/);
  });

  it('a training that had come to its end is whole', async () => {
    const words = ['train', 'blocks', '--epochs', '2', '--json', '--out', 'e.safetensors'];
    const { code, stderr } = await runCommand(folder, words, /"epoch":2/, hangUp);
    expect([code, stderr]).toEqual([0, '']);
    const names = await readdir(folder);
    expect(names).toEqual(expect.arrayContaining(['e.safetensors', 'e.html']));
    expect(names).not.toContain('e.checkpoint.safetensors');
  });

  it.each([
    ['ff reproduce', ['reproduce'], /unsupervised/],
    ['ff inspect', ['inspect', 'model.safetensors'], /recipe/],
  ])('%s has done its work', async (_, words, until) => {
    expect(await runCommand(folder, words, until, hangUp)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('whatever ends a training, its checkpoint is there', () => {
  const blocks = (out: string) => ['train', 'blocks', '--epochs', '400', '--out', out];

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', async signal => {
    const name = `on-${signal}`;
    const words = blocks(`${name}.safetensors`);
    const { code, stdout } = await runCommand(folder, words, /epoch +1\//, child => void child.kill(signal));
    expect(code).toBe(130);
    expect(stdout).toContain(`to go on: npx ff train blocks --resume ${name}.checkpoint.safetensors`);
    expect(await readdir(folder)).toContain(`${name}.checkpoint.safetensors`);
  });

  it('Ctrl-C twice', async () => {
    const { code, stderr } = await runCommand(folder, blocks('twice.safetensors'), /epoch +1\//, child => {
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 1);
    });
    expect(code).toBe(130);
    // The second may come when all is done.
    if (stderr) expect(stderr).toBe('ff: saves what was learned; once more ends at once, without\n');
    expect(await readdir(folder)).toContain('twice.checkpoint.safetensors');
  });

  it.runIf(process.platform === 'linux')('a disk of the output that is full', () => {
    const run = (words: string) =>
      spawnSync('sh', ['-c', `"$NODE" "$MAIN" ${words} > /dev/full`], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, NODE: process.execPath, MAIN },
      });
    const { status, stderr } = run(blocks('full.safetensors').join(' '));
    expect(stderr).toMatch(
      /^ff: cannot write the output: no space left on the disk; .*: stopped in epoch 1; to go on: npx ff train blocks --resume full\.checkpoint.*\n$/,
    );
    expect(status).toBe(1);
    expect(run('inspect model.safetensors')).toMatchObject({
      status: 1,
      stderr: 'ff: cannot write the output: no space left on the disk; free some or choose another place\n',
    });
  });
});

describe('a place that cannot be written any more', () => {
  /** Runs a training whose folder becomes a file while it learns; another folder is left for it. */
  async function runInVanishing(name: string, epochs: number, act: (child: ChildProcess) => void) {
    const spare = join(folder, `${name}-spare`);
    await mkdir(spare);
    const place = join(folder, name);
    const words = ['train', 'blocks', '--epochs', `${epochs}`, '--out', `${name}/m.safetensors`];
    const vanish = (child: ChildProcess) => {
      rmSync(place, { recursive: true });
      writeFileSync(place, 'a file');
      act(child);
    };
    const ended = await runCommand(folder, words, /epoch +1\//, vanish, { TMPDIR: spare });
    const kept = await readdir(spare, { recursive: true, withFileTypes: true });
    const paths = kept.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
    return { ...ended, kept: paths.sort() };
  }

  it('a stopped training is kept elsewhere, and goes on from there', async () => {
    const { code, stdout, stderr, kept } = await runInVanishing('gone', 400, interrupt);
    expect(stderr).toMatch(
      /^ff: cannot write gone\/m\.checkpoint\.safetensors: a part of the path is a file.*; kept as .*gone-spare\/ff-\w+\/m\.checkpoint\.safetensors instead\n$/,
    );
    expect(code).toBe(1);
    expect(kept).toEqual([expect.stringMatching(/gone-spare\/ff-\w+\/m\.checkpoint\.safetensors$/)]);
    const line = /to go on: (.*)$/m.exec(stdout)![1];
    expect(line).toContain(`--resume ${kept[0]}`);
    expect(inShell(line.replace('gone/m.safetensors', 'gone-on.safetensors'))).toMatch(/trained in/);
  });

  it('so are a model and its report', async () => {
    const { code, stdout, stderr, kept } = await runInVanishing('lost', 40, () => {});
    expect(stderr.match(/^ff: cannot write lost\/m\.(safetensors|html): .* instead$/gm)?.length).toBe(2);
    expect(code).toBe(1);
    expect(kept.map(path => basename(path)).sort()).toEqual(['m.html', 'm.safetensors']);
    const model = kept.find(path => path.endsWith('.safetensors'))!;
    expect(stdout).toContain(`npx ff evaluate ${model} blocks`);
    expect(inShell(`npx ff evaluate ${model} blocks`)).toMatch(/examples in/);
  });
});

it('two trainings of one model are not two at once', async () => {
  const words = ['train', 'blocks', '--epochs', '400', '--out', 'both.safetensors'];
  let second: Promise<Ended> | undefined;
  const first = await runCommand(folder, words, /epoch +1\//, child => {
    second = runCommand(folder, words).finally(() => child.kill('SIGINT'));
  });
  expect(await second).toMatchObject({ code: 2, stdout: '' });
  expect((await second)!.stderr).toMatch(
    /^ff: both\.safetensors is being written by another process \(\d+ on /,
  );
  expect(first.code).toBe(130);
  const left = (await readdir(folder)).filter(name => name.includes('both'));
  expect(left).toEqual(['both.checkpoint.safetensors']);
});

describe('what is printed to go on can be copied into a shell', () => {
  it.each([
    ['plain.csv', 'plain.csv'],
    ['-rf', './-rf'],
    ['', "''"],
    ['my data.csv', "'my data.csv'"],
    ["it's.csv", "'it'\\''s.csv'"],
    ['$(id)`id`;*?~"\\', `'$(id)\`id\`;*?~"\\'`],
    ['~/x', "'~/x'"],
    ['données/größe.csv', 'données/größe.csv'],
  ])('%j', (word, quoted) => {
    expect(shell`x ${word} ${3}`).toBe(`x ${quoted} 3`);
    expect(inShell(shell`printf %s ${word}`)).toBe(quoted.startsWith('./') ? `./${word}` : word);
  });

  it('nor does it move the cursor', () => {
    const word = "a\u001b[2J\n\u009b'\\";
    expect(shell`${word}`).toBe(String.raw`$'a\033[2J\012\u009b\'\\'`);
    const printed = execFileSync('bash', ['-c', shell`printf %s ${word}`], { encoding: 'utf8' });
    expect(printed).toBe(word);
  });

  const odd = "-it's $HOME & co";
  it.each<[string, string, string[]]>([
    ['ff train', 'blocks', ['--test', `./${odd}/blocks`, '--validation', '50']],
    [
      'ff train on own data',
      'table.csv',
      ['--test', `./${odd}/table.csv`, "--missing=-,it's", '--delimiter', 'comma', '--header'],
    ],
  ])(
    '%s',
    async (_, source, options) => {
      await mkdir(join(folder, odd));
      await rename(join(folder, source), join(folder, odd, source));
      const from = `./${odd}/${source}`;
      const label = source === 'blocks' ? ['--epochs', '40'] : ['--label', 'kind', '--epochs', '400'];
      const words = ['train', from, ...options, ...label, '--out', `./${odd}/m.safetensors`];
      const { code, stdout } = await runCommand(folder, words, /epoch +\d+\//);
      expect(code).toBe(130);
      const line = /to go on: (.*)$/m.exec(stdout)![1];
      const done = inShell(line);
      expect(done).toMatch(/trained in/);
      // Whatever else it advises.
      for (const [next] of done.matchAll(/npx ff (evaluate|predict .*csv).*/g)) inShell(next);
      await rename(join(folder, odd, source), join(folder, source));
      await rm(join(folder, odd), { recursive: true });
    },
    60_000,
  );

  it('ff reproduce', async () => {
    const [text, out] = ["-it's a text.txt", "-it's out"];
    await rename(join(folder, 'text.txt'), join(folder, text));
    const words = ['reproduce', 'sequences', '--short', '--fresh', '--text', text, '--out', out];
    const { code, stdout } = await runCommand(folder, words, /epoch +1\//);
    expect(code).toBe(130);
    expect(stdout).toContain(
      String.raw`to go on: npx ff reproduce sequences --short --text './-it'\''s a text.txt' --out './-it'\''s out'`,
    );
  });
});
