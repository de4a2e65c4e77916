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

it('leaves pixels plain, without room for the label, where convolutions are to learn them', () => {
  const [height, width] = [24, 25];
  const count = 20;
  const images = {
    name: 'x',
    count,
    height,
    width,
    channels: 1 as const,
    pixels: Uint8Array.from({ length: count * height * width }, (_, i) => 100 + ((i * 37) % 151)),
    labels: Array.from({ length: count }, (_, i) => 'ab'[i % 2]),
  };
  const { train, encoding } = preprocess({ examples: images });
  expect(encoding).toEqual({
    ...{ kind: 'image', classNames: ['a', 'b'], height, width, channels: 1 },
    hasNoLabel: true,
  });
  expect(train).toMatchObject({ width: height * width, shape: [height, width, 1] });
  expect(train.inputs).toBeInstanceOf(Uint8Array);
  const whole = encodeExamples(encoding, images);
  expect(whole.inputs).toEqual(images.pixels);
  const centred = preprocess({ examples: images }, { pixels: 'centred' });
  expect(centred.train).toMatchObject({ shape: [height + 1, width, 1] });
  expect(centred.train.inputs).toBeInstanceOf(Float32Array);
  const small = { ...images, height: width - 2, width: 24, pixels: images.pixels.slice(0, count * 23 * 24) };
  expect(preprocess({ examples: small }).train.shape).toEqual([24, 24, 1]);
  expect(preprocess({ examples: small }, { pixels: 'plain' }).train.shape).toEqual([23, 24, 1]);
});
