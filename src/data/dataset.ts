// A labelled set of examples, held once in shared memory so that every thread reads the same bytes.

import { InputError, refuse } from '../errors.ts';
import { intoShared, sharedBuffer } from '../threads/memory.ts';

/** The number of a class for each example: bytes, or 16 bits where there may be more than 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Room for `count` labels below `classes`, in memory that all threads see. */
export function roomForLabels(count: number, classes: number): Labels {
  return classes > 256 ? new Uint16Array(sharedBuffer(2 * count)) : new Uint8Array(sharedBuffer(count));
}

/** What one of the values of examples stands for. */
export function unitOf(values: Uint8Array | Float32Array): number {
  return values instanceof Uint8Array ? 1 / 255 : 1;
}

/** Labelled examples of equal width. */
export interface Dataset {
  /** What to call it in messages and reports, e.g. `mnist`. */
  readonly name: string;
  /** Number of examples. */
  readonly count: number;
  /** Inputs per example, e.g. 784. */
  readonly width: number;
  /** Number of classes; labels run from 0 to `classes - 1`. */
  readonly classes: number;
  /** What the classes are called; their numbers by default. */
  readonly classNames?: readonly string[];
  /**
   * Rows, columns and channels (1 where not given) of an image, whose product is `width`; absent where the inputs are not
   * an image. The channels of a pixel lie side by side: input (y · columns + x) · channels + c.
   */
  readonly shape?: readonly [height: number, width: number, channels?: number];
  /**
   * Examples of one string, where they lie one after the other: the inputs are those of the label and a window of characters,
   * one input of `classes` each, the oldest first, and the window of the next example is this one moved on by the label.
   */
  readonly predictions?: number;
  /** (count, width), row-major. Bytes stand for value / 255, floats for themselves. */
  readonly inputs: Uint8Array | Float32Array;
  /** (count). */
  readonly labels: Labels;
}

/** Any array of numbers. As inputs, bytes (Uint8Array, Uint8ClampedArray) stand for value / 255, all others for themselves. */
export type NumberArray =
  | readonly number[]
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A dataset with its numbers in any arrays: what a network takes. */
export interface DatasetLike extends Omit<Dataset, 'inputs' | 'labels'> {
  /** (count, width), row-major, finite; rounded to single precision. Bytes stand for value / 255, all others for themselves. */
  readonly inputs: NumberArray;
  /** (count), whole numbers from 0 to `classes - 1`. */
  readonly labels: NumberArray;
}

/** The examples `begin` (included) to `end` (excluded) as a dataset that shares the memory of `dataset`. */
export function slice(dataset: Dataset, begin: number, end: number): Dataset {
  if (!(begin >= 0 && begin < end && end <= dataset.count)) {
    throw new InputError(
      `${dataset.name} has ${dataset.count} examples: cannot take ${begin} to ${end} (expected 0 <= begin < end <= ${dataset.count})`,
    );
  }
  return {
    ...dataset,
    count: end - begin,
    inputs: dataset.inputs.subarray(begin * dataset.width, end * dataset.width),
    labels: dataset.labels.subarray(begin, end),
  };
}

/**
 * Sets the last `count` examples (1 to all but one; of text, whole strings) apart for validation; both parts share memory
 * with `dataset`.
 */
export function splitValidation(dataset: Dataset, count: number): { train: Dataset; validation: Dataset } {
  const { name, predictions = 1 } = dataset;
  if (!(Number.isInteger(count) && count >= 1 && count < dataset.count)) {
    throw new InputError(
      `${name}: expected 1 to ${dataset.count - 1} of its ${dataset.count} examples for validation, found ${count}`,
    );
  }
  // Rolled-out negatives need whole strings, and windows of one string on both sides would tell each other's characters.
  if (count % predictions !== 0) {
    throw new InputError(
      `${name}: expected a multiple of ${predictions}, the predictions of a string, for validation, found ${count}`,
    );
  }
  const border = dataset.count - count;
  return { train: slice(dataset, 0, border), validation: slice(dataset, border, dataset.count) };
}

/** Classes that a network may tell apart. */
export const MOST_CLASSES = 10_000;

/** Throws an InputError for a number of classes that no network can have. */
export function checkClasses(classes: number): void {
  if (!(Number.isInteger(classes) && classes >= 2 && classes <= MOST_CLASSES)) {
    refuse('classes', `a whole number from 2 to ${MOST_CLASSES}`, classes);
  }
}

/**
 * The dataset as a network of these inputs and classes reads it: in the same arrays, where they are of bytes or single floats.
 * Throws an InputError that says where it does not fit.
 */
export function toDataset(data: DatasetLike, inputs: number, classes: number): Dataset {
  // Plain JavaScript may leave out anything.
  const { name = 'the data', ...given } = { ...data };
  const { count, width, shape } = given;
  const values = numbersIn(given.inputs, `${name}: inputs`);
  const labels = numbersIn(given.labels, `${name}: labels`);
  if (width !== inputs) {
    throw new InputError(
      `${name} has ${describeWidth(width, shape)} an example, the network expects ${inputs}: use data of the kind it was made for`,
    );
  }
  if (count === 0) throw new InputError(`${name} is empty: expected at least one example`);
  if (values.length !== count * width || labels.length !== count) {
    throw new InputError(
      `${name} says ${count} examples of ${width}, but has ${values.length} inputs and ${labels.length} labels`,
    );
  }
  if (shape !== undefined && !isShapeOf(shape, width)) {
    refuse(`${name}: shape`, `rows, columns and channels whose product is ${width}`, shape);
  }
  checkLabels(labels, classes, name);
  const where = (k: number) => `${name}: input ${k % width} of example ${Math.floor(k / width)}`;
  return { ...given, name, inputs: toInputs(values, where), labels: toLabels(labels, classes) };
}

