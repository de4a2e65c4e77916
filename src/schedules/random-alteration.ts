// Parts and colours of training images, at random: another of each image in every epoch.

import { type Dataset, unitOf } from '../data/dataset.ts';
import { AlteredImage } from '../data/images/altered-image.ts';
import { stream } from '../kernels/random-streams.ts';
import type { Thread } from './thread.ts';

export class RandomAlteration {
  readonly #thread: Thread;
  // Filled anew for each image.
  readonly #alteration = { side: 1, top: 0, left: 0, brightness: 0, contrast: 1, gains: new Float64Array() };
  #image: AlteredImage | undefined;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  /** Example `example`, an image, as number `counter` of the training; in the units of the dataset, until another is asked for. */
  valuesOf(dataset: Dataset, example: number, counter: number): Float32Array {
    const shape = dataset.shape!;
    this.#draw(shape[2] ?? 1, counter);
    this.#image ??= new AlteredImage(shape);
    this.#image.write(dataset.inputs, example * dataset.width, unitOf(dataset.inputs), this.#alteration);
    return this.#image.values;
  }

  #draw(channels: number, counter: number): void {
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
