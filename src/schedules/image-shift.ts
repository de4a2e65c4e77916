// How images move.

import type { Dataset } from '../data/dataset.ts';
import { stream } from '../kernels/random-streams.ts';
import type { InputRows } from '../layers/input-rows.ts';
import type { TrainJob } from './job.ts';
import type { Thread } from './thread.ts';

/**
 * Writes the calling thread's share of the images of batch `index`, moved at random, as rows `firstRow` …, and their `labels`. Gives back
 * the number in the training of the batch's first image.
 */
export function writeShifted(
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
    const [right, down] = shiftOf(thread, dataset, counter + i);
    input.writeRow(firstRow + i, dataset, example, right, down, undefined);
    labels[i] = dataset.labels[example];
  }
  return counter;
}

/** By how many pixels image number `counter` of the training moves, right and down; what has no rows and columns stays where it is. */
export function shiftOf(thread: Thread, { shape }: Dataset, counter: number): [right: number, down: number] {
  const shift = shape ? thread.session.recipe.shift : 0;
  const side = 2 * shift + 1;
  const place = Math.floor(thread.random(stream.shift, counter) * side * side);
  return [(place % side) - shift, Math.floor(place / side) - shift];
}
