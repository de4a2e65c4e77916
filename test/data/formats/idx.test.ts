// IDX files: golden bytes, each complaint with its words, and many thousand damaged files.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { parseIdxFile as parseIdx, readIdx } from '../../../src/data/formats/idx-file.ts';
import { InputError } from '../../../src/errors.ts';

/** An IDX file as bytes; `body` may disagree with `sizes`. */
function idx(type: number, sizes: number[], body: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + body.length);
  bytes.set([0, 0, type, sizes.length]);
  sizes.forEach((size, i) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * i, size);
  });
  bytes.set(body, 4 + 4 * sizes.length);
  return bytes;
}

const images = idx(8, [2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
// 1.5 = 3fc00000, -2 = c0000000, 0.1 = 3dcccccd
const floats = idx(13, [3], [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0, 0x3d, 0xcc, 0xcc, 0xcd]);

function complaint(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('expected an InputError');
}

test('bytes and big-endian floats, plain and gzipped, read as written', () => {
  for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
    const read = parseIdx(pack(images), 'a');
    expect(read.sizes).toEqual([2, 2, 3]);
    expect(Array.from(read.values)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
    const real = parseIdx(pack(floats), 'a');
    expect(real.values).toBeInstanceOf(Float32Array);
    expect(Array.from(real.values)).toEqual([1.5, -2, Math.fround(0.1)]);
  }
});

test('a view into a larger buffer reads the same', () => {
  const buffer = new Uint8Array(floats.length + 7);
  buffer.set(floats, 3);
  const view = buffer.subarray(3, 3 + floats.length);
  expect(Array.from(parseIdx(view, 'a').values)).toEqual([1.5, -2, Math.fround(0.1)]);
});

test('a gzip larger than the first read keeps every byte', () => {
  let state = 1;
  const body = Uint8Array.from({ length: 100_000 }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state >>> 24;
  });
  const packed = gzipSync(idx(8, [100_000], body));
  expect(packed.length).toBeGreaterThan(50_000);
  expect(Buffer.compare(parseIdx(packed, 'a').values as Uint8Array, body)).toBe(0);
});

test.each<[string, Uint8Array, string]>([
  ['nothing', new Uint8Array(), 'f.idx: expected an IDX file of at least 4 bytes, found 0'],
  [
    'another format',
    new TextEncoder().encode('PK..'),
    'f.idx: not an IDX file: expected bytes 00 00 at offset 0, found 50 4b; ' +
      'give the IDX file itself or its gzip',
  ],
  [
    'a type not supported',
    idx(0x0c, [1], [0, 0, 0, 1]),
    'f.idx: expected value type 08 (unsigned byte) or 0d (32-bit float) at offset 2, found ' +
      '0c (32-bit integer); convert the file',
  ],
  [
    'an unknown type',
    idx(0x77, [1], [0]),
    'f.idx: expected value type 08 (unsigned byte) or 0d (32-bit float) at offset 2, found 77 (unknown); ' +
      'convert the file',
  ],
  [
    'no dimensions',
    idx(8, [], [1]),
    'f.idx: expected 1 to 4 dimensions at offset 3, found 0; convert the file',
  ],
  [
    'many dimensions',
    idx(8, [1, 1, 1, 1, 1], [1]),
    'f.idx: expected 1 to 4 dimensions at offset 3, found 5; convert the file',
  ],
  [
    'a cut header',
    images.subarray(0, 9),
    'f.idx: truncated: a header of 3 dimensions needs 16 bytes, found 9; fetch the file again',
  ],
  [
    'a cut body',
    images.subarray(0, 27),
    'f.idx: truncated: sizes 2 x 2 x 3 need 28 bytes with the header, found 27; fetch the file again',
  ],
  [
    'bytes too many',
    idx(8, [2], [1, 2, 3]),
    'f.idx: trailing bytes from offset 10, where the header says the file ends; fetch the file again',
  ],
  [
    'an empty set',
    idx(8, [0, 28, 28], []),
    'f.idx: empty: size 0 at offset 4 is 0, expected at least 1; give a file with examples',
  ],
  [
    'a huge claim',
    idx(8, [65536, 65536], [1]),
    'f.idx: sizes 65536 x 65536 claim 4294967308 bytes, expected at most 2147483647; split the file',
  ],
  [
    'NaN',
    idx(13, [2], [0, 0, 0, 0, 0x7f, 0xc0, 0, 0]),
    'f.idx: value 1 is NaN, expected finite floats; clean the data before training',
  ],
  [
    'infinity',
    idx(13, [1], [0xff, 0x80, 0, 0]),
    'f.idx: value 0 is -Infinity, expected finite floats; clean the data before training',
  ],
])('%s is refused, plain and gzipped', (_, bytes, message) => {
  expect(complaint(() => parseIdx(bytes, 'f.idx'))).toBe(message);
  expect(complaint(() => parseIdx(gzipSync(bytes), 'f.idx'))).toBe(message);
});

test('a cut gzip and one that inflates past its claim are refused', () => {
  const packed = gzipSync(images);
  expect(complaint(() => parseIdx(packed.subarray(0, packed.length - 9), 'f.gz'))).toBe(
    'f.gz: damaged gzip (unexpected end of file); fetch the file again',
  );
  const bomb = gzipSync(idx(8, [10], new Uint8Array(200_000_000)));
  expect(complaint(() => parseIdx(bomb, 'f.gz'))).toBe(
    'f.gz: trailing bytes from offset 18, where the header says the file ends; fetch the file again',
  );
  // The reason behind it shows that the rest was never inflated.
  expect(() => parseIdx(bomb, 'f.gz')).toThrow(expect.objectContaining({ cause: expect.any(RangeError) }));
});

test('a missing file and a folder are named with the reason', async () => {
  await expect(readIdx('/nowhere/a.idx')).rejects.toThrow(
    new InputError('cannot read /nowhere/a.idx: no such file or folder; check the path'),
  );
  await expect(readIdx(tmpdir())).rejects.toThrow(
    new InputError(`cannot read ${tmpdir()}: expected a file, found a folder; give a file name`),
  );
  const folder = await mkdtemp(join(tmpdir(), 'ff-idx-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.idx');
  await writeFile(path, images);
  expect((await readIdx(path)).sizes).toEqual([2, 2, 3]);
});

test('five thousand damaged files parse or are refused, quickly', () => {
  const seeds = [images, floats, gzipSync(images), gzipSync(floats)];
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const outcomes = { parsed: 0, refused: 0 };
  const begin = performance.now();
  for (let round = 0; round < 5000; round++) {
    const seed = seeds[round % seeds.length];
    const bytes = Uint8Array.from(seed.subarray(0, random(3) === 0 ? random(seed.length) : seed.length));
    for (let change = random(4); change > 0 && bytes.length > 0; change--) {
      bytes[random(bytes.length)] = [0, 1, 0x7f, 0xff, random(256)][random(5)];
    }
    try {
      const read = parseIdx(bytes, 'fuzz');
      expect(read.values.length).toBe(read.sizes.reduce((product, size) => product * size));
      outcomes.parsed++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      outcomes.refused++;
    }
  }
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(outcomes.parsed).toBeGreaterThan(200);
  expect(outcomes.refused).toBeGreaterThan(1000);
});
