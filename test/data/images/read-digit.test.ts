// Digits drawn here in every kind of PNG come out as one MNIST digit, damaged files as one sentence.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { decode, encode, type ImageData } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { digitFromPixels } from '../../../src/data/images/digit.ts';
import { readDigit } from '../../../src/data/images/read-digit.ts';
import { loadDataset } from '../../../src/data/named/named-datasets.ts';
import { InputError } from '../../../src/errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-image-'));
  return () => rm(folder, { recursive: true });
});

async function read(bytes: Uint8Array): Promise<Uint8Array> {
  const path = join(folder, 'digit.png');
  await writeFile(path, bytes);
  return readDigit(path);
}

async function complaint(bytes: Uint8Array): Promise<string> {
  const error = await read(bytes).then(
    () => new Error('expected an InputError'),
    cause => cause,
  );
  expect(error).toBeInstanceOf(InputError);
  return error.message.replace(join(folder, 'digit.png'), 'digit.png');
}

/** Ink 0 to 1 of a seven on a canvas, the same at any size up to anti-aliasing: 4x4 samples per pixel. */
function seven(size: number): Float32Array {
  const inside = (x: number, y: number) => {
    const bar = x > 0.3 && x < 0.7 && y > 0.2 && y < 0.29;
    const middle = 0.66 - (0.26 * (y - 0.24)) / 0.56;
    return bar || (y >= 0.24 && y < 0.8 && Math.abs(x - middle) < 0.05);
  };
  return Float32Array.from({ length: size * size }, (_, i) => {
    let hits = 0;
    for (let s = 0; s < 16; s++) {
      const x = ((i % size) + ((s % 4) + 0.5) / 4) / size;
      const y = (Math.floor(i / size) + (Math.floor(s / 4) + 0.5) / 4) / size;
      if (inside(x, y)) hits++;
    }
    return hits / 16;
  });
}

const meanDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

/** A PNG whose pixels are `colour(ink)`, one number per channel. */
function png(
  size: number,
  channels: number,
  depth: 8 | 16,
  colour: (ink: number) => number[],
  more: Partial<ImageData> = {},
  interlace: 'null' | 'Adam7' = 'null',
): Uint8Array {
  const values = Array.from(seven(size), ink => colour(ink).map(Math.round)).flat();
  const data = depth === 16 ? Uint16Array.from(values) : Uint8Array.from(values);
  return encode({ width: size, height: size, channels, depth, data, ...more }, { interlace });
}

/** A PNG of `depth` bits in one channel, packed here: grey, or of a palette. */
function packed(
  size: number,
  depth: 1 | 2 | 4,
  level: (ink: number) => number,
  palette?: number[][],
): Uint8Array {
  const rowBytes = Math.ceil((size * depth) / 8);
  const data = new Uint8Array(rowBytes * size);
  seven(size).forEach((ink, i) => {
    const bit = (i % size) * depth;
    data[Math.floor(i / size) * rowBytes + (bit >> 3)] |= level(ink) << (8 - depth - (bit & 7));
  });
  return encode({ width: size, height: size, channels: 1, depth, data, ...(palette && { palette }) });
}

