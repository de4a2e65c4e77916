// BMP without compression, as Windows and most cameras and programs write it: sharp does not decode it.
// https://learn.microsoft.com/windows/win32/gdi/bitmap-storage

import { InputError } from '../../errors.ts';

const MAX_PIXELS = 64_000_000;
const FILE_HEADER = 14;
/** The length of the oldest header, which has 16-bit sizes and palettes without a fourth byte. */
const CORE_HEADER = 12;
const compressions = ['RGB', 'RLE8', 'RLE4', 'bit fields', 'JPEG', 'PNG', 'bit fields'];

/** Whether a file begins like a BMP. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * Decodes the bytes of a BMP of 1, 4, 8, 16, 24 or 32 bits a pixel to (height, width, 3) bytes of red, green and blue; a
 * fourth channel is not looked at. Throws an InputError that names `path` where it is compressed, not whole, or larger than 64
 * megapixels.
 */
export function decodeBmp(
  bytes: Uint8Array,
  path: string,
): { height: number; width: number; pixels: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (end: number) => {
    if (end > bytes.length) {
      throw new InputError(
        `${path}: truncated BMP: needs ${end} bytes, found ${bytes.length}; save it again`,
      );
    }
  };
  need(FILE_HEADER + CORE_HEADER);
  const begin = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const isCore = headerBytes === CORE_HEADER;
  if (!isCore && headerBytes < 40) {
    throw new InputError(`${path}: damaged BMP: no header has ${headerBytes} bytes; save it again`);
  }
  need(FILE_HEADER + headerBytes);
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const tall = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const depth = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? 0 : view.getUint32(30, true);
  // From the top down where it is negative.
  const height = Math.abs(tall);
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) {
    throw new InputError(
      `${path}: expected an image of 1 to ${MAX_PIXELS} pixels, found ${width}x${height}; scale it down`,
    );
  }
  const hasFields = (compression === 3 || compression === 6) && (depth === 16 || depth === 32);
  if ((compression !== 0 && !hasFields) || ![1, 4, 8, 16, 24, 32].includes(depth)) {
    const found = `${compressions[compression] ?? `compression ${compression}`} of ${depth} bits`;
    throw new InputError(`${path}: expected a BMP without compression, found ${found}; save it as PNG`);
  }
  const rowBytes = Math.ceil((width * depth) / 32) * 4;
  need(begin + rowBytes * height);
  const colour =
    depth <= 8
      ? paletteColour(view, headerBytes, depth, need, path)
      : depth === 24
        ? (row: number, x: number, to: Uint8Array, at: number) => {
            for (let c = 0; c < 3; c++) to[at + c] = bytes[row + 3 * x + 2 - c];
          }
        : maskedColour(view, masksOf(view, depth, hasFields, need, path), depth);
  const pixels = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const row = begin + (tall < 0 ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) colour(row, x, pixels, (y * width + x) * 3);
  }
  return { height, width, pixels };
}

/** Writes red, green and blue of pixel x of the row that begins at byte `row` to three places from `at` on. */
type Colour = (row: number, x: number, to: Uint8Array, at: number) => void;

function paletteColour(
  view: DataView,
  headerBytes: number,
  depth: number,
  need: (end: number) => void,
  path: string,
): Colour {
  const isCore = headerBytes === CORE_HEADER;
  const colours = (isCore ? 0 : view.getUint32(46, true)) || 2 ** depth;
  const step = isCore ? 3 : 4;
  const palette = FILE_HEADER + headerBytes;
  if (colours > 2 ** depth) {
    throw new InputError(`${path}: damaged BMP: ${colours} colours for ${depth} bits; save it again`);
  }
  need(palette + colours * step);
  const perByte = 8 / depth;
  return (row, x, to, at) => {
    const shift = 8 - depth * (1 + (x % perByte));
    const index = (view.getUint8(row + Math.floor(x / perByte)) >> shift) & (2 ** depth - 1);
    if (index >= colours) {
      throw new InputError(
        `${path}: damaged BMP: a pixel has colour ${index} of a palette of ${colours}; save it again`,
      );
    }
    for (let c = 0; c < 3; c++) to[at + c] = view.getUint8(palette + index * step + 2 - c);
  };
}

/** Which bits are red, green and blue. */
function masksOf(
  view: DataView,
  depth: number,
  hasFields: boolean,
  need: (end: number) => void,
  path: string,
): number[] {
  if (!hasFields) return depth === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  // Right after the shortest header, or in a longer one: the place is the same.
  const masks = FILE_HEADER + 40;
  need(masks + 12);
  return [0, 4, 8].map(at => {
    const mask = view.getUint32(masks + at, true);
    const ones = mask / lowest(mask) + 1;
    if (mask === 0 || !Number.isInteger(Math.log2(ones))) {
      throw new InputError(
        `${path}: damaged BMP: no channel has the bits ${mask.toString(16)}; save it as PNG`,
      );
    }
    return mask;
  });
}

/** The lowest bit that is set. */
function lowest(mask: number): number {
  return (mask & -mask) >>> 0;
}

function maskedColour(view: DataView, masks: readonly number[], depth: number): Colour {
  const channels = masks.map(mask => ({ mask, unit: lowest(mask), most: mask / lowest(mask) }));
  return (row, x, to, at) => {
    const value = depth === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
    channels.forEach(({ mask, unit, most }, c) => {
      to[at + c] = Math.round((255 * (((value & mask) >>> 0) / unit)) / most);
    });
  };
}
