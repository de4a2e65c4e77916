// Small files that claim to be large ones, or become them: refused before memory is taken for it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHeader } from '../../../src/data/formats/png.ts';
import { RecordCutter } from '../../../src/data/formats/record-cutter.ts';
import { unzip } from '../../../src/data/formats/zip.ts';
import { InputError } from '../../../src/errors.ts';
import { readChunks } from '../../../src/files/chunks.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-packed-'));
});
afterAll(() => rm(folder, { recursive: true }));

const REFUSED =
  /unpack to \d+ or more, expected at most 200 times as many: data do not pack so well; if it is right, unpack it first$/;

it('a ZIP of zeros', () => {
  const zeros = zipSync({ 'a.npy': new Uint8Array(2 ** 28) });
  expect(zeros.length).toBeLessThan(2 ** 19);
  expect(() => unzip(zeros, 'x.npz', () => true)).toThrow(InputError);
  expect(() => unzip(zeros, 'x.npz', () => true)).toThrow(REFUSED);
  // What nobody wants is not unpacked.
  expect(unzip(zeros, 'x.npz', () => false).size).toBe(0);
  const few = zipSync({ 'a.npy': new Uint8Array(2 ** 26) });
  expect(unzip(few, 'x.npz', () => true).get('a.npy')!.length).toBe(2 ** 26);
});

it('a gzip of zeros', async () => {
  const path = join(folder, 'zeros.csv.gz');
  const packed = gzipSync(Buffer.alloc(2 ** 28), { level: 9 });
  await writeFile(path, packed);
  let length = 0;
  const read = async () => {
    for await (const { bytes } of readChunks(path)) length += bytes.length;
  };
  await expect(read()).rejects.toThrow(REFUSED);
  expect(length).toBeLessThanOrEqual(2 ** 27 + 200 * packed.length);
  expect(length).toBeGreaterThan(2 ** 27);
});

it.each([
  [8000, 8000, 62_000, false],
  [8000, 8000, 3_100_000, true],
  [4000, 4000, 100, true],
  [5000, 4000, 100, false],
])('a PNG of %i × %i pixels in %i bytes', (width, height, length, isRead) => {
  const bytes = Buffer.alloc(length);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes[24] = 8;
  const read = () => readHeader(bytes, 'x.png');
  if (isRead) expect(read().rawBytes).toBe(height * (width + 1));
  else {
    expect(read).toThrow(InputError);
    expect(read).toThrow(
      new RegExp(
        `^x\\.png: expected some ${(width * height) / 16} bytes or more for an image of ${width}x${height}, found ${length}`,
      ),
    );
  }
});

it('a record that does not end is refused, and costs no more than its length', () => {
  const cutter = new RecordCutter(',', 'x.csv');
  const piece = '0'.repeat(2 ** 18);
  let pieces = 0;
  expect(() => {
    for (; pieces < 1000; pieces++) cutter.cut(piece);
  }).toThrow(/^x\.csv: record 1: a record of more than 128 million characters/);
  expect(pieces).toBe(2 ** 27 / piece.length);
});

it('lines that go on from piece to piece are cut as they are in one', () => {
  const text = 'a,b\n"x\ny",2\n\n3,"4\n5\n"\nlast,line';
  for (let size = 1; size <= text.length; size++) {
    const cutter = new RecordCutter(',', 'x.csv');
    const rows: string[][] = [];
    for (let at = 0; at < text.length; at += size) rows.push(...cutter.cut(text.slice(at, at + size)));
    rows.push(...cutter.cut());
    expect(rows, `pieces of ${size}`).toEqual([
      ['a', 'b'],
      ['x\ny', '2'],
      ['3', '4\n5'],
      ['last', 'line'],
    ]);
  }
});
