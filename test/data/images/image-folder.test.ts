// Folders of images as people have them.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isTable, type OpenedData } from '../../../src/data/examples/examples.ts';
import {
  holdsExamples,
  type ReadOptions,
  readExamples,
  readQuestions,
} from '../../../src/data/examples/open-examples.ts';
import { preprocess } from '../../../src/data/preprocess.ts';
import { bmp } from '../../support/bmp.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

const png = (level: number) =>
  encode({ width: 4, height: 3, channels: 1, data: Uint8Array.from({ length: 12 }, (_, k) => level + k) });
const put = async (path: string, content: Uint8Array | string = png(9)) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
};
const read = (options?: ReadOptions, path = folder) => readExamples(path, options);
const labels = ({ examples }: Pick<OpenedData, 'examples'>) => !isTable(examples) && examples.labels;
const notes = ({ examples }: Pick<OpenedData, 'examples'>) => (examples.notes ?? []).map(({ text }) => text);

it('follows links to folders and to images, and says which other files it skips', async () => {
  await put('a/0.png');
  await put('elsewhere/b/1.png');
  await put(
    'elsewhere/c.jpeg',
    await sharp({ create: { width: 4, height: 3, channels: 3, background: '#eee' } })
      .jpeg()
      .toBuffer(),
  );
  for (const name of [
    'a/notes.txt',
    'a/more.TXT',
    'top.db',
    'a/Thumbs.db',
    'a/.DS_Store',
    '__MACOSX/._a.png',
    'desktop.ini',
  ]) {
    await put(`data/${name}`, 'x');
  }
  await put('data/a/2.png');
  await symlink(join(folder, 'elsewhere', 'b'), join(folder, 'data', 'b'));
  await symlink('../../elsewhere/c.jpeg', join(folder, 'data', 'a', 'c.jpeg'));
  const source = await read({}, join(folder, 'data'));
  expect(labels(source)).toEqual(['a', 'a', 'b']);
  expect(notes(source)).toEqual(['3 files skipped: 2 .txt (such as a/more.TXT), 1 .db (top.db)']);
  await mkdir(join(folder, 'links'));
  await symlink('../data/a', join(folder, 'links', 'a'));
  expect(await holdsExamples(join(folder, 'links'))).toBe(true);
});

