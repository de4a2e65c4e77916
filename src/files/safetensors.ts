// Safetensors (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON header, then the
// tensors end to end, all little-endian like every host this library runs on. Each byte of data must belong
// to exactly one tensor, which not every reader insists on. What we write has a checksum for each tensor in its metadata.

import { InputError, inContext, refuse } from '../errors.ts';
import { text } from '../schema.ts';
import { checksum } from './checksum.ts';

/** A named array of any number of dimensions (none: one value), row-major. */
export interface Tensor {
  readonly name: string;
  readonly dtype: keyof typeof arrays;
  readonly shape: readonly number[];
  /** Float32Array for F32, Uint32Array for U32, Int8Array for I8, Uint8Array for U8; the product of `shape` values. */
  readonly data: Float32Array | Uint32Array | Int8Array | Uint8Array;
}

/** The contents of a safetensors file. */
export interface Safetensors {
  /** By name, in the order of the file. */
  readonly tensors: Map<string, Tensor>;
  /** Has no prototype: every property is an entry of the file, without the checksums. */
  readonly metadata: Record<string, string>;
}

const arrays = { F32: Float32Array, U32: Uint32Array, I8: Int8Array, U8: Uint8Array };
const METADATA = '__metadata__';
/** In the metadata: the CRC-32 of each tensor's bytes, by its name, as JSON. */
const CHECKSUMS = 'checksums';
const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** What helps against a file that is not as it was written. */
const AGAIN = 'fetch the file again';

/**
 * The bytes of a safetensors file as chunks to write end to end, which share memory with the tensors; throws
 * InputError where two tensors have one name or a tensor's data does not fit its dtype and shape.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  // Values of four bytes first: each tensor then begins at a multiple of its value size.
  const ordered = tensors.toSorted((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header = new Map<string, unknown>([[METADATA, metadata]]);
  const checksums = new Map<string, string>();
  let offset = 0;
  for (const { name, dtype, shape, data } of ordered) {
    if (header.has(name)) {
      throw new InputError(`tensor "${name}": expected a name that is not taken; rename it`);
    }
    if (!(data instanceof arrays[dtype]) || data.length !== elements(shape)) {
      throw new InputError(
        `tensor "${name}": expected ${arrays[dtype].name} of ${elements(shape)} values for ${dtype} of ` +
          `shape [${shape}], found ${data.constructor.name} of ${data.length}`,
      );
    }
    header.set(name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] });
    checksums.set(name, checksum(bytesOf(data)));
    offset += data.byteLength;
  }
  header.set(METADATA, { ...metadata, [CHECKSUMS]: JSON.stringify(Object.fromEntries(checksums)) });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const paddedBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (paddedBytes > MAX_HEADER_BYTES) {
    throw new InputError(
      `names and metadata make a header of ${paddedBytes} bytes, expected at most ${MAX_HEADER_BYTES}; ` +
        'shorten them',
    );
  }
  const head = new Uint8Array(LENGTH_BYTES + paddedBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(paddedBytes), true);
  head.set(json, LENGTH_BYTES);
  return [head, ...ordered.map(({ data }) => bytesOf(data))];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Chunks end to end. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/**
 * Parses the bytes of a safetensors file into tensors with memory of their own; throws InputError, naming
 * `path`, unless header, dtypes, shapes and offsets are sound and account for every byte, and checksums, where there are such, are right.
 */
export function parseSafetensors(bytes: Uint8Array, path: string): Safetensors {
  return inContext(path, () => parse(bytes));
}

function parse(bytes: Uint8Array): Safetensors {
  const { header, dataBegin } = parseHeader(bytes);
  const metadata = parseMetadata(METADATA in header ? header[METADATA] : {});
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => parseEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let offset = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== offset) {
      const what = begin < offset ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new InputError(
        `tensor "${name}" ${what}: expected data offset ${offset}, found ${begin}; ${AGAIN}`,
      );
    }
    offset = end;
  }
  if (dataBegin + offset !== bytes.length) {
    const fault = dataBegin + offset > bytes.length ? 'truncated' : 'trailing bytes';
    throw new InputError(`${fault}: expected ${dataBegin + offset} bytes, found ${bytes.length}; ${AGAIN}`);
  }
  const tensors = new Map<string, Tensor>();
  const checksums = parseChecksums(metadata[CHECKSUMS]);
  delete metadata[CHECKSUMS];
  for (const { name, dtype, shape, begin, end } of entries) {
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(dataBegin + begin, dataBegin + end));
    if (checksums && checksums[name] !== checksum(copy)) {
      throw new InputError(
        `tensor "${name}" is damaged: its checksum is another one; ${AGAIN}, or leave "${CHECKSUMS}" out of its metadata if you have changed it`,
      );
    }
    tensors.set(name, { name, dtype, shape, data: new arrays[dtype](copy.buffer) });
  }
  return { tensors, metadata };
}

/** Checksums by name; undefined where the file has none, as those of other programs and older ones do not. */
function parseChecksums(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new InputError(`damaged: its checksums are not JSON; ${AGAIN}`, { cause });
  }
}

function parseHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataBegin: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw new InputError(
      `not a safetensors file: expected at least ${LENGTH_BYTES} bytes, found ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new InputError('not a safetensors file: it does not begin with the length of a header');
  }
  const dataBegin = LENGTH_BYTES + headerBytes;
  if (dataBegin > bytes.length) {
    throw new InputError(
      `truncated: a header of ${headerBytes} bytes needs ${dataBegin} bytes, found ${bytes.length}; ${AGAIN}`,
    );
  }
  let header: unknown;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    header = JSON.parse(decoder.decode(bytes.subarray(LENGTH_BYTES, dataBegin)));
  } catch (cause) {
    throw new InputError(`its header must be JSON: ${(cause as Error).message}`, { cause });
  }
  return { header: objectOf(header, 'its header'), dataBegin };
}

function parseMetadata(found: unknown): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(objectOf(found, METADATA))) {
    metadata[key] = text(value, `metadata "${key}"`);
  }
  return metadata;
}

interface Entry extends Omit<Tensor, 'data'> {
  readonly begin: number;
  readonly end: number;
}

function parseEntry(name: string, entry: unknown): Entry {
  const path = `tensor "${name}"`;
  const { dtype, shape, data_offsets: offsets } = objectOf(entry, path);
  if (!isDtype(dtype)) return refuse(`${path}: its dtype`, 'F32, U32, I8 or U8 (convert others)', dtype);
  if (!isSizes(shape)) return refuse(`${path}: its shape`, 'sizes', shape);
  if (!isSizes(offsets) || offsets.length !== 2) {
    return refuse(`${path}: its data_offsets`, 'two sizes', offsets);
  }
  const [begin, end] = offsets;
  const expected = elements(shape) * arrays[dtype].BYTES_PER_ELEMENT;
  if (end - begin !== expected) {
    refuse(`${path}: its data_offsets`, `${expected} apart for ${dtype} of shape [${shape}]`, offsets);
  }
  return { name, dtype, shape, begin, end };
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function objectOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value);
  return value as Record<string, unknown>;
}

function isDtype(value: unknown): value is Tensor['dtype'] {
  return typeof value === 'string' && Object.hasOwn(arrays, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0);
}
