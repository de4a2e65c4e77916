// A folder of images of several sizes and kinds.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { encodeExamples } from '../../../src/data/encode-examples.ts';
import { readExamples } from '../../../src/data/examples/open-examples.ts';
import type { Images } from '../../../src/data/images/images.ts';
import { keptSide } from '../../../src/data/images/stack-images.ts';
import { preprocess } from '../../../src/data/preprocess.ts';

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
  const { examples } = await readExamples(folder);
  const images = examples as Images;
  expect(images).toMatchObject({ count: 17, height: 6, width: 6, channels: 1 });
  expect(images.labels).toEqual([...Array(8).fill('dark'), ...Array(9).fill('light')]);
  const data = preprocess({ examples: images });
  expect(data.train).toMatchObject({ width: 6 + 36, shape: [7, 6, 1], classNames: ['dark', 'light'] });
  expect(encodeExamples(data.encoding, images).count).toBe(17);
  const wide = encode({ width: 9, height: 4, channels: 1, data: new Uint8Array(36) });
  await writeFile(join(folder, 'dark', 'wide.png'), wide);
  const stretched = await readExamples(folder);
  const text = '1 of 18 images are of another shape than 6 × 6, and stretched to it';
  expect(stretched.examples.notes).toContainEqual({ code: 'images', count: 1, text });
  const asked = await readExamples(folder, { size: images });
  expect(asked.examples.notes).toContainEqual({ code: 'images', count: 1, text, isWarning: true });
  const png = encode({ width: 5, height: 4, channels: 3, data: new Uint8Array(60) });
  await writeFile(join(folder, 'dark', 'bad.png'), png.subarray(0, 40));
  await expect(readExamples(folder)).rejects.toThrow(/bad\.png: truncated PNG/);
  await rm(folder, { recursive: true });
});

it('scales longer sides down to 96 pixels, or to 32 where the others would be below 24, or as it is asked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-large-'));
  const put = async (name: string, height: number, width: number) => {
    await mkdir(join(folder, name), { recursive: true });
    const data = Uint8Array.from({ length: height * width }, (_, k) => (k * 7) % 251);
    await writeFile(join(folder, name, `${height}.png`), encode({ width, height, channels: 1, data }));
  };
  for (const name of ['a', 'b']) {
    await put(`large/${name}`, 90, 120);
    await put(`flat/${name}`, 20, 160);
    await put(`fitting/${name}`, 96, 24);
  }
  const read = async (name: string, mostSide?: number) => {
    const { examples } = await readExamples(join(folder, name), { mostSide });
    const { height, width } = examples as Images;
    return [height, width, ...examples.notes!.map(({ text }) => text)];
  };
  expect(await read('large')).toEqual([72, 96, '2 of 2 images scaled to 72 × 96 pixels']);
  expect(await read('large', 32)).toEqual([24, 32, '2 of 2 images scaled to 24 × 32 pixels']);
  expect(await read('flat')).toEqual([4, 32, '2 of 2 images scaled to 4 × 32 pixels']);
  expect(await read('fitting')).toEqual([96, 24]);
  // Those to answer become the same pixels as those that were learned from.
  const [learned, asked] = [
    await readExamples(join(folder, 'large')),
    await readExamples(join(folder, 'large'), { size: { height: 72, width: 96, channels: 1 } }),
  ].map(({ examples }) => (examples as Images).pixels);
  expect(asked).toEqual(learned);
  await rm(folder, { recursive: true });
});

it('keeps a million pictures small enough for memory', () => {
  expect([1, 30_000, 100_000, 1_000_000].map(keptSide)).toEqual([96, 96, 59, 32]);
});
