// Images as inputs, and back.

import { expect, it } from 'vitest';
import { encodeExamples } from '../../../src/data/encode-examples.ts';
import { decodePixels } from '../../../src/data/images/image-encoding.ts';
import { preprocess } from '../../../src/data/preprocess.ts';

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
