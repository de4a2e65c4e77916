// How training images are altered, anew in every epoch: the same for the same seed, epoch and example, whatever the threads.

import type { Dataset } from '../data/dataset.ts';
import { stream } from '../kernels/random-streams.ts';
import { type InputRows, type Move, STILL } from '../layers/input-rows.ts';
import type { TrainJob } from './job.ts';
import type { Thread } from './thread.ts';

/**
 * Writes the calling thread's share of the images of batch `index`, altered at random, as rows `firstRow` …, and their `labels`. Gives back
 * the number in the training of the batch's first image.
 */
export function writeAugmented(
  thread: Thread,
  input: InputRows,
  { dataset, order, epoch }: TrainJob,
  index: number,
  firstRow: number,
  images: number,
  labels: Uint32Array,
): number {
  const firstExample = index * thread.session.recipe.batch;
  const counter = (epoch - 1) * dataset.count + firstExample;
  for (let i = thread.begin(images); i < thread.end(images); i++) {
    const example = order[firstExample + i];
    input.writeRow(firstRow + i, dataset, example, moveOf(thread, dataset, counter + i), undefined);
    labels[i] = dataset.labels[example];
  }
  return counter;
}

/** How image number `counter` of the training is altered; what has no rows and columns stays as it is. */
export function moveOf(thread: Thread, { shape }: Dataset, counter: number): Move {
  if (!shape) return STILL;
  const { shift, flip } = thread.session.recipe;
  const side = 2 * shift + 1;
  const place = Math.floor(thread.random(stream.shift, counter) * side * side);
  return {
    right: (place % side) - shift,
    down: Math.floor(place / side) - shift,
    isMirrored: flip === true && thread.random(stream.flip, counter) < 0.5,
  };
}
