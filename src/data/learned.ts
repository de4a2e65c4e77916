// All examples that are learned from: those to train on and those that choose the best epoch, in the order of their source.

import { sharedBuffer, viewLike } from '../threads/memory.ts';
import { type Dataset, roomForLabels, slice } from './dataset.ts';

/** Two datasets that are parts of one, and where their examples are in their source, ascending. */
export interface LearnedParts {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly rows: { readonly learned: Uint32Array; readonly validation: Uint32Array };
}

/** Stretches of examples of one of the parts, which share its memory; one after the other they are the whole. */
export function* stretches({ train, validation, rows }: LearnedParts): Generator<Dataset, void, void> {
  const { learned } = rows;
  let [at, ofTrain, ofValidation] = [0, 0, 0];
  const isHeldOut = (place: number) => learned[place] === rows.validation[ofValidation];
  while (at < learned.length) {
    const [begin, first] = [at, ofValidation];
    while (at < learned.length && isHeldOut(at)) {
      at++;
      ofValidation++;
    }
    if (at > begin) {
      yield slice(validation, first, ofValidation);
      continue;
    }
    while (at < learned.length && !isHeldOut(at)) at++;
    yield slice(train, ofTrain, ofTrain + at - begin);
    ofTrain += at - begin;
  }
}

/** Both parts as one dataset, in memory of its own. */
export function joined(parts: LearnedParts): Dataset {
  const { train, rows } = parts;
  const count = rows.learned.length;
  const inputs = viewLike(train.inputs, sharedBuffer(count * train.width * train.inputs.BYTES_PER_ELEMENT));
  const labels = roomForLabels(count, train.classes);
  let at = 0;
  for (const stretch of stretches(parts)) {
    inputs.set(stretch.inputs, at * train.width);
    labels.set(stretch.labels, at);
    at += stretch.count;
  }
  return { ...train, count, inputs, labels };
}
