// CIFAR-10 in both of its forms, written here; and what is said of files that are cut or changed.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { beforeEach, expect, test } from 'vitest';
import { decodePicture, loadCifarPackage } from '../../../src/data/named/cifar.ts';
import { loadDataset } from '../../../src/data/named/named-datasets.ts';
import { InputError } from '../../../src/errors.ts';
import { generator } from '../../support/data.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-cifar-'));
  return () => rm(folder, { recursive: true, force: true });
});

const [PIXELS, WIDTH, RECORD] = [1024, 3072, 3073];

/** Value of a channel of a pixel of an image, such that no two neighbours agree. */
const value = (image: number, pixel: number, channel: number) =>
  (97 * image + 5 * pixel + 71 * channel) % 256;

/** A batch of the binary version: a label, then three planes. */
function batch(first: number, labels: number[]): Buffer {
  const bytes = Buffer.alloc(labels.length * RECORD);
  for (const [i, label] of labels.entries()) {
    bytes[i * RECORD] = label;
    for (let k = 0; k < WIDTH; k++) {
      bytes[i * RECORD + 1 + k] = value(first + i, k % PIXELS, Math.floor(k / PIXELS));
    }
  }
  return bytes;
}

const interleaved = (first: number, count: number) =>
  Uint8Array.from({ length: count * WIDTH }, (_, i) =>
    value(first + Math.floor(i / WIDTH), Math.floor((i % WIDTH) / 3), i % 3),
  );

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

test('binary batches are one dataset in the order of their numbers, channels side by side', async () => {
  await writeFile(join(folder, 'data_batch_2.bin'), batch(2, [9, 0, 4]));
  await writeFile(join(folder, 'data_batch_1.bin'), batch(0, [3, 8]));
  await writeFile(join(folder, 'batches.meta.txt'), 'airplane\n');
  const { train, test: none } = await loadDataset(folder);
  expect(none).toBeUndefined();
  expect(train).toMatchObject({
    count: 5,
    width: 3072,
    classes: 10,
    shape: [32, 32, 3],
    classNames: expect.arrayContaining(['airplane', 'truck']),
  });
  expect([...train.labels]).toEqual([3, 8, 9, 0, 4]);
  expect(Buffer.compare(train.inputs as Uint8Array, interleaved(0, 5))).toBe(0);
  await writeFile(join(folder, 'test_batch.bin'), batch(7, [5]));
  const source = await loadDataset(folder);
  expect(source.test).toMatchObject({ count: 1, shape: [32, 32, 3] });
  expect([...source.test!.labels]).toEqual([5]);
});

test('batches that are cut, too long or of other labels are refused', async () => {
  const path = join(folder, 'data_batch_1.bin');
  for (const bytes of [Buffer.alloc(0), batch(0, [1, 2]).subarray(1), Buffer.alloc(RECORD * 10_001)]) {
    await writeFile(path, bytes);
    expect(await failure(loadDataset(folder))).toBe(
      `${path}: expected 1 to 10000 records of 3073 bytes, found ${bytes.length} bytes; fetch the file again`,
    );
  }
  await writeFile(path, batch(0, [1, 10]));
  expect(await failure(loadDataset(folder))).toContain(
    `${path}: label 10 of record 1 at offset 3073, expected 0 to 9`,
  );
});

test('a test batch alone is told', async () => {
  await writeFile(join(folder, 'test_batch.bin'), batch(0, [1]));
  expect(await failure(loadDataset(folder))).toBe(
    `${folder}: found test_batch.bin without data_batch_1.bin; add it`,
  );
});

/** A picture of one image a row, as the package has them; `data` overrides its values. */
const picture = (count: number, data = interleaved(0, count), change = {}) =>
  Buffer.from(encode({ width: PIXELS, height: count, depth: 8, channels: 3, data, ...change }));

