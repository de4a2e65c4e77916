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
