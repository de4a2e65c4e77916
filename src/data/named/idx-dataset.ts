// IDX files of images and of labels, joined to a dataset: the form of MNIST and its relatives.

import { InputError } from '../../errors.ts';
import { intoShared } from '../../threads/memory.ts';
import type { Dataset } from '../dataset.ts';
import { type Idx, MAX_DIMENSIONS } from '../formats/idx.ts';

/** The files of a dataset, for messages. */
export interface IdxPaths {
  readonly images: string;
  readonly labels: string;
}

/**
 * Joins `images` (count, then the sizes of one example) and `labels` (count, bytes below `classes`, 2 to 256)
 * in shared memory, where there is such; throws InputError, naming the files in `paths`, where the two
 * disagree.
 */
export function idxDataset(name: string, images: Idx, labels: Idx, paths: IdxPaths, classes = 10): Dataset {
  if (!(Number.isInteger(classes) && classes >= 2 && classes <= 256)) {
    throw new InputError(`${name}: expected 2 to 256 classes, found ${classes}`);
  }
  const [count, ...exampleSizes] = images.sizes;
  if (exampleSizes.length === 0) {
    throw new InputError(
      `${paths.images}: expected images of 2 to ${MAX_DIMENSIONS} dimensions, found 1; is it the file of ` +
        'labels?',
    );
  }
  if (labels.sizes.length !== 1 || labels.values instanceof Float32Array) {
    const type = labels.values instanceof Float32Array ? 'floats' : 'bytes';
    throw new InputError(
      `${paths.labels}: expected labels as bytes of 1 dimension, found ${type} of ${labels.sizes.length}; ` +
        'is it the file of images?',
    );
  }
  if (labels.sizes[0] !== count) {
    throw new InputError(
      `${paths.labels} has ${labels.sizes[0]} labels, expected one for each of the ${count} images in ` +
        `${paths.images}; take both from the same set`,
    );
  }
  const wrong = labels.values.findIndex(label => label >= classes);
  if (wrong >= 0) {
    throw new InputError(
      `${paths.labels}: label ${wrong} is ${labels.values[wrong]}, expected 0 to ${classes - 1} for ` +
        `${classes} classes`,
    );
  }
  const [height, columns] = exampleSizes;
  return {
    name,
    count,
    width: images.values.length / count,
    classes,
    ...(exampleSizes.length === 2 && { shape: [height, columns] as const }),
    inputs: intoShared(images.values),
    labels: intoShared(labels.values),
  };
}
