// An image as it is seen once in training: a part of it as large as all of it, in other colours.

import type { Dataset } from '../dataset.ts';

/** How an image is altered. Which part is seen: its sides as a share of the image's, and where it lies in what is left over, 0 to 1. */
export interface Alteration {
  readonly side: number;
  readonly top: number;
  readonly left: number;
  /** What values, 0 to 1, are raised by; what their distance from their mean, and then each channel, is multiplied by. */
  readonly brightness: number;
  readonly contrast: number;
  /** (channels) */
  readonly gains: ArrayLike<number>;
}

/** Room for one image of a size, so that none is made for each that is altered. */
export class AlteredImage {
  /** (height, width, channels): what `write` made, in the units of the dataset. */
  readonly values: Float32Array;
  readonly #height: number;
  readonly #channels: number;
  /** One row, between two of the image. */
  readonly #row: Float32Array;
  /** Of each column, where in a row the two values lie that it is between, and the share of the second. */
  readonly #first: Uint32Array;
  readonly #second: Uint32Array;
  readonly #share: Float32Array;

  constructor([height, width, channels = 1]: NonNullable<Dataset['shape']>) {
    this.values = new Float32Array(height * width * channels);
    this.#height = height;
    this.#channels = channels;
    this.#row = new Float32Array(width * channels);
    this.#first = new Uint32Array(width);
    this.#second = new Uint32Array(width);
    this.#share = new Float32Array(width);
  }

  /** Alters the example whose values begin at `from`; each stands for `unit`. */
  write(inputs: Dataset['inputs'], from: number, unit: number, alteration: Alteration): void {
    if (alteration.side < 1) this.#enlarge(inputs, from, alteration);
    else for (let k = 0; k < this.values.length; k++) this.values[k] = inputs[from + k];
    this.#color(unit, alteration);
  }

  /** The part that is seen, between the nearest pixels. */
  #enlarge(inputs: Dataset['inputs'], from: number, { side, top, left }: Alteration): void {
    const row = this.#row;
    const [height, channels] = [this.#height, this.#channels];
    const [first, second, share] = [this.#first, this.#second, this.#share];
    const width = first.length;
    for (let x = 0; x < width; x++) {
      const at = placeOf(x, width, side, left);
      const pixel = Math.floor(at);
      first[x] = pixel * channels;
      second[x] = Math.min(pixel + 1, width - 1) * channels;
      share[x] = at - pixel;
    }
    let to = 0;
    for (let y = 0; y < height; y++) {
      const at = placeOf(y, height, side, top);
      const pixel = Math.floor(at);
      const upper = from + pixel * row.length;
      const lower = from + Math.min(pixel + 1, height - 1) * row.length;
      const below = at - pixel;
      for (let k = 0; k < row.length; k++) {
        const value = inputs[upper + k];
        row[k] = value + below * (inputs[lower + k] - value);
      }
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++, to++) {
          const value = row[first[x] + c];
          this.values[to] = value + share[x] * (row[second[x] + c] - value);
        }
      }
    }
  }

  #color(unit: number, { brightness, contrast, gains }: Alteration): void {
    const { values } = this;
    const channels = this.#channels;
    let sum = 0;
    for (let k = 0; k < values.length; k++) sum += values[k];
    const raised = ((1 - contrast) * sum) / values.length;
    for (let c = 0; c < channels; c++) {
      const factor = gains[c] * contrast;
      const added = gains[c] * raised + brightness / unit;
      if (factor === 1 && added === 0) continue;
      for (let k = c; k < values.length; k += channels) values[k] = factor * values[k] + added;
    }
  }
}

/** Where pixel `i` of `length` lies among those of the image, of which `side` are seen. */
function placeOf(i: number, length: number, side: number, before: number): number {
  const at = (length - side * length) * before + (i + 0.5) * side - 0.5;
  return Math.min(Math.max(at, 0), length - 1);
}
