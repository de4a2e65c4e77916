// The input of the first layer, normalised and written straight into its memory as compressed rows. Where the network is
// given labels, they take the place of the first inputs (section 3.3 of the paper), and every version of an image, whatever
// its label, shares the image's row.

import type { Dataset } from '../data/dataset.ts';
import type { Layer } from './layer.ts';
import { type LayerPlan, ROW_BYTES } from './plan.ts';

const TINY = 1e-20;

export class InputRows {
  readonly #layer: Layer;
  readonly #strength: number;
  /** Scale of each image under a one-hot label (or with none), and under the neutral label. */
  readonly #oneHotScale: Float64Array;
  readonly #neutralScale: Float64Array;

  /** `strength` is the value of a label's input; 0 where the layer is planned without labels. */
  constructor(layer: Layer, strength: number) {
    const { labels, batch, rows } = layer.plan;
    this.#layer = layer;
    this.#strength = strength;
    this.#oneHotScale = new Float64Array(labels ? batch : rows);
    this.#neutralScale = new Float64Array(labels ? batch : 0);
  }

  /**
   * Writes example `index` of the dataset as image `image` of the batch (row `image`, without labels), moved `right` and `down` by whole pixels; what
   * moves in from outside is zero.
   */
  writeImage(image: number, dataset: Dataset, index: number, right: number, down: number): void {
    const { f32, u32, plan } = this.#layer;
    const { inputs, labels, at } = plan;
    const values = dataset.inputs;
    const unit = values instanceof Uint8Array ? 1 / 255 : 1;
    // Without a shift any input is a row of its own, so that none can move out of it. Channels lie side by side, so a
    // pixel is as many places wide.
    const isShifted = right !== 0 || down !== 0;
    const [, columns, channels = 1] = isShifted ? dataset.shape! : [0, 1];
    const width = columns * channels;
    const places = right * channels;
    const height = inputs / width;
    const from = index * inputs - down * width - places;
    const begin = image * plan.inputCapacity * 8;
    const first = (at.inputEntries + begin) >>> 2;
    let to = first;
    let squares = 0;
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      const last = y * width + Math.min(width, width + places);
      for (let k = Math.max(labels, y * width + Math.max(0, places)); k < last; k++) {
        const value = values[from + k];
        if (value === 0) continue;
        u32[to] = k * ROW_BYTES;
        f32[to + 1] = value;
        squares += value * value;
        to += 2;
      }
    }
    squares *= unit * unit;
    const strength = this.#strength;
    const oneHot = 1 / (TINY + Math.sqrt((squares + strength * strength) / inputs));
    this.#oneHotScale[image] = oneHot;
    this.#neutralScale[image] = 1 / (TINY + Math.sqrt((squares + (strength * strength) / labels) / inputs));
    for (let entry = first; entry < to; entry += 2) f32[entry + 1] *= oneHot * unit;
    const row = (at.inputRows >>> 2) + 2 * image;
    u32[row] = begin;
    u32[row + 1] = to * 4 - at.inputEntries;
  }

  /** Makes row `row` the image `image` with the label `label`; the same thread must have written the image. */
  writeLabel(row: number, image: number, label: number): void {
    const to = this.#beginRow(row, image, 1, 1);
    this.#layer.u32[to] = label * ROW_BYTES;
    this.#layer.f32[to + 1] = this.#strength * this.#oneHotScale[image];
  }

  /** Makes row `row` the image `image` with every class alike; the same thread must have written the image. */
  writeNeutral(row: number, image: number): void {
    const { f32, u32, plan } = this.#layer;
    const scale = this.#oneHotScale[image];
    let to = this.#beginRow(row, image, plan.labels, this.#neutralScale[image] / scale);
    for (let label = 0; label < plan.labels; label++, to += 2) {
      u32[to] = label * ROW_BYTES;
      f32[to + 1] = (this.#strength / plan.labels) * scale;
    }
  }

  /** Says that a row has `entries` label inputs and its image at a scale, and where in words its entries begin. */
  #beginRow(row: number, image: number, entries: number, scale: number): number {
    const { f32, u32 } = this.#layer;
    // Only a dense layer is planned with labels.
    const { at, labels } = this.#layer.plan as LayerPlan;
    const begin = row * labels * 8;
    u32[(at.labelRows >>> 2) + 2 * row] = begin;
    u32[(at.labelRows >>> 2) + 2 * row + 1] = begin + entries * 8;
    u32[(at.sources >>> 2) + 2 * row] = image;
    f32[(at.sources >>> 2) + 2 * row + 1] = scale;
    return (at.labelEntries + begin) >>> 2;
  }
}
