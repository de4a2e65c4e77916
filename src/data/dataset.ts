// A labelled set of examples, held once in shared memory so that every thread reads the same bytes.

import { InputError } from '../errors.ts';
import { shared, sharedBuffer } from '../threads/memory.ts';

/** The number of a class for each example: bytes, or 16 bits where there may be more than 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Room for `count` labels below `classes`, in memory that all threads see. */
export function roomForLabels(count: number, classes: number): Labels {
  return classes > 256 ? new Uint16Array(sharedBuffer(2 * count)) : new Uint8Array(sharedBuffer(count));
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

/** Throws an InputError where `dataset` cannot go into a network of these inputs and classes. */
export function checkDataset(dataset: Dataset, inputs: number, classes: number): void {
  const { name, count, width, labels } = dataset;
  if (width !== inputs) {
    throw new InputError(
      `${name} has ${describeWidth(dataset)} an example, the network expects ${inputs}: use data of the kind it was made for`,
    );
  }
  if (count === 0) throw new InputError(`${name} is empty: expected at least one example`);
  if (dataset.inputs.length !== count * width || labels.length !== count) {
    throw new InputError(
      `${name} says ${count} examples of ${width}, but has ${dataset.inputs.length} inputs and ${labels.length} labels`,
    );
  }
  for (let i = 0; i < count; i++) {
    if (labels[i] >= classes) {
      throw new InputError(
        `${name}: label ${labels[i]} of example ${i} is not below the network's ${classes} classes`,
      );
    }
  }
  if (dataset.inputs instanceof Float32Array) {
    const bad = dataset.inputs.findIndex(value => !Number.isFinite(value));
    if (bad >= 0) {
      throw new InputError(
        `${name}: input ${bad % width} of example ${Math.floor(bad / width)} is ${dataset.inputs[bad]}, expected a finite number`,
      );
    }
  }
}

function describeWidth({ width, shape }: Dataset): string {
  return shape ? `${shape.join(' × ')} = ${width} inputs` : `${width} inputs`;
}

/** The same dataset in memory that threads can share: without a copy where it already is. */
export function shareDataset(dataset: Dataset): Dataset {
  return { ...dataset, inputs: shared(dataset.inputs), labels: shared(dataset.labels) };
}