/** `values`, bytes as a Uint8Array of the same memory; throws an InputError where they are no array of numbers. */
export function numbersIn(values: unknown, what: string): NumberArray {
  // By name: an array of another frame or context is of another class.
  const kind = Object.prototype.toString.call(values).slice(8, -1);
  if (!/^(?!Big)\w*Array$/.test(kind)) {
    throw new InputError(
      `${what} must be an array of numbers, found ${values === undefined ? values : kind}`,
    );
  }
  const given = values as Uint8ClampedArray;
  return kind.startsWith('Uint8') && !(given instanceof Uint8Array)
    ? new Uint8Array(given.buffer, given.byteOffset, given.length)
    : given;
}

/** Throws an InputError for the first of `values` that is no finite number; `where` says which that is. */
export function checkFinite(values: NumberArray, where: (k: number) => string): void {
  for (let k = 0; k < values.length; k++) {
    const value: unknown = values[k];
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      refuse(where(k), 'a finite number in single precision', value);
    }
  }
}

/** Throws an InputError for the first label that is not of one of `classes` classes. */
export function checkLabels(labels: ArrayLike<unknown>, classes: number, name: string): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      refuse(`${name}: label of example ${i}`, `a whole number from 0 to ${classes - 1}`, label);
    }
  }
}

function toInputs(values: NumberArray, where: (k: number) => string): Dataset['inputs'] {
  if (values instanceof Uint8Array) return values;
  checkFinite(values, where);
  if (values instanceof Float32Array) return values;
  const floats = new Float32Array(sharedBuffer(4 * values.length));
  floats.set(values);
  return floats;
}

/** Whole numbers below `classes` as labels. */
export function toLabels(values: NumberArray, classes: number): Labels {
  if (values instanceof Uint8Array || values instanceof Uint16Array) return values;
  const labels = roomForLabels(values.length, classes);
  labels.set(values);
  return labels;
}

function isShapeOf(shape: readonly (number | undefined)[], width: number): boolean {
  const lengths = shape as readonly number[];
  return (
    Array.isArray(shape) &&
    (lengths.length === 2 || lengths.length === 3) &&
    lengths.every(length => Number.isInteger(length) && length > 0) &&
    lengths.reduce((product, length) => product * length) === width
  );
}

/**
 * Throws an InputError where the label would take the place of inputs that tell examples apart. The corner of an image, by
 * custom, is background.
 */
export function checkLabelRoom({ name, count, width, shape, inputs }: Dataset, classes: number): void {
  if (shape) return;
  for (let i = 1; i < count; i++) {
    for (let k = 0; k < classes; k++) {
      if (inputs[i * width + k] === inputs[k]) continue;
      throw new InputError(
        `${name}: the label takes the place of the first ${classes} inputs, but input ${k} of example ${i} differs from that of example 0: give the recipe label: { kind: 'appended', strength }, or make the data by dataset(values, labels)`,
      );
    }
  }
}

/** The length of an example over the strength of its label, within which both are seen. */
const LEAST_RATIO = 0.03;
const MOST_RATIO = 1000;
/** Examples that are looked at for it. */
const SAMPLE = 500;

/**
 * Throws an InputError where a label of `strength` among the inputs, of which it takes the first `taken`, is out of all proportion to
 * the others: every example is scaled to one length with its label, and the smaller of the two is not seen.
 */
export function checkLabelStrength(
  { name, count, width, inputs }: Dataset,
  taken: number,
  strength: number,
): void {
  const unit = unitOf(inputs);
  const step = Math.ceil(count / SAMPLE);
  const lengths: number[] = [];
  for (let i = 0; i < count; i += step) {
    let sum = 0;
    for (let k = taken; k < width; k++) sum += (unit * inputs[i * width + k]) ** 2;
    lengths.push(Math.sqrt(sum));
  }
  // The middle one: a single example may be out of all proportion.
  const length = lengths.sort((a, b) => a - b)[lengths.length >> 1] ?? 0;
  const ratio = length / strength;
  if (length === 0 || (ratio >= LEAST_RATIO && ratio <= MOST_RATIO)) return;
  throw new InputError(
    `${name}: the root of an example's summed squares is ${length.toPrecision(3)} where its label has a strength of ${strength}, so that layers would see ` +
      `the ${ratio > 1 ? 'example' : 'label'} alone: scale the inputs, as to 0 … 1 (bytes stand for value / 255), or give the label a strength near ${(length / 3).toPrecision(1)}`,
  );
}

function describeWidth(width: number, shape: Dataset['shape']): string {
  return Array.isArray(shape) ? `${shape.join(' × ')} = ${width} inputs` : `${width} inputs`;
}

/** The same dataset in memory that threads can share: without a copy where it already is. */
export function shareDataset(dataset: Dataset): Dataset {
  return { ...dataset, inputs: intoShared(dataset.inputs), labels: intoShared(dataset.labels) };
}
