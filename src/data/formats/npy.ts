// NumPy's files: one array (NPY) or several in a ZIP (NPZ). Nothing is allocated for a claim that the bytes of the file do
// not back.

import { unzipSync } from 'fflate';
import { InputError } from '../../errors.ts';

/** An array of numbers or of text, row-major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array | Float64Array | readonly string[];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_DIMENSIONS = 8;
/** All that the arrays of an NPZ may unpack to. */
const MAX_BYTES = 2 ** 31 - 1;
/** Deflate makes at most this of one byte. */
const MAX_RATIO = 1032;
/** Bytes that the ZIP format spends on an entry of its directory, at least. */
const ENTRY_BYTES = 46;

type Get = (view: DataView, at: number, isLittle: boolean) => number;
const numeric: Readonly<Record<string, readonly [bytes: number, get: Get]>> = {
  b1: [1, (view, at) => view.getUint8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at, isLittle) => view.getUint16(at, isLittle)],
  i2: [2, (view, at, isLittle) => view.getInt16(at, isLittle)],
  u4: [4, (view, at, isLittle) => view.getUint32(at, isLittle)],
  i4: [4, (view, at, isLittle) => view.getInt32(at, isLittle)],
  u8: [8, (view, at, isLittle) => Number(view.getBigUint64(at, isLittle))],
  i8: [8, (view, at, isLittle) => Number(view.getBigInt64(at, isLittle))],
  f4: [4, (view, at, isLittle) => view.getFloat32(at, isLittle)],
  f8: [8, (view, at, isLittle) => view.getFloat64(at, isLittle)],
};

/** Parses the bytes of an NPY file; throws an InputError, naming `path`, for what is no sound array of numbers or text. */
export function parseNpy(bytes: Uint8Array, path: string): NumpyArray {
  if (MAGIC.some((byte, i) => bytes[i] !== byte) || bytes.length < 12) {
    throw new InputError(
      `${path}: not an NPY file: expected its signature at offset 0; write it with numpy.save`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isShort = bytes[6] === 1;
  const headerBegin = isShort ? 10 : 12;
  const begin = headerBegin + (isShort ? view.getUint16(8, true) : view.getUint32(8, true));
  if (begin > bytes.length) {
    throw new InputError(`${path}: truncated: the header needs ${begin} bytes, found ${bytes.length}`);
  }
  const header = new TextDecoder('latin1').decode(
    bytes.subarray(headerBegin, Math.min(begin, headerBegin + 4096)),
  );
  const type = /'descr':\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  if (!type || !order || !sizes) {
    throw new InputError(
      `${path}: expected an array of plain numbers or text, found the header ${JSON.stringify(header.trim().slice(0, 80))}`,
    );
  }
  const shape = sizes[1]
    .split(',')
    .map(size => size.trim())
    .filter(Boolean)
    .map(Number);
  if (shape.length > MAX_DIMENSIONS)
    throw new InputError(`${path}: expected at most ${MAX_DIMENSIONS} dimensions`);
  const count = shape.reduce((product, size) => product * size, 1);
  const [, byteOrder, letter, length] = type;
  const holdsText = letter === 'U' || letter === 'S';
  const known = numeric[letter + length];
  if (!known && !holdsText) {
    throw new InputError(
      `${path}: cannot read values of the type ${letter}${length}; save them as float32, uint8 or text`,
    );
  }
  const valueBytes = holdsText ? Number(length) * (letter === 'U' ? 4 : 1) : known[0];
  if (begin + count * valueBytes !== bytes.length) {
    throw new InputError(
      `${path}: the shape ${shape.join(' × ') || '()'} needs ${begin + count * valueBytes} bytes with the header, found ${bytes.length}`,
    );
  }
  if (order[1] === 'True' && shape.length > 1) {
    throw new InputError(`${path}: the array is stored by columns; save numpy.ascontiguousarray of it`);
  }
  if (holdsText && valueBytes === 0 && count > 1e7)
    throw new InputError(`${path}: ${count} texts of no length`);
  const isLittle = byteOrder !== '>';
  if (holdsText) {
    return {
      shape,
      values: Array.from({ length: count }, (_, i) =>
        textAt(view, begin + i * valueBytes, valueBytes, letter, isLittle),
      ),
    };
  }
  if (letter === 'u' && length === '1') return { shape, values: bytes.slice(begin) };
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = known[1](view, begin + i * valueBytes, isLittle);
  return { shape, values };
}

function textAt(view: DataView, at: number, bytes: number, letter: string, isLittle: boolean): string {
  let text = '';
  const step = letter === 'U' ? 4 : 1;
  for (let k = at; k < at + bytes; k += step) {
    const code = step === 4 ? view.getUint32(k, isLittle) : view.getUint8(k);
    if (code === 0) break;
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return text.trim();
}

/** Parses the bytes of an NPZ file: its arrays by name. Throws an InputError that names `path`. */
export function parseNpz(bytes: Uint8Array, path: string): Map<string, NumpyArray> {
  let [entries, total] = [0, 0];
  const check = ({ name, size, originalSize }: { name: string; size: number; originalSize: number }) => {
    total += originalSize;
    if (
      ++entries > bytes.length / ENTRY_BYTES ||
      size > bytes.length ||
      originalSize > MAX_RATIO * (size + 1)
    ) {
      throw new InputError(
        `${path}: ${JSON.stringify(name.slice(0, 40))} claims ${originalSize} bytes, more than ${size} can hold`,
      );
    }
    if (total > MAX_BYTES) throw new InputError(`${path}: expected arrays of at most 2 GiB`);
    return name.endsWith('.npy');
  };
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter: check });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${path}: damaged NPZ (${(cause as Error).message}); write it again`, { cause });
  }
  const arrays = Object.entries(files).map(
    ([name, content]) => [name.replace(/\.npy$/, ''), parseNpy(content, `${path}, ${name}`)] as const,
  );
  if (arrays.length === 0) throw new InputError(`${path}: expected arrays, found none`);
  return new Map(arrays);
}
