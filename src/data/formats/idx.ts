// The IDX format of MNIST and its relatives: 0 0 type dimensions, big-endian sizes, big-endian values.
// Nothing is allocated for a claim that the bytes do not back.

import { InputError } from '../../errors.ts';

/** The contents of one IDX file: sizes (1 to 4 of them, each at least 1) and as many values, row-major. */
export interface Idx {
  readonly sizes: readonly number[];
  readonly values: Uint8Array | Float32Array;
}

const BYTE = 0x08;
const FLOAT = 0x0d;
const unsupportedTypes = new Map([
  [0x09, 'signed byte'],
  [0x0b, '16-bit integer'],
  [0x0c, '32-bit integer'],
  [0x0e, '64-bit float'],
]);

export const MAX_DIMENSIONS = 4;
/** Node reads no larger file in one piece. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Parses the bytes of an IDX file of unsigned bytes (which then share memory with `bytes`) or finite floats; throws
 * InputError, naming `path`, for anything else.
 */
export function parseIdx(bytes: Uint8Array, path: string): Idx {
  const header = parseHeader(bytes, path);
  if (bytes.length < header.totalBytes) {
    throw new InputError(
      `${path}: truncated: sizes ${header.sizes.join(' x ')} need ${header.totalBytes} bytes with the ` +
        `header, found ${bytes.length}; fetch the file again`,
    );
  }
  if (bytes.length > header.totalBytes) {
    throw new InputError(trailing(path, header.totalBytes));
  }
  const body = bytes.subarray(header.headerBytes);
  return { sizes: header.sizes, values: header.type === FLOAT ? floats(body, path) : body };
}

/** What the first bytes of an IDX file say. */
export interface Header {
  readonly type: number;
  readonly sizes: readonly number[];
  readonly headerBytes: number;
  /** Length the whole file must have, header included. */
  readonly totalBytes: number;
}

/** Parses the header, which must be there as a whole; throws InputError where it is none. */
export function parseHeader(bytes: Uint8Array, path: string): Header {
  if (bytes.length < 4) {
    throw new InputError(`${path}: expected an IDX file of at least 4 bytes, found ${bytes.length}`);
  }
  const [zero, alsoZero, type, dimensions] = bytes;
  if (zero !== 0 || alsoZero !== 0) {
    throw new InputError(
      `${path}: not an IDX file: expected bytes 00 00 at offset 0, found ${hex(zero)} ${hex(alsoZero)}; ` +
        'give the IDX file itself or its gzip',
    );
  }
  if (type !== BYTE && type !== FLOAT) {
    throw new InputError(
      `${path}: expected value type 08 (unsigned byte) or 0d (32-bit float) at offset 2, found ` +
        `${hex(type)} (${unsupportedTypes.get(type) ?? 'unknown'}); convert the file`,
    );
  }
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new InputError(
      `${path}: expected 1 to ${MAX_DIMENSIONS} dimensions at offset 3, found ${dimensions}; ` +
        'convert the file',
    );
  }
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) {
    throw new InputError(
      `${path}: truncated: a header of ${dimensions} dimensions needs ${headerBytes} bytes, found ` +
        `${bytes.length}; fetch the file again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const empty = sizes.indexOf(0);
  if (empty >= 0) {
    throw new InputError(
      `${path}: empty: size ${empty} at offset ${4 + 4 * empty} is 0, expected at least 1; ` +
        'give a file with examples',
    );
  }
  const valueBytes = type === FLOAT ? 4 : 1;
  // Four sizes of 32 bits pass 2^53, where doubles round, only long after they pass the limit.
  const totalBytes = headerBytes + sizes.reduce((product, size) => product * size, valueBytes);
  if (totalBytes > MAX_BYTES) {
    throw new InputError(
      `${path}: sizes ${sizes.join(' x ')} claim ${totalBytes} bytes, expected at most ${MAX_BYTES}; ` +
        'split the file',
    );
  }
  return { type, sizes, headerBytes, totalBytes };
}

/** What to say of bytes after the `expected` ones. */
export function trailing(path: string, expected: number): string {
  return (
    `${path}: trailing bytes from offset ${expected}, where the header says the file ends; fetch the ` +
    'file again'
  );
}

function floats(body: Uint8Array, path: string): Float32Array {
  const view = new DataView(body.buffer, body.byteOffset);
  const values = new Float32Array(body.length / 4);
  for (let i = 0; i < values.length; i++) {
    const value = view.getFloat32(4 * i);
    if (!Number.isFinite(value)) {
      throw new InputError(
        `${path}: value ${i} is ${value}, expected finite floats; clean the data before training`,
      );
    }
    values[i] = value;
  }
  return values;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
