// NumPy's files: one array (NPY) or several in a ZIP (NPZ). Nothing is allocated for a claim that the bytes of the file do
// not back.

import { InputError } from '../../errors.ts';
import { parseTexts } from './pickle.ts';
import { unzip } from './zip.ts';

/** An array of numbers or of text, row-major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array | Float64Array | readonly string[];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_DIMENSIONS = 8;

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
  f2: [2, (view, at, isLittle) => fromHalf(view.getUint16(at, isLittle))],
  f4: [4, (view, at, isLittle) => view.getFloat32(at, isLittle)],
  f8: [8, (view, at, isLittle) => view.getFloat64(at, isLittle)],
};

/** The number that the 16 bits of a float16 stand for. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

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
  const type = /'descr':\s*'([<>|=])([a-zA-Z])(\d*)'/.exec(header);
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
  // A pickle, which is row-major whatever the header says.
  if (letter === 'O') return { shape, values: parseTexts(bytes.subarray(begin), shape, path) };
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
  if (holdsText && valueBytes === 0 && count > 1e7)
    throw new InputError(`${path}: ${count} texts of no length`);
  const isLittle = byteOrder !== '>';
  const isColumnMajor = order[1] === 'True';
  const isBytes = letter === 'u' && length === '1';
  if (isBytes && !isColumnMajor) return { shape, values: bytes.slice(begin) };
  const offsets = offsetsOf(shape, isColumnMajor);
  if (holdsText) {
    const values = Array.from({ length: count }, () =>
      textAt(view, begin + offsets() * valueBytes, valueBytes, letter, isLittle),
    );
    return { shape, values };
  }
  const values = isBytes ? new Uint8Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = known[1](view, begin + offsets() * valueBytes, isLittle);
  return { shape, values };
}

/** Tells, value after value in row-major order, how many values stand before it in the file. */
function offsetsOf(shape: readonly number[], isColumnMajor: boolean): () => number {
  let next = 0;
  if (!isColumnMajor) return () => next++;
  const place = shape.map(() => 0);
  let step = 1;
  const steps = shape.map(size => {
    const own = step;
    step *= size;
    return own;
  });
  return () => {
    const offset = next;
    for (let d = shape.length - 1; d >= 0; d--) {
      next += steps[d];
      if (++place[d] < shape[d]) break;
      next -= place[d] * steps[d];
      place[d] = 0;
    }
    return offset;
  };
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
  const files = unzip(bytes, path, name => name.endsWith('.npy'));
  if (files.size === 0) throw new InputError(`${path}: expected arrays, found none`);
  return new Map(
    Array.from(files, ([name, content]) => [
      name.replace(/\.npy$/, ''),
      parseNpy(content, `${path}, ${name}`),
    ]),
  );
}