/** A PNG from chunks, with the right checksums. */
function assemble(...chunks: [string, ArrayLike<number>][]): Uint8Array {
  const parts = chunks.map(([type, data]) => {
    const chunk = Buffer.alloc(12 + data.length);
    chunk.writeUInt32BE(data.length);
    chunk.write(type, 4, 'latin1');
    chunk.set(data, 8);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
    return chunk;
  });
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

function ihdr(width: number, height: number, depth: number, colourType: number, interlace = 0): Uint8Array {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([depth, colourType, 0, 0, interlace], 8);
  return data;
}

test('a seven at 200 pixels, black on white, is a white seven on black in its place', async () => {
  const digit = await read(png(200, 1, 8, ink => [255 * (1 - ink)]));
  const rows = Array.from({ length: 28 }, (_, y) => digit.subarray(y * 28, y * 28 + 28));
  const inked = rows.flatMap((row, y) => (row.some(value => value > 0) ? [y] : []));
  expect(inked).toHaveLength(20);
  // The bar at the top reaches both sides, the foot is at the left of the middle, and black is black.
  expect(rows[inked[0] + 1].filter(value => value > 200).length).toBeGreaterThan(10);
  expect(rows[inked[19]].filter(value => value > 100).length).toBeLessThan(6);
  expect(Math.max(...digit)).toBe(255);
  expect(digit[0]).toBe(0);
  let mass = 0;
  let massX = 0;
  let massY = 0;
  digit.forEach((value, i) => {
    mass += value;
    massX += value * (i % 28);
    massY += value * Math.floor(i / 28);
  });
  expect(Math.abs(massX / mass - 14)).toBeLessThanOrEqual(0.51);
  expect(Math.abs(massY / mass - 14)).toBeLessThanOrEqual(0.51);
});

const palette = [
  [255, 255, 255, 0],
  [0, 0, 128, 255],
  [200, 0, 0, 255],
];

test.each<[string, () => Uint8Array, number]>([
  ['white on black', () => png(200, 1, 8, ink => [255 * ink]), 0.5],
  ['pale ink on grey', () => png(200, 1, 8, ink => [90 + 40 * ink]), 1],
  ['grey ink on pale grey, both dark', () => png(200, 1, 8, ink => [100 - 60 * ink]), 1],
  ['400 pixels', () => png(400, 1, 8, ink => [255 * (1 - ink)]), 1.5],
  ['61 pixels', () => png(61, 1, 8, ink => [255 * (1 - ink)]), 5],
  ['30 pixels, which grow', () => png(30, 1, 8, ink => [255 * (1 - ink)]), 12],
  ['16 bits', () => png(200, 1, 16, ink => [65535 * (1 - ink)]), 0.5],
  ['4 bits', () => packed(200, 4, ink => Math.round(15 * (1 - ink))), 1],
  ['2 bits', () => packed(199, 2, ink => Math.round(3 * (1 - ink))), 2],
  ['1 bit', () => packed(203, 1, ink => Math.round(1 - ink)), 3],
  ['colours, dark blue on yellow', () => png(200, 3, 8, i => [255 - 255 * i, 255 - 255 * i, 128 * i]), 1],
  ['16-bit colours', () => png(200, 3, 16, ink => [65535 * ink, 65535 * ink, 65535 * ink]), 0.5],
  ['grey with alpha', () => png(200, 2, 8, ink => [0, 255 * ink]), 0.5],
  ['colours with alpha', () => png(200, 4, 8, ink => [0, 0, 0, 255 * ink]), 0.5],
  ['black on a black that cannot be seen', () => png(200, 4, 16, ink => [0, 0, 0, 65535 * ink]), 0.5],
  [
    'white on opaque black with alpha',
    () => png(200, 4, 8, ink => [255 * ink, 255 * ink, 255 * ink, 255]),
    0.5,
  ],
  ['a palette with a clear colour', () => png(200, 1, 8, ink => [ink > 0.5 ? 1 : 0], { palette }), 3],
  ['a palette of 2 bits', () => packed(200, 2, ink => (ink > 0.5 ? 2 : 0), palette), 3],
  ['interlacing', () => png(200, 3, 8, i => [255 * i, 255 * i, 255 * i], {}, 'Adam7'), 0.5],
  ['interlacing and 16 bits', () => png(200, 1, 16, ink => [65535 * ink], {}, 'Adam7'), 0.5],
])('%s gives the same digit', async (_, draw, tolerance) => {
  const expected = await read(png(200, 1, 8, ink => [255 * (1 - ink)]));
  expect(Math.max(...expected)).toBe(255);
  expect(meanDifference(await read(draw()), expected)).toBeLessThan(tolerance);
});

test('colours weigh as the eye sees them', async () => {
  const data = new Uint8Array(60 * 60 * 3);
  for (let y = 10; y < 50; y++) {
    for (let x = 10; x < 50; x++) data[(y * 60 + x) * 3 + (x < 30 ? 0 : 1)] = 255;
  }
  const digit = await read(encode({ width: 60, height: 60, channels: 3, depth: 8, data }));
  // Rec. 601: red has 0.299 / 0.587 of the brightness of green.
  expect(new Set(digit)).toEqual(new Set([0, 130, 255]));
  expect(digit.filter(value => value === 130)).toHaveLength(200);
});

test('a colour declared transparent is paper, grey or not', async () => {
  const size = 60;
  const ink = seven(size);
  // A blot in the colour that is declared transparent: as ink it would change box and centre.
  const picture = (channels: number, blot: number[], ...more: [string, number[]][]) => {
    const rows = Buffer.alloc((size * channels + 1) * size);
    ink.forEach((share, i) => {
      const x = i % size;
      const y = Math.floor(i / size);
      const level = x < 9 && y > 20 && y < 40 ? blot : [255, 255, 255].map(paper => paper * (1 - share));
      rows.set(level.slice(0, channels), y * (size * channels + 1) + 1 + x * channels);
    });
    const colourType = channels === 1 ? 0 : 2;
    return assemble(
      ['IHDR', ihdr(size, size, 8, colourType)],
      ...more,
      ['IDAT', deflateSync(rows)],
      ['IEND', []],
    );
  };
  const clean = await read(picture(1, [255]));
  const blotted = await read(picture(1, [100]));
  expect(meanDifference(blotted, clean)).toBeGreaterThan(10);
  expect(await read(picture(1, [100], ['tRNS', [0, 100]]))).toEqual(clean);
  expect(await read(picture(1, [100], ['tRNS', [0, 101]]))).toEqual(blotted);
  expect(await read(picture(3, [100, 20, 30], ['tRNS', [0, 100, 0, 20, 0, 30]]))).toEqual(clean);
  expect(await read(picture(3, [100, 100, 100], ['tRNS', [0, 100, 0, 20, 0, 30]]))).toEqual(blotted);
});

test('chunks that carry no pixels are not looked at: text, a colour profile, a second header', async () => {
  const rows = Buffer.alloc(11 * 10);
  rows.fill(255, 47, 50);
  const picture: [string, ArrayLike<number>] = ['IDAT', deflateSync(rows)];
  const plain = await read(assemble(['IHDR', ihdr(10, 10, 8, 0)], picture, ['IEND', []]));
  for (const [type, data] of [
    ['tEXt', Buffer.from('\0text without a keyword')],
    ['iCCP', Buffer.from('profile\0\0neither deflated nor bounded')],
    ['IHDR', ihdr(60_000, 60_000, 16, 6)],
  ] as const) {
    const odd = assemble(['IHDR', ihdr(10, 10, 8, 0)], [type, data], picture, ['IEND', []]);
    expect(() => decode(odd), type).toThrow();
    expect(await read(odd)).toEqual(plain);
  }
});

test('pixels in ten thousand pieces read as fast as in one', async () => {
  const rows = Buffer.alloc(101 * 100);
  rows.fill(255, 4460, 4480);
  const data = deflateSync(rows, { level: 0 });
  const pieces = Array.from(data, (byte): [string, number[]] => ['IDAT', [byte]]);
  const begin = performance.now();
  const digit = await read(assemble(['IHDR', ihdr(100, 100, 8, 0)], ...pieces, ['IEND', []]));
  expect(performance.now() - begin).toBeLessThan(5000);
  expect(digit).toEqual(await read(assemble(['IHDR', ihdr(100, 100, 8, 0)], ['IDAT', data], ['IEND', []])));
});

const small = png(20, 1, 8, ink => [255 * ink]);
const rows20 = deflateSync(new Uint8Array(21 * 20));

test.each<[string, Uint8Array, string | RegExp]>([
  [
    'nothing',
    new Uint8Array(),
    'digit.png: not a PNG: expected its signature at offset 0; save the image as PNG',
  ],
  [
    'a JPEG',
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
    'digit.png: not a PNG: expected its signature at offset 0; save the image as PNG',
  ],
  [
    'the signature alone',
    small.subarray(0, 8),
    'digit.png: truncated PNG: expected at least 33 bytes, found 8; save it again',
  ],
  [
    'another first chunk',
    assemble(['CgBI', [1, 2, 3, 4]], ['IHDR', ihdr(1, 1, 8, 0)]),
    'digit.png: damaged PNG: expected an IHDR chunk at offset 8; save it again',
  ],
  [
    'a huge claim',
    assemble(['IHDR', ihdr(2 ** 31, 2 ** 31, 16, 6)], ['IEND', []]),
    'digit.png: expected an image of 1 to 64000000 pixels, found 2147483648x2147483648; scale it down',
  ],
  [
    'no width',
    assemble(['IHDR', ihdr(0, 9, 8, 0)], ['IEND', []]),
    'digit.png: expected an image of 1 to 64000000 pixels, found 0x9; scale it down',
  ],
  [
    'a colour type that is none',
    assemble(['IHDR', ihdr(9, 9, 8, 5)], ['IEND', []]),
    'digit.png: damaged PNG: no such image as colour type 5 of 8 bits; save it again',
  ],
  [
    'colours of 4 bits',
    assemble(['IHDR', ihdr(9, 9, 4, 2)], ['IEND', []]),
    'digit.png: damaged PNG: no such image as colour type 2 of 4 bits; save it again',
  ],
  [
    'interlaced bits',
    assemble(['IHDR', ihdr(9, 9, 1, 0, 1)], ['IEND', []]),
    'digit.png: expected 8 or 16 bits per sample in an interlaced PNG, found 1; save it without interlacing',
  ],
  [
    'a cut in the pixels',
    small.subarray(0, 60),
    /^digit\.png: truncated PNG: the chunk at offset 33 needs \d+ bytes, found 60; save it again$/,
  ],
  [
    'no end',
    small.subarray(0, small.length - 12),
    /^digit\.png: truncated PNG: the chunk at offset \d+ needs \d+ bytes, found \d+; save it again$/,
  ],
  [
    'no pixels',
    assemble(['IHDR', ihdr(9, 9, 8, 0)], ['IEND', []]),
    /^digit\.png: damaged PNG, cannot decode its pixels \(unexpected end of file\); save it again$/,
  ],
  [
    'too few rows',
    assemble(['IHDR', ihdr(20, 21, 8, 0)], ['IDAT', rows20], ['IEND', []]),
    'digit.png: damaged PNG, cannot decode its pixels (420 of 441 bytes are there); save it again',
  ],
  [
    'too many rows',
    assemble(['IHDR', ihdr(20, 19, 8, 0)], ['IDAT', rows20], ['IEND', []]),
    /^digit\.png: damaged PNG, cannot decode its pixels \(.*larger than 399 bytes\); save it again$/,
  ],
  [
    'an unknown filter',
    assemble(['IHDR', ihdr(3, 1, 8, 0)], ['IDAT', deflateSync(Uint8Array.of(9, 0, 0, 0))], ['IEND', []]),
    'digit.png: damaged PNG, cannot decode its pixels (Unsupported filter: 9); save it again',
  ],
  [
    'no palette',
    assemble(['IHDR', ihdr(20, 20, 8, 3)], ['IDAT', rows20], ['IEND', []]),
    'digit.png: damaged PNG, cannot decode its pixels (the palette is missing); save it again',
  ],
  [
    'a palette too short',
    assemble(
      ['IHDR', ihdr(3, 1, 8, 3)],
      ['PLTE', [1, 2, 3]],
      ['IDAT', deflateSync(Uint8Array.of(0, 0, 1, 0))],
      ['IEND', []],
    ),
    'digit.png: damaged PNG, cannot decode its pixels (pixel (1, 0) has colour 1 of a palette of 1); ' +
      'save it again',
  ],
  [
    'an empty page',
    png(50, 1, 8, () => [255]),
    'digit.png: blank: expected ink that stands out by 16 of 255 levels, found 0.0; draw a dark digit on ' +
      'a light background or the reverse (transparent counts as white)',
  ],
  [
    'white ink on nothing',
    png(50, 4, 8, ink => [255, 255, 255, 255 * ink]),
    /^digit\.png: blank: expected ink that stands out by 16 of 255 levels, found 0\.0;/,
  ],
])('%s is refused', async (_, bytes, message) => {
  const found = await complaint(bytes);
  if (typeof message === 'string') expect(found).toBe(message);
  else expect(found).toMatch(message);
});

test('a changed pixel byte is told by its checksum', async () => {
  const bytes = Uint8Array.from(small);
  bytes[50] ^= 1;
  expect(await complaint(bytes)).toBe(
    'digit.png: damaged PNG: wrong checksum of IDAT at offset 33; save it again',
  );
});

test('pixels that inflate past the size of the image are refused before they do', async () => {
  const bomb = deflateSync(new Uint8Array(300_000_000));
  expect(await complaint(assemble(['IHDR', ihdr(20, 20, 8, 0)], ['IDAT', bomb], ['IEND', []]))).toContain(
    'Cannot create a Buffer larger than 420 bytes',
  );
});

test('a missing file is named', async () => {
  await expect(readDigit('/nowhere/7.png')).rejects.toThrow(
    new InputError('cannot read /nowhere/7.png: no such file or folder; check the path'),
  );
});

const canvas = (width: number, height: number, ...ink: [x: number, y: number][]) => {
  const pixels = new Float32Array(width * height).fill(255);
  for (const [x, y] of ink) pixels[y * width + x] = 0;
  return pixels;
};

test('one pixel fills the box; a line keeps its shape; a lopsided digit stays in the field', () => {
  const dot = digitFromPixels(canvas(9, 9, [0, 8]), 9, 9, 'dot');
  expect(dot.filter(value => value === 255)).toHaveLength(400);
  // The middle of 20 pixels is 9.5: its centre of mass can come to 13.5 or 14.5, here the latter.
  expect([dot[5 * 28 + 5], dot[4 * 28 + 5], dot[24 * 28 + 24], dot[25 * 28 + 24]]).toEqual([255, 0, 255, 0]);

  const line = digitFromPixels(
    canvas(60, 60, ...Array.from({ length: 40 }, (_, i): [number, number] => [30, 10 + i])),
    60,
    60,
    'line',
  );
  const inked = Array.from(line.keys()).filter(at => line[at] > 0);
  expect(inked).toHaveLength(20);
  expect(new Set(inked.map(at => at % 28))).toEqual(new Set([14]));

  // A heavy block with a faint far point: the centre of mass alone would push the box out of the field.
  const heavy = canvas(100, 100, [10, 50]);
  for (let y = 45; y < 56; y++) heavy.fill(0, y * 100 + 80, y * 100 + 91);
  const lopsided = digitFromPixels(heavy, 100, 100, 'lopsided');
  const columns = Array.from(lopsided.keys()).flatMap(at => (lopsided[at] > 0 ? [at % 28] : []));
  expect(Math.min(...columns)).toBe(0);
  expect(Math.max(...columns)).toBe(19);
});

test('a hair on a large canvas is drawn in full white, not lost to averaging', () => {
  const size = 1000;
  const hair = canvas(
    size,
    size,
    ...Array.from({ length: 800 }, (_, i): [number, number] => [100 + i, 100 + i]),
  );
  const digit = digitFromPixels(hair, size, size, 'hair');
  expect(Math.max(...digit)).toBe(255);
  expect(digit.filter(value => value > 100)).toHaveLength(20);
});

test('noise on the paper does not grow the box', () => {
  const clean = Float32Array.from(seven(200), ink => 250 - 220 * ink);
  let state = 1;
  const noisy = clean.map(value => {
    state = Math.imul(state, 1664525) + 1013904223;
    return Math.max(0, value - (state >>> 24) / 16);
  });
  const difference = meanDifference(
    digitFromPixels(noisy, 200, 200, 'noisy'),
    digitFromPixels(clean, 200, 200, 'clean'),
  );
  expect(difference).toBeLessThan(3);
});

test('pixels that do not fit or are no brightness are refused', () => {
  expect(() => digitFromPixels(new Float32Array(5), 2, 3, 'p')).toThrow(
    new InputError('p: expected 2x3 brightness values, at least one, found 5'),
  );
  expect(() => digitFromPixels(new Float32Array(), 0, 3, 'p')).toThrow(InputError);
  expect(() => digitFromPixels(Float32Array.of(0, Number.NaN), 2, 1, 'p')).toThrow(
    new InputError('p: brightness 1 is NaN, expected 0 to 255'),
  );
  expect(() => digitFromPixels(Float32Array.of(0, 256), 2, 1, 'p')).toThrow(InputError);
});

test('MNIST digits drawn five times as large come back as they were', async () => {
  const { test: held } = await loadDataset('mnist');
  if (!held) throw new Error('mnist has test data');
  let sum = 0;
  let moved = 0;
  for (let n = 0; n < 100; n++) {
    const digit = held.inputs.subarray(n * 784, n * 784 + 784);
    const large = Uint8Array.from({ length: 140 * 140 }, (_, i) => {
      const value = digit[Math.floor(i / 700) * 28 + Math.floor((i % 140) / 5)];
      return n % 2 === 0 ? value : 255 - value;
    });
    const difference = meanDifference(
      await read(encode({ width: 140, height: 140, channels: 1, depth: 8, data: large })),
      digit,
    );
    sum += difference;
    // One in a hundred moves by a pixel, where the centre of mass is on the edge between two.
    if (difference > 5) moved++;
    expect(difference).toBeLessThan(30);
  }
  expect(moved).toBeLessThanOrEqual(2);
  expect(sum / 100).toBeLessThan(0.8);
});

test('two thousand damaged images are read or refused, quickly', async () => {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const mutate = (bytes: Uint8Array): Uint8Array => {
    const result = Uint8Array.from(bytes.subarray(0, random(8) === 0 ? random(bytes.length) : bytes.length));
    for (let change = random(4); change > 0 && result.length > 0; change--) {
      result[random(result.length)] = [0, 1, 3, 16, 255, random(256)][random(6)];
    }
    return result;
  };
  const raw = Uint8Array.from({ length: 21 * 20 }, (_, i) => (i % 21 === 0 ? i % 5 : (i * 37) % 256));
  const outcomes = { read: 0, refused: 0 };
  const begin = performance.now();
  for (let round = 0; round < 2000; round++) {
    // Three depths of damage: to the file, to chunks with right checksums, to pixels in sound compression.
    const header = mutate(ihdr(20, 20, 8, random(2) * 3, random(2)));
    const level = round % 3;
    const bytes =
      level === 0
        ? mutate(small)
        : assemble(
            ['IHDR', level === 1 ? header : ihdr(20, 20, 8, random(2) * 3)],
            ['PLTE', mutate(Uint8Array.from({ length: 768 }, (_, i) => (i * 91) % 256))],
            ['tRNS', mutate(Uint8Array.of(0, 255))],
            ['IDAT', level === 1 ? mutate(deflateSync(raw)) : deflateSync(mutate(raw))],
            ['IEND', []],
          );
    try {
      expect(await read(bytes)).toHaveLength(784);
      outcomes.read++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      outcomes.refused++;
    }
  }
  expect(performance.now() - begin).toBeLessThan(20_000);
  expect(outcomes.read).toBeGreaterThan(50);
  expect(outcomes.refused).toBeGreaterThan(500);
}, 30_000);
