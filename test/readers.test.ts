// Readers of other programs' files: sound ones are read, and no mutated or truncated one gets past an error of ours, takes long,
// or makes a reader allocate what the file does not hold.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { parseCsv } from '../src/data/csv.ts';
import { decodeImage, readFolder } from '../src/data/folder.ts';
import { decodePixels } from '../src/data/images.ts';
import { numpySource, parseNpy, parseNpz } from '../src/data/npy.ts';
import { encodeExamples, preprocess } from '../src/data/own.ts';
import { InputError } from '../src/errors.ts';
import { encodeSafetensors, parseSafetensors } from '../src/files/safetensors.ts';
import { generator } from './support/data.ts';

/** What numpy.save writes. */
function npy(descr: string, shape: string, values: Uint8Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const header = `${text.padEnd(117)}\n`;
  const head = Buffer.alloc(10);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), values]);
}

const bytesOf = (values: Float32Array | Float64Array) => new Uint8Array(values.buffer);
const square = npy('<f4', '3, 2', bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6)));
const npz = zipSync({ 'x.npy': square, 'y.npy': npy('|u1', '3,', Uint8Array.of(0, 1, 0)) });
const png = encode({
  width: 5,
  height: 4,
  channels: 3,
  data: Uint8Array.from({ length: 60 }, (_, i) => i * 4),
});
const tensors = Buffer.concat(
  encodeSafetensors([{ name: 'w', dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) }], {
    format: 'x',
  }),
);

it('reads NPY of several types, and an NPZ with labels', () => {
  expect(parseNpy(square, 'a.npy')).toEqual({ shape: [3, 2], values: Float64Array.of(1, 2, 3, 4, 5, 6) });
  const big = npy('>i2', '2,', Uint8Array.of(1, 0, 0xff, 0xfe));
  expect(parseNpy(big, 'a.npy').values).toEqual(Float64Array.of(256, -2));
  const text = npy('<U2', '2,', bytesOf(Float64Array.from({ length: 2 })));
  expect(parseNpy(text, 'a.npy').values).toEqual(['', '']);
  const { examples } = numpySource(npz, 'a.npz');
  expect(examples).toMatchObject({
    count: 3,
    columns: [{ values: Float64Array.of(1, 3, 5) }, {}, { name: 'label' }],
  });
});

it('puts the label of colour images in rows of pixels of its own', () => {
  const images = {
    name: 'x',
    count: 20,
    height: 2,
    width: 2,
    channels: 3 as const,
    pixels: Uint8Array.from({ length: 240 }, (_, i) => (i * 37) % 251),
    labels: Array.from({ length: 20 }, (_, i) => 'ab'[i % 2]),
  };
  const { train, encoding } = preprocess({ examples: images });
  expect(train).toMatchObject({ width: 6 + 12, shape: [3, 2, 3] });
  if (encoding.kind !== 'image') throw new Error('expected images');
  const whole = encodeExamples(encoding, images);
  const decoded = decodePixels(encoding, whole.inputs.subarray(19 * 18, 20 * 18));
  expect(decoded).toEqual(images.pixels.slice(19 * 12, 20 * 12));
  expect([...train.inputs.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
});

it('refuses arrays that claim more than the file holds', () => {
  expect(() => parseNpy(npy('<f8', '9000000000, 1', new Uint8Array(8)), 'a.npy')).toThrow(
    /needs 72000000\d+ bytes/,
  );
  const bomb = zipSync({ 'x.npy': new Uint8Array(100) });
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - 51 + 24, 2 ** 31 - 8, true);
  expect(() => parseNpz(bomb, 'a.npz')).toThrow(InputError);
});

it('reads a folder of images by class, of several sizes and kinds, and encodes them again for new ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-images-'));
  for (const [label, level] of [
    ['dark', 40],
    ['light', 220],
  ] as const) {
    await mkdir(join(folder, label));
    for (let i = 0; i < 8; i++) {
      const side = i === 0 ? 12 : 6;
      const data = Uint8Array.from({ length: side * side }, (_, k) => level + ((i * 7 + k) % 30));
      await writeFile(
        join(folder, label, `${i}.png`),
        encode({ width: side, height: side, channels: 1, data }),
      );
    }
  }
  const jpeg = await sharp({ create: { width: 6, height: 6, channels: 3, background: '#eee' } })
    .jpeg()
    .toBuffer();
  await writeFile(join(folder, 'light', 'photo.jpg'), jpeg);
  await writeFile(join(folder, 'light', 'notes.txt'), 'no image');
  const images = await readFolder(folder);
  expect(images).toMatchObject({ count: 17, height: 6, width: 6, channels: 1 });
  expect(images.labels).toEqual([...Array(8).fill('dark'), ...Array(9).fill('light')]);
  const data = preprocess({ examples: images });
  expect(data.train).toMatchObject({ width: 6 + 36, shape: [7, 6, 1], classNames: ['dark', 'light'] });
  expect(encodeExamples(data.encoding, images).count).toBe(17);
  await writeFile(join(folder, 'dark', 'bad.png'), png.subarray(0, 40));
  await expect(readFolder(folder)).rejects.toThrow(/bad\.png: truncated PNG/);
  await rm(folder, { recursive: true });
});

it.each<[string, Uint8Array, (bytes: Uint8Array) => unknown]>([
  ['CSV', Buffer.from('name,"b ""q""",c\n1,x,2.5\n2,"y, z",\n?,w,1e9\n'), bytes => parseCsv(bytes, 'f.csv')],
  ['PNG', png, bytes => decodeImage(bytes, 'f.png')],
  ['NPY', square, bytes => numpySource(bytes, 'f.npy')],
  ['NPZ', npz, bytes => numpySource(bytes, 'f.npz')],
  ['safetensors', tensors, bytes => parseSafetensors(bytes, 'f.safetensors')],
])(
  'meets 500 mutated or truncated files of %s with an error of ours or none',
  async (_, sound, read) => {
    const random = generator(11);
    const below = (count: number) => Math.floor(random() * count);
    for (let trial = 0; trial < 500; trial++) {
      const bytes = Uint8Array.from(sound.subarray(0, trial % 3 === 0 ? below(sound.length) : sound.length));
      for (let n = below(4); n >= 0 && bytes.length > 0; n--) {
        bytes[below(bytes.length)] = [0, 0xff, 0x7f, 0x80, below(256)][below(5)];
      }
      const before = process.memoryUsage();
      try {
        await read(bytes);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      const after = process.memoryUsage();
      expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(
        2 ** 28,
      );
    }
  },
  60_000,
);
