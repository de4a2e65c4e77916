// MNIST as the page fetches it: gzipped IDX files of 10,000 images, as many as are wanted, each once.

import { type Dataset, idxDataset, parseIdx } from 'forward-forward';

const PIECE = 10_000;
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

const pieces = new Map<string, Promise<Dataset>>();

/** The first `count` training images, a multiple of a thousand. `tell` hears of each piece that has come. */
export async function trainingDigits(
  count: number,
  tell: (done: number, of: number) => void,
): Promise<Dataset> {
  const needed = Math.ceil(count / PIECE);
  let done = 0;
  tell(done, needed);
  const parts = await Promise.all(
    Array.from({ length: needed }, async (_, i) => {
      const part = await fetchPiece(`train-${i}`);
      tell(++done, needed);
      return part;
    }),
  );
  const digits = memoryFor(count);
  for (const [i, part] of parts.entries()) {
    const wanted = Math.min(PIECE, count - i * PIECE);
    await copy(part.inputs.subarray(0, wanted * PIXELS), digits.inputs, i * PIECE * PIXELS);
    digits.labels.set(part.labels.subarray(0, wanted), i * PIECE);
  }
  return { name: 'MNIST', count, width: PIXELS, classes: 10, shape: [SIDE, SIDE], ...digits };
}

/** Shared where the page may share, so that the library need not copy it. */
function memoryFor(count: number): { inputs: Uint8Array; labels: Uint8Array } {
  const Memory = typeof SharedArrayBuffer === 'undefined' ? ArrayBuffer : SharedArrayBuffer;
  return { inputs: new Uint8Array(new Memory(count * PIXELS)), labels: new Uint8Array(new Memory(count)) };
}

/** In pieces, so that the page stays quick. */
async function copy(from: Uint8Array | Float32Array, to: Uint8Array, at: number): Promise<void> {
  const piece = 2 ** 18;
  for (let begin = 0; begin < from.length; begin += piece) {
    to.set(from.subarray(begin, begin + piece), at + begin);
    await new Promise(resolve => setTimeout(resolve));
  }
}

/** A thousand test images. */
export function testDigits(): Promise<Dataset> {
  return fetchPiece('test');
}

function fetchPiece(name: string): Promise<Dataset> {
  let piece = pieces.get(name);
  if (!piece) {
    const paths = { images: `mnist/${name}.images`, labels: `mnist/${name}.labels` };
    piece = Promise.all([fetchBytes(paths.images), fetchBytes(paths.labels)]).then(([images, labels]) =>
      idxDataset('MNIST', parseIdx(images, paths.images), parseIdx(labels, paths.labels), paths),
    );
    // A failed download may be tried again.
    piece.catch(() => pieces.delete(name));
    pieces.set(name, piece);
  }
  return piece;
}

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok || !response.body) throw new Error(`cannot fetch ${path}: status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some hosts take it upon themselves to unpack.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/**
 * The training images with every `step`-th replaced by one of the visitor's own, in turn: enough of these to be learned, and
 * enough of the others that they are not forgotten.
 */
export async function withOwn(train: Dataset, own: readonly OwnDigit[], step = 10): Promise<Dataset> {
  const { inputs, labels } = memoryFor(train.count);
  await copy(train.inputs, inputs, 0);
  labels.set(train.labels);
  for (let i = 0, turn = 0; i < train.count; i += step, turn++) {
    const { pixels, label } = own[turn % own.length];
    inputs.set(pixels, i * PIXELS);
    labels[i] = label;
  }
  return { ...train, name: 'MNIST and your digits', inputs, labels };
}

/** A digit that the visitor drew. */
export interface OwnDigit {
  /** (28, 28) */
  readonly pixels: Uint8Array;
  readonly label: number;
}
