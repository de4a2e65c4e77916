// IDX files of other sets than MNIST: found by their names, with labels, a test set and names of classes beside them.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeExamples } from '../../../src/data/encode-examples.ts';
import { holdsExamples, readExamples } from '../../../src/data/examples/open-examples.ts';
import { preprocess } from '../../../src/data/preprocess.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

function idx(sizes: number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.set([0, 0, 8, sizes.length]);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, Uint8Array.from(values)]);
}

/** `count` images of 3 × 2 with the labels `first`, `first` + 1, … of `classes`. */
const images = (count: number) =>
  idx(
    [count, 3, 2],
    Array.from({ length: count * 6 }, (_, i) => i % 251),
  );
const labels = (count: number, classes: number, first = 0) =>
  idx(
    [count],
    Array.from({ length: count }, (_, i) => first + (i % classes)),
  );

async function write(name: string, files: Record<string, Uint8Array | string>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  return path;
}

it('reads letters by their names, with their test set, from the folder or from the file of images', async () => {
  const mapping = Array.from({ length: 26 }, (_, i) => `${i + 1} ${65 + i} ${97 + i}`).join('\n');
  const path = await write('letters', {
    'emnist-letters-train-images-idx3-ubyte.gz': gzipSync(images(260)),
    'emnist-letters-train-labels-idx1-ubyte.gz': gzipSync(labels(260, 26, 1)),
    'emnist-letters-test-images-idx3-ubyte': images(52),
    'emnist-letters-test-labels-idx1-ubyte': labels(52, 26, 1),
    'emnist-letters-mapping.txt': `${mapping}\n`,
  });
  for (const place of [path, join(path, 'emnist-letters-train-images-idx3-ubyte.gz')]) {
    expect(await holdsExamples(place)).toBe(true);
    const data = preprocess(await readExamples(place));
    expect(data.encoding.classNames).toEqual([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']);
    // 26 label inputs take 13 rows of 2 pixels above the image.
    expect(data.train).toMatchObject({ classes: 26, shape: [16, 2, 1] });
    expect([data.whole.count, data.test.count]).toEqual([260, 52]);
    expect([...data.test.labels.subarray(24, 28)]).toEqual([24, 25, 0, 1]);
  }
});

it('leaves ten classes in the files of MNIST to the recipes for them, and takes more', async () => {
  const files = (classes: number) => ({
    'train-images-idx3-ubyte': images(60),
    'train-labels-idx1-ubyte': labels(60, classes),
  });
  expect(await holdsExamples(await write('ten', files(10)))).toBe(false);
  const twelve = await write('twelve', files(12));
  expect(await holdsExamples(twelve)).toBe(true);
  expect(preprocess(await readExamples(twelve)).train.classes).toBe(12);
  const many = await readExamples(await write('many', files(40)));
  expect(() => preprocess(many)).toThrow(/40 values in 60 rows, expected 2 to 10000 classes/);
});

it('reads images without labels to answer them, and rows of numbers', async () => {
  const path = await write('single', {
    'new.idx3': images(4),
    'rows.idx': idx(
      [5, 4],
      Array.from({ length: 20 }, (_, i) => i),
    ),
  });
  const { examples } = await readExamples(join(path, 'new.idx3'));
  expect(examples).toMatchObject({ count: 4, height: 3, width: 2, channels: 1 });
  expect(() => preprocess({ examples })).toThrow(/images without labels/);
  const encoding = {
    kind: 'image' as const,
    classNames: ['a', 'b'],
    height: 3,
    width: 2,
    channels: 1 as const,
  };
  expect(encodeExamples(encoding, examples)).toMatchObject({ count: 4, width: 8 });
  const rows = (await readExamples(join(path, 'rows.idx'))).examples;
  expect(rows).toMatchObject({ count: 5, columns: [{}, {}, {}, {}] });
});

it.each<[string, Record<string, Uint8Array | string>, string, RegExp]>([
  [
    'several sets',
    { 'a-train-images-idx3': images(2), 'b-train-images-idx3': images(2) },
    '',
    /several sets/,
  ],
  ['labels alone', { 'x-labels-idx1-ubyte': labels(3, 3) }, '', /expected an IDX file of images/],
  [
    'a file of labels',
    { 'x-labels-idx1-ubyte': labels(3, 3) },
    'x-labels-idx1-ubyte',
    /give the file of images/,
  ],
  [
    'too few labels',
    { 'x-images-idx3': images(4), 'x-labels-idx1': labels(3, 3) },
    '',
    /as many as the 3 labels/,
  ],
  [
    'labels of two dimensions',
    { 'x-images-idx3': images(4), 'x-labels-idx1': images(4) },
    '',
    /bytes of 1 dimension/,
  ],
  [
    'a mapping that is none',
    { 'x-images-idx3': images(2), 'x-mapping.txt': 'one A\n' },
    '',
    /line 1: expected a label/,
  ],
])('refuses %s', async (name, files, file, message) => {
  const path = await write(name, files);
  await expect(readExamples(join(path, file))).rejects.toThrow(message);
});
