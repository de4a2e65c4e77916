// A labelled set of examples, held once in shared memory so that every thread reads the same bytes.

import { InputError } from '../errors.ts';

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
  /** Rows and columns of an image, whose product is `width`; absent where the inputs are not an image. */
  readonly shape?: readonly [height: number, width: number];
  /** (count, width), row-major. Bytes stand for value / 255, floats for themselves. */
  readonly inputs: Uint8Array | Float32Array;
  /** (count). */
  readonly labels: Uint8Array;
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