/** A picture with rows of these filters, by hand: a general encoder uses few of them. */
async function filtered(values: Uint8Array, filters: number[]): Promise<Buffer> {
  const { crc32, deflateSync } = await import('node:zlib');
  const rows = filters.map((filter, row) => {
    const at = (i: number, up: number) => (i < 0 || row < up ? 0 : values[(row - up) * WIDTH + i]);
    const predict = (i: number) => {
      const [a, b, c] = [at(i - 3, 0), at(i, 1), at(i - 3, 1)];
      const [pa, pb, pc] = [b - c, a - c, a + b - 2 * c].map(Math.abs);
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      return [0, a, b, Math.floor((a + b) / 2), paeth][filter] ?? 0;
    };
    return Uint8Array.from([filter, ...Array.from({ length: WIDTH }, (_, i) => at(i, 0) - predict(i))]);
  });
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(PIXELS, 0);
  header.writeUInt32BE(filters.length, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(Buffer.concat(rows));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('a picture of one image a row is read through every filter', async () => {
  const random = generator(5);
  const values = Uint8Array.from({ length: 9 * WIDTH }, () => Math.floor(256 * random()));
  const into = new Uint8Array(values.length);
  decodePicture(await filtered(values, [3, 4, 0, 1, 2, 3, 4, 4, 1]), into, 'p');
  expect(Buffer.compare(into, values)).toBe(0);
  into.fill(0);
  decodePicture(picture(9, values), into, 'p');
  expect(Buffer.compare(into, values)).toBe(0);
  const bad = await filtered(values.subarray(0, 2 * WIDTH), [0, 5]);
  expect(() => decodePicture(bad, into.subarray(0, 2 * WIDTH), 'p')).toThrow(
    'p: damaged PNG: row 1 has filter 5',
  );
});

test('a picture of another form is refused', () => {
  const into = new Uint8Array(2 * WIDTH);
  const expected = 'p: expected a PNG of 1024x2 pixels of 8-bit red, green and blue';
  expect(() => decodePicture(picture(3), into, 'p')).toThrow(expected);
  const grey = picture(2, new Uint8Array(2 * PIXELS), { channels: 1 });
  expect(() => decodePicture(grey, into, 'p')).toThrow(expected);
  const narrow = picture(2, new Uint8Array(2 * 33 * 3), { width: 33 });
  expect(() => decodePicture(narrow, into, 'p')).toThrow(`${expected} without interlacing, found 33x2`);
});

test('a picture that is cut or changed anywhere is refused, or the same, and never crashes', () => {
  const sound = picture(2);
  const into = new Uint8Array(2 * WIDTH);
  const random = generator(3);
  for (let trial = 0; trial < 300; trial++) {
    const place = Math.floor(random() * sound.length);
    const changed = Buffer.from(trial % 2 ? sound.subarray(0, place) : sound);
    if (trial % 2 === 0) changed[place] ^= 1 + Math.floor(255 * random());
    into.fill(0);
    try {
      decodePicture(changed, into, 'p');
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      continue;
    }
    expect(Buffer.compare(into, interleaved(0, 2))).toBe(0);
  }
});

test('a package without its files, or with other labels, is told', async () => {
  expect(await readdir(folder)).toEqual([]);
  const path = join(folder, 'train_lables.json');
  expect(await failure(loadCifarPackage(folder))).toContain(`cannot read ${path}`);
  const expected = `${path}: expected a JSON array of 50000 whole numbers from 0 to 9, found`;
  for (const [text, found] of [
    ['[1,2', 'no JSON'],
    ['{}', 'object'],
    ['[1,2]', '2 items'],
    [JSON.stringify([...Array(49_999).fill(9), 10]), 'another thing at 49999'],
  ]) {
    await writeFile(path, text);
    expect(await failure(loadCifarPackage(folder))).toContain(`${expected} ${found}`);
  }
  await writeFile(path, JSON.stringify(Array(50_000).fill(9)));
  expect(await failure(loadCifarPackage(folder))).toContain(
    `cannot read ${join(folder, 'data_batch_1.png')}`,
  );
});
