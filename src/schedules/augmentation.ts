// How training images are altered, anew in every epoch: the same for the same seed, epoch and example, whatever the threads.

import type { Dataset } from '../data/dataset.ts';
import { stream } from '../kernels/random-streams.ts';
import { type InputRows, type Move, STILL } from '../layers/input-rows.ts';
import type { TrainJob } from './job.ts';
import type { Thread } from './thread.ts';

export class Augmentation {
  readonly #thread: Thread;
  // Filled anew for each image.
  readonly #alteration = { side: 1, top: 0, left: 0, brightness: 0, contrast: 1, gains: new Float64Array() };
  readonly #move: { right: number; down: number; isMirrored: boolean; alteration: Move['alteration'] };

  constructor(thread: Thread) {
    const { crop, colorJitter } = thread.session.recipe;
    const isAltered = crop !== undefined || colorJitter !== undefined;
    this.#thread = thread;
    this.#move = { ...STILL, alteration: isAltered ? this.#alteration : undefined };
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
      input.writeRow(firstRow + i, dataset, example, this.moveOf(dataset, counter + i), undefined);
      labels[i] = dataset.labels[example];
    }
    return counter;
  }

  /**
   * How image number `counter` of the training is altered, until it is asked about another; what has no rows and columns stays as it
   * is.
   */
  moveOf({ shape }: Dataset, counter: number): Move {
    if (!shape) return STILL;
    const thread = this.#thread;
    const move = this.#move;
    const { shift, flip } = thread.session.recipe;
    const side = 2 * shift + 1;
    const place = Math.floor(thread.random(stream.shift, counter) * side * side);
    move.right = (place % side) - shift;
    move.down = Math.floor(place / side) - shift;
    move.isMirrored = flip === true && thread.random(stream.flip, counter) < 0.5;
    if (move.alteration) this.#alter(shape[2] ?? 1, counter);
    return move;
  }

  #alter(channels: number, counter: number): void {
    const thread = this.#thread;
    const alteration = this.#alteration;
    const { crop = 1, colorJitter = { brightness: 0, contrast: 0, gain: 0 } } = thread.session.recipe;
    const { brightness, contrast, gain } = colorJitter;
    if (crop < 1) {
      alteration.side = 1 - (1 - crop) * thread.random(stream.crop, 3 * counter);
      alteration.top = thread.random(stream.crop, 3 * counter + 1);
      alteration.left = thread.random(stream.crop, 3 * counter + 2);
    }
    const first = (2 + channels) * counter;
    const change = (k: number) => 2 * thread.random(stream.color, first + k) - 1;
    if (brightness > 0) alteration.brightness = brightness * change(0);
    if (contrast > 0) alteration.contrast = 1 + contrast * change(1);
    if (alteration.gains.length !== channels) alteration.gains = new Float64Array(channels).fill(1);
    if (gain > 0) for (let c = 0; c < channels; c++) alteration.gains[c] = 1 + gain * change(2 + c);
  }
}
