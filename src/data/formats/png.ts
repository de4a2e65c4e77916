// PNG of every colour type, as colours over white paper. fast-png decodes; what it would believe without proof is proved
// first.

import { crc32, inflateSync } from 'node:zlib';
import type { DecodedPng } from 'fast-png';
import { InputError } from '../../errors.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_END = 33;
const MAX_PIXELS = 64_000_000;
/** More pixels than these are believed to be an image where they take this share of a byte each: photographs take one or more. */
const FREE_PIXELS = 16_000_000;
const PIXELS_OF_BYTE = 16;
const INDEXED = 3;
/** Samples per pixel and allowed bits per sample of each PNG colour type. */
const colourTypes = new Map([
  [0, { channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { channels: 3, depths: [8, 16] }],
  [INDEXED, { channels: 1, depths: [1, 2, 4, 8] }],
  [4, { channels: 2, depths: [8, 16] }],
  [6, { channels: 4, depths: [8, 16] }],
]);
/** First column, first row, column step and row step of the seven passes of an interlaced PNG. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** A decoded PNG, with what it takes to look up its colours. */
export interface Png {
  readonly width: number;
  readonly height: number;
  /** Writes red, green and blue, 0 to 1, of pixel (x, y) over white paper into the first three places of `to`. */
  readonly colour: (x: number, y: number, to: Float64Array) => void;
  readonly isGrey: boolean;
}

/**
 * Decodes the bytes of a PNG of any kind; throws an InputError that names `path` where it is not sound or has more than
 * 64 megapixels.
 */
export async function decodePng(bytes: Uint8Array, path: string): Promise<Png> {
  const header = readHeader(bytes, path);
  const pixels = pixelChunks(bytes, path);
  // Loaded when the first PNG is: most programs never read one.
  const { decode } = await import('fast-png');
  try {
    // fast-png inflates without bound and takes missing bytes for zeros, so the size is proved first.
    const raw = inflateSync(pixels.data, { maxOutputLength: header.rawBytes });
    if (raw.length < header.rawBytes) throw new Error(`${raw.length} of ${header.rawBytes} bytes are there`);
    return coloursOf(decode(pixels.png), header.indexed);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new InputError(`${path}: damaged PNG, cannot decode its pixels (${reason}); save it again`, {
      cause,
    });
  }
}

interface PngHeader {
  readonly indexed: boolean;
  /** Length of the inflated pixel data. */
  readonly rawBytes: number;
}

/** The header of a PNG of up to 64 megapixels; throws InputError where it is not sound. */
export function readHeader(bytes: Uint8Array, path: string): PngHeader {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new InputError(`${path}: not a PNG: expected its signature at offset 0; save the image as PNG`);
  }
  if (bytes.length < HEADER_END) {
    throw new InputError(
      `${path}: truncated PNG: expected at least ${HEADER_END} bytes, found ${bytes.length}; save it again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(8) !== 13 || chunkType(bytes, 8) !== 'IHDR') {
    throw new InputError(`${path}: damaged PNG: expected an IHDR chunk at offset 8; save it again`);
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) {
    throw new InputError(
      `${path}: expected an image of 1 to ${MAX_PIXELS} pixels, found ${width}x${height}; scale it down`,
    );
  }
  if (width * height > FREE_PIXELS + PIXELS_OF_BYTE * bytes.length) {
    throw new InputError(
      `${path}: expected some ${Math.ceil((width * height) / PIXELS_OF_BYTE)} bytes or more for an image of ${width}x${height}, ` +
        `found ${bytes.length}: it is nearly empty; scale it down to ${FREE_PIXELS / 1e6} megapixels or less`,
    );
  }
  const [depth, colourType, , , interlace] = bytes.subarray(24);
  const colour = colourTypes.get(colourType);
  if (!colour?.depths.includes(depth)) {
    throw new InputError(
      `${path}: damaged PNG: no such image as colour type ${colourType} of ${depth} bits; save it again`,
    );
  }
  if (interlace !== 0 && depth < 8) {
    throw new InputError(
      `${path}: expected 8 or 16 bits per sample in an interlaced PNG, found ${depth}; save it without ` +
        'interlacing',
    );
  }
  const pixelBits = colour.channels * depth;
  const passes = interlace === 0 ? [[0, 0, 1, 1]] : adam7;
  let rawBytes = 0;
  for (const [left, top, stepX, stepY] of passes) {
    const columns = Math.ceil((width - left) / stepX);
    const rows = Math.ceil((height - top) / stepY);
    if (columns > 0 && rows > 0) rawBytes += rows * (1 + Math.ceil((columns * pixelBits) / 8));
  }
  return { indexed: colourType === INDEXED, rawBytes };
}

/**
 * The compressed pixels, and a PNG of nothing but what they need: in fast-png an ICC profile could inflate
 * without bound, a second IHDR change the size, a million tiny IDAT chunks take half a minute.
 */
export function pixelChunks(bytes: Uint8Array, path: string): { data: Uint8Array; png: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const colours = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  let offset = 8;
  for (let type = ''; type !== 'IEND'; ) {
    const length = offset + 12 <= bytes.length ? view.getUint32(offset) : 0;
    const end = offset + 12 + length;
    if (end > bytes.length) {
      throw new InputError(
        `${path}: truncated PNG: the chunk at offset ${offset} needs ${end} bytes, found ${bytes.length}; ` +
          'save it again',
      );
    }
    type = chunkType(bytes, offset);
    if (type === 'IHDR' || type === 'PLTE' || type === 'tRNS' || type === 'IDAT') {
      if (crc32(bytes.subarray(offset + 4, end - 4)) !== view.getUint32(end - 4)) {
        throw new InputError(
          `${path}: damaged PNG: wrong checksum of ${type} at offset ${offset}; save it again`,
        );
      }
      if (type === 'IDAT') data.push(bytes.subarray(offset + 8, end - 4));
      else if (type !== 'IHDR') colours.set(type, bytes.subarray(offset, end));
    }
    offset = end;
  }
  const joined = Buffer.concat(data);
  const png = Buffer.concat([
    bytes.subarray(0, HEADER_END),
    colours.get('PLTE') ?? new Uint8Array(),
    colours.get('tRNS') ?? new Uint8Array(),
    chunk('IDAT', joined),
    chunk('IEND', new Uint8Array()),
  ]);
  return { data: joined, png };
}

function chunkType(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
}

/** A chunk whose checksum is left 0: by default fast-png does not look at it. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const result = Buffer.alloc(12 + data.length);
  result.writeUInt32BE(data.length);
  result.write(type, 4, 'latin1');
  result.set(data, 8);
  return result;
}

function coloursOf(png: DecodedPng, indexed: boolean): Png {
  const { width, height, channels } = png;
  if (indexed) return { width, height, isGrey: false, colour: paletteColour(png) };
  return { width, height, isGrey: channels <= 2, colour: sampleColour(png) };
}

function paletteColour(png: DecodedPng): Png['colour'] {
  if (!png.palette) throw new Error('the palette is missing');
  const colours = png.palette.map(([red, green, blue, alpha = 255]) =>
    [red, green, blue].map(value => overPaper(value / 255, alpha / 255)),
  );
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const index = firstSample(png, x, y);
      if (index >= colours.length) {
        throw new Error(`pixel (${x}, ${y}) has colour ${index} of a palette of ${colours.length}`);
      }
    }
  }
  return (x, y, to) => to.set(colours[firstSample(png, x, y)]);
}

function sampleColour(png: DecodedPng): Png['colour'] {
  const { width, channels, depth, data, transparency } = png;
  const most = 2 ** depth - 1;
  if (channels === 1) {
    return (x, y, to) => {
      const value = firstSample(png, x, y);
      to.fill(overPaper(value / most, value === transparency?.[0] ? 0 : 1));
    };
  }
  return (x, y, to) => {
    const at = (y * width + x) * channels;
    const alpha = channels === 3 ? 1 : data[at + channels - 1] / most;
    if (channels === 2) {
      to.fill(overPaper(data[at] / most, alpha));
      return;
    }
    const [clearRed, clearGreen, clearBlue] = transparency ?? [];
    const isClear = data[at] === clearRed && data[at + 1] === clearGreen && data[at + 2] === clearBlue;
    for (let c = 0; c < 3; c++) to[c] = overPaper(data[at + c] / most, isClear ? 0 : alpha);
  };
}

/** The sample of a pixel of one channel; those below 8 bits fill each row's bytes from the high bits. */
function firstSample({ width, depth, data }: DecodedPng, x: number, y: number): number {
  if (depth >= 8) return data[y * width + x];
  const rowBytes = Math.ceil((width * depth) / 8);
  const bit = x * depth;
  return (data[y * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** What light 0 to 1 and alpha 0 to 1 look like: what is transparent shows white paper. */
function overPaper(light: number, alpha: number): number {
  return 1 - alpha * (1 - light);
}

/** (height, width) brightness, 0 black to 255 white, by Rec. 601, the weights of most image software. */
export function brightnessOf({ width, height, colour }: Png): {
  readonly brightness: Float32Array;
  readonly width: number;
  readonly height: number;
} {
  const brightness = new Float32Array(width * height);
  const rgb = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      colour(x, y, rgb);
      brightness[y * width + x] = 255 * (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]);
    }
  }
  return { brightness, width, height };
}
