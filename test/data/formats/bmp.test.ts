// BMP of every depth, against the colours that were put in.

import { expect, it } from 'vitest';
import { decodeBmp } from '../../../src/data/formats/bmp.ts';
import { InputError } from '../../../src/errors.ts';
import { bmp } from '../../support/bmp.ts';
import { generator } from '../../support/data.ts';

/** 3 × 5 pixels of eight colours. */
const colours = [
  [0, 0, 0],
  [255, 255, 255],
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [0, 255, 255],
  [132, 66, 33],
];
const indices = Array.from({ length: 15 }, (_, i) => (i * 5 + 2) % 8);
const pixels = Uint8Array.from(indices.flatMap(index => colours[index]));

it.each([4, 8, 24, 32])('decodes %i bits, from the bottom up and from the top down', depth => {
  for (const isTopDown of [false, true]) {
    const file = bmp({ width: 5, height: 3, depth, indices, colours, isTopDown });
    expect(decodeBmp(file, 'a.bmp')).toEqual({ height: 3, width: 5, pixels });
  }
});

it('decodes 1 bit, 16 bits, bit fields and the oldest header', () => {
  const two = indices.map(index => index % 2);
  const black = bmp({ width: 5, height: 3, depth: 1, indices: two, colours: colours.slice(0, 2) });
  expect([...decodeBmp(black, 'a.bmp').pixels]).toEqual(two.flatMap(index => colours[index]));
  const coarse = decodeBmp(bmp({ width: 5, height: 3, depth: 16, indices, colours }), 'a.bmp').pixels;
  expect(Math.max(...coarse.map((value, i) => Math.abs(value - pixels[i])))).toBeLessThan(5);
  const fields = bmp({ width: 5, height: 3, depth: 32, indices, colours, hasFields: true });
  expect(decodeBmp(fields, 'a.bmp').pixels).toEqual(pixels);
  const old = bmp({ width: 5, height: 3, depth: 8, indices, colours, isOld: true });
  expect(decodeBmp(old, 'a.bmp').pixels).toEqual(pixels);
});

it('refuses what is compressed, cut off, huge or points outside of its palette', () => {
  const make = () => Buffer.from(bmp({ width: 5, height: 3, depth: 8, indices, colours }));
  const change = (at: number, value: number) => {
    const bytes = make();
    bytes.writeInt32LE(value, at);
    return () => decodeBmp(bytes, 'a.bmp');
  };
  expect(change(30, 1)).toThrow(/a\.bmp: expected a BMP without compression, found RLE8 of 8 bits/);
  expect(() => decodeBmp(make().subarray(0, -1), 'a.bmp')).toThrow(/truncated BMP/);
  expect(change(18, 2 ** 20)).toThrow(/truncated BMP/);
  expect(change(18, 2 ** 30)).toThrow(/1 to 64000000 pixels/);
  expect(change(22, -(2 ** 31))).toThrow(/pixels/);
  expect(change(46, 3)).toThrow(/colour \d of a palette of 3/);
  const random = generator(8);
  const below = (most: number) => Math.floor(random() * most);
  for (let trial = 0; trial < 1000; trial++) {
    const bytes = make().subarray(0, trial % 3 === 0 ? below(130) : undefined);
    for (let n = below(4); n >= 0 && bytes.length > 0; n--) bytes[below(bytes.length)] = below(256);
    try {
      decodeBmp(bytes, 'a.bmp');
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
});
