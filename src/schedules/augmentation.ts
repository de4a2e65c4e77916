// How training images are altered, anew in every epoch: the same for the same seed, epoch and example, whatever the threads.

import type { Dataset } from '../data/dataset.ts';
import { stream } from '../kernels/random-streams.ts';
import { type InputRows, type Move, STILL } from '../layers/input-rows.ts';
import type { TrainJob } from './job.ts';
import type { RandomAlteration } from './random-alteration.ts';
import type { Thread } from './thread.ts';

export class Augmentation {
  readonly #thread: Thread;
  readonly #alteration: RandomAlteration | undefined;
  // Filled anew for each image.
  readonly #move: { -readonly [Part in keyof Move]: Move[Part] } = { ...STILL };

  /** `alteration` is what crops and colours come of, where the recipe has any. */
  constructor(thread: Thread, alteration?: RandomAlteration) {
    this.#thread = thread;
    this.#alteration = alteration;
  }

  /**
   * Writes the thread's share of the images of batch `index`, altered at random, as rows `firstRow` …, and their `labels`. Gives back the
   * number in the training of the batch's first image.
   */
  write(
    input: InputRows,
    { dataset, order, epoch }: TrainJob,
    index: number,
    firstRow: number,
    images: number,
    labels: Uint32Array,
  ): number {
    const thread = this.#thread;
    const firstExample = index * thread.session.recipe.batch;
    const counter = (epoch - 1) * dataset.count + firstExample;
    for (let i = thread.begin(images); i < thread.end(images); i++) {
      const example = order[firstExample + i];
      input.writeRow(firstRow + i, dataset, example, this.moveOf(dataset, example, counter + i), undefined);
      labels[i] = dataset.labels[example];
    }
    return counter;
  }

  /**
   * How example `example` is altered as image number `counter` of the training, until it is asked about another; what has no rows and
   * columns stays as it is.
   */
  moveOf(dataset: Dataset, example: number, counter: number): Move {
    if (!dataset.shape) return STILL;
    const thread = this.#thread;
    const move = this.#move;
    const { shift, flip } = thread.session.recipe;
    const side = 2 * shift + 1;
    const place = Math.floor(thread.random(stream.shift, counter) * side * side);
    move.right = (place % side) - shift;
    move.down = Math.floor(place / side) - shift;
    move.isMirrored = flip === true && thread.random(stream.flip, counter) < 0.5;
    move.altered = this.#alteration?.valuesOf(dataset, example, counter);
    return move;
  }
}