it('names links that lead nowhere or in a circle', async () => {
  await put('a/0.png');
  await put('b/0.png');
  await symlink('nowhere', join(folder, 'c'));
  await symlink('..', join(folder, 'a', 'up'));
  await symlink('round', join(folder, 'b', 'round'));
  await expect(read()).rejects.toThrow(
    /3 of 5 images cannot be read: c, a\/up, b\/round \(.*c is a link that leads nowhere.*--skip-bad/,
  );
  expect(labels(await read({ skipBad: true }))).toEqual(['a', 'b']);
});

it('refuses a class without an image that can be read, whatever else is in it', async () => {
  await put('a/0.png');
  await put('b/0.png');
  await put('c/0.heic', 'x');
  await put('c/1.heic', 'x');
  await expect(read()).rejects.toThrow(/folder of every class, but c has 2 \.heic \(such as 0\.heic\): save/);
  await rm(join(folder, 'c'), { recursive: true });
  await mkdir(join(folder, 'd'));
  await expect(read()).rejects.toThrow(/but d has nothing/);
  await put('d/0.png', '');
  await expect(read({ skipBad: true })).rejects.toThrow(/but d has 1 \.png/);
});

it('names all files that are damaged, or leaves them out', async () => {
  for (let i = 0; i < 12; i++)
    await put(`a/${String(i).padStart(2, '0')}.jpg`, i % 2 ? '' : '<html>404</html>');
  await put('a/good.png');
  await put('b/good.png');
  const photo = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#484' } })
    .jpeg()
    .toBuffer();
  await put('b/half.jpg', photo.subarray(0, photo.length / 2));
  await expect(read()).rejects.toThrow(
    /13 of 15 images cannot be read: a\/00\.jpg, .*a\/09\.jpg, … and 3 more \(.*a\/00\.jpg: expected an image .*found text that begins with "<html>404<\/html>".*\); --skip-bad goes on/,
  );
  const source = await read({ skipBad: true });
  expect(labels(source)).toEqual(['a', 'b']);
  expect(source.examples.notes).toMatchObject([{ code: 'skipped', count: 13, isWarning: true }]);
  const two = [join(folder, 'a', 'good.png'), join(folder, 'a', '01.jpg')];
  await expect(readQuestions(two)).rejects.toThrow(/01\.jpg: expected an image, found an empty file/);
  expect(await readQuestions(two, { skipBad: true })).toMatchObject({ count: 1, sources: [two[0]] });
});

it('tells formats by their bytes: BMP, and PNG of a wrong name or none', async () => {
  const shades = { width: 4, height: 3, depth: 24, indices: [...Array(12).keys()] };
  const colours = Array.from({ length: 12 }, (_, k) => [9 + k, 9 + k, 9 + k]);
  await put('a/0.bmp', bmp({ ...shades, colours }));
  await put('b/0.jpg', png(9));
  await put('c/0', png(9));
  await put('c/README', 'about these images');
  const source = await read();
  expect(labels(source)).toEqual(['a', 'b', 'c']);
  const pixels = Array.from({ length: 12 }, (_, k) => 9 + k);
  expect(source.examples).toMatchObject({ pixels: Uint8Array.from([...pixels, ...pixels, ...pixels]) });
  expect(notes(source)).toEqual(['1 file skipped: 1 without an ending (c/README)']);
});

it('goes into a single folder around the classes, and counts deeper folders and images beside', async () => {
  await put('outer/shapes/a/0.png');
  await put('outer/shapes/a/more/1.png');
  await put('outer/shapes/b/0.png');
  await put('outer/shapes/overview.png');
  await put('outer/readme.md', 'x');
  const source = await read();
  expect(labels(source)).toEqual(['a', 'a', 'b']);
  expect(notes(source)).toEqual([
    `the class folders are those in ${join(folder, 'outer', 'shapes')}`,
    '1 image beside the class folders skipped, as no class is known of overview.png',
    'images in folders within a class folder are of its class (a/more)',
    '1 file skipped: 1 .md (outer/readme.md)',
  ]);
});

it('takes train and val to learn from, and test to test on', async () => {
  for (const [part, count] of [
    ['Train', 8],
    ['valid', 2],
    ['test', 3],
  ] as const) {
    for (const label of ['a', 'b']) {
      for (let i = 0; i < count; i++)
        await put(`set/${part}/${label}/${i}.png`, png(label === 'a' ? 9 + i : 99 + i));
    }
  }
  const source = await read();
  expect(source).toMatchObject({ examples: { count: 20 }, test: { count: 6 } });
  const said = preprocess(source).notes.map(({ text }) => text);
  expect(said).toContain('learns from Train (16 images) and valid (4 images) by their names');
  expect(said).toContain('tests on test (6 images) by their names');
  const questions = await readQuestions([folder]);
  expect(questions.notes?.at(-1)).toMatchObject({ code: 'skipped', count: 6, isWarning: true });
  await put('set/other/c/0.png');
  await expect(read()).rejects.toThrow(/found Train, valid, test beside other/);
  await rm(join(folder, 'set', 'other'), { recursive: true });
  await put('set/test/c/0.png');
  await expect(read()).rejects.toThrow(/test: expected the classes of .*Train \(a, b\), found c beside them/);
  await rm(join(folder, 'set', 'test'), { recursive: true });
  await put('set/test/0.png');
  expect((await read()).test).toBeUndefined();
  expect(notes(await read())).toContain('test not read: 1 image without a folder for each class');
  await rm(join(folder, 'set', 'Train'), { recursive: true });
  await expect(read()).rejects.toThrow(/expected a folder train beside test, valid/);
  await put('set/Train/0.png');
  await expect(read()).rejects.toThrow(/Train: expected a folder for each class in it, found 1 \.png/);
});

it('reads a ZIP of such a folder, and no bombs', async () => {
  const path = join(folder, 'shapes.zip');
  const files = {
    'shapes/a/0.png': png(9),
    'shapes\\a\\1.png': png(10),
    './shapes/b/0.png': png(99),
    'shapes/b/notes.txt': Buffer.from('x'),
    'shapes/': new Uint8Array(),
    '__MACOSX/shapes/a/._0.png': Buffer.from('x'),
  };
  await writeFile(path, zipSync(files));
  const source = await read({}, path);
  expect(labels(source)).toEqual(['a', 'a', 'b']);
  expect(source.examples).toMatchObject({
    sources: expect.arrayContaining([join(path, 'shapes', 'a', '1.png')]),
  });
  expect(notes(source)).toContain('1 file skipped: 1 .txt (shapes/b/notes.txt)');
  await writeFile(path, zipSync({ ...files, 'shapes/c/': new Uint8Array() }));
  await expect(read({}, path)).rejects.toThrow(/but c has nothing/);
  await writeFile(path, zipSync({ ...files, [`${'d/'.repeat(40)}0.png`]: png(9) }));
  await expect(read({}, path)).rejects.toThrow(/at most 32 folders within folders/);
  const bomb = zipSync({ 'a/0.png': new Uint8Array(100) });
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - 53 + 24, 2 ** 31 - 8, true);
  await writeFile(path, bomb);
  await expect(read({}, path)).rejects.toThrow(/claims 2147483640 bytes/);
  await writeFile(path, zipSync({ 'table.csv': Buffer.from('a,b\n1,2\n') }));
  expect((await read({}, path)).examples.columns?.map(({ name }) => name)).toEqual(['a', 'b']);
  await writeFile(path, zipSync({ 'a.csv': Buffer.from('a,b\n1,2\n'), 'b.csv': Buffer.from('a,b\n1,2\n') }));
  await expect(read({}, path)).rejects.toThrow(/found 2 \.csv/);
  await writeFile(path, 'no zip');
  await expect(read({}, path)).rejects.toThrow(/damaged ZIP/);
});

it('leaves images without class folders without labels', async () => {
  await put('0.png');
  await put('1.png');
  await put('docs/readme.txt', 'x');
  const source = await read();
  expect(source.examples).toMatchObject({ count: 2 });
  expect(labels(source)).toBeUndefined();
  expect(notes(source)).toEqual(['1 file skipped: 1 .txt (docs/readme.txt)']);
});
