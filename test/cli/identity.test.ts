// What was begun on some data goes on with these and with no others, and says so where it cannot tell.

import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBlocks } from '../support/blocks.ts';
import { runCommand } from '../support/command.ts';
import { redescribe } from '../support/files.ts';

let folder: string;
const ff = (...words: string[]) => runCommand(folder, words);

/** Images of one bright row on black, whose place is the class; `shade` makes others of them. */
async function writeImages(name: string, shade: number): Promise<void> {
  for (let i = 0; i < 30; i++) {
    const data = new Uint8Array(36);
    data.fill(shade + i, 12 * (i % 3), 12 * (i % 3) + 6);
    await mkdir(join(folder, name, `row ${i % 3}`), { recursive: true });
    const image = encode({ width: 6, height: 6, channels: 1, depth: 8, data });
    await writeFile(join(folder, name, `row ${i % 3}`, `${i}.png`), image);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-identity-'));
  await writeBlocks(join(folder, 'blocks'), 600, 100);
  await writeBlocks(join(folder, 'others'), 600, 100, 50);
  await cp(join(folder, 'blocks'), join(folder, 'copy'), { recursive: true });
  await writeImages('images', 100);
  await writeImages('pictures', 200);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a checkpoint', () => {
  const resume = ['--resume', 'c.checkpoint.safetensors', '--out', 'd.safetensors', '--json'];

  beforeAll(async () => {
    const words = ['train', 'blocks', '--epochs', '6', '--out', 'c.safetensors', '--json'];
    expect((await runCommand(folder, words, /"epoch":2,/)).code).toBe(130);
  });

  it('does not go on with other data of the same sizes', async () => {
    const { code, stdout, stderr } = await ff('train', 'others', ...resume);
    expect(stderr).toMatch(
      /^ff: c\.checkpoint\.safetensors is of other data than others: it was made of blocks, 600 examples of 784 inputs and 10 classes, found other ones; to go on, give the same data as before[^\n]*\n$/,
    );
    expect([code, stdout]).toEqual([2, '']);
  });

  it('does not go on where more or less is held out', async () => {
    const { code, stderr } = await ff('train', 'blocks', ...resume, '--validation', '100');
    expect(stderr).toMatch(
      /is of other data than blocks: it was made of blocks, 600 examples .* found 500 examples .* --validation/,
    );
    expect(code).toBe(2);
  });

  it('goes on with the same data by another name', async () => {
    expect(await ff('train', 'copy', ...resume)).toMatchObject({ code: 0, stderr: '' });
  });

  it('of an older version goes on, with a note', async () => {
    await redescribe(join(folder, 'c.checkpoint.safetensors'), join(folder, 'old.safetensors'), rest => {
      delete rest.data;
    });
    const { code, stderr } = await ff('train', 'others', '--resume', 'old.safetensors', ...resume.slice(2));
    expect(stderr).toBe(
      'ff: old.safetensors does not say of which data it is, as older checkpoints do not: going on with others\n',
    );
    expect(code).toBe(0);
  });

  it.each([null, 7, {}, { name: 'blocks', count: '600', width: 784, classes: 10, sha256: 'x' }])(
    'that says %j of its data is refused',
    async data => {
      await redescribe(join(folder, 'c.checkpoint.safetensors'), join(folder, 'odd.safetensors'), rest => {
        rest.data = data;
      });
      const { code, stderr } = await ff('train', 'blocks', '--resume', 'odd.safetensors', '--out', 'e');
      expect(stderr).toMatch(/^ff: odd\.safetensors: what it says of its data cannot be used; [^\n]+\n$/);
      expect(code).toBe(2);
    },
  );

  it('of own images goes on with these alone, though others are encoded alike', async () => {
    const words = ['train', 'images', '--epochs', '80', '--out', 'i.safetensors', '--json'];
    expect((await runCommand(folder, words, /"epoch":1,/)).code).toBe(130);
    const again = ['--resume', 'i.checkpoint.safetensors', '--out', 'j.safetensors', '--quiet'];
    const refused = await ff('train', 'pictures', ...again);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^ff: i\.checkpoint\.safetensors is of other data than pictures: [^\n]+\n$/,
    );
    expect(await ff('train', 'images', ...again)).toEqual({ code: 0, stdout: '', stderr: '' });
    await redescribe(join(folder, 'i.checkpoint.safetensors'), join(folder, 'old.safetensors'), rest => {
      delete rest.data;
    });
    const old = await ff('train', 'pictures', '--resume', 'old.safetensors', ...again.slice(2));
    expect(old.stderr).toMatch(/^ff: old\.safetensors does not say of which data it is[^\n]+pictures\n$/);
    expect(old.code).toBe(0);
  });
});

it('an experiment that was stopped on one text does not go on with another', async () => {
  const words = ['reproduce', 'sequences', '--short', '--json', '--text'];
  await writeFile(
    join(folder, 'a.txt'),
    'a fox saw some grapes, high up. he said; they were sour. '.repeat(700),
  );
  await writeFile(join(folder, 'b.txt'), 'a dog lay in a manger, and let nobody eat. '.repeat(900));
  expect((await runCommand(folder, [...words, 'a.txt'], /"event":"epoch"/)).code).toBe(130);
  const runs = join(folder, 'runs/reproduce/sequences/short');
  expect(await readdir(runs)).toEqual(['teacher-forcing-seed-1.checkpoint.safetensors']);
  const other = await ff(...words, 'b.txt');
  expect(other.stderr).toMatch(
    /^ff: \S+teacher-forcing-seed-1\.checkpoint\.safetensors is of other data than b\.txt: it was made of a\.txt, [^\n]+; begin anew with --fresh\n$/,
  );
  expect(other).toMatchObject({ code: 2, stdout: '' });
});
