// The input of the first layer, normalised and written straight into its memory as compressed rows. Where the network is given labels,
// each has an input of its own, in the place of the first of the image (section 3.3 of the paper) or behind the last; and every version
// of an image, whatever its label, may share the image's row.

import { type Dataset, unitOf } from '../data/dataset.ts';
import { ROW_BYTES } from '../kernels/panels.ts';
import type { DensePlan } from './dense/plan.ts';
import type { Layer } from './layer.ts';

const TINY = 1e-20;

/** How an image is written: altered or as it is, mirrored left to right or not, then moved by whole pixels; what moves in from outside is zero. */
export interface Move {
  readonly right: number;
  readonly down: number;
  readonly isMirrored: boolean;
  /** What is written in the place of its values, in the units of the dataset; absent: these. */
  readonly altered?: Float32Array | undefined;
}

/** As it is. */
export const STILL: Move = { right: 0, down: 0, isMirrored: false };

/** Which inputs say what an image is. */
export interface LabelInputs {
  /** In the place of the first inputs, or behind the last. */
  readonly kind: 'first' | 'appended';
  /** The value of the label's own input; where the label is neutral, each has a share of it. */
  readonly strength: number;
  readonly classes: number;
}

function meanOf(values: ArrayLike<number>, from: number, count: number): number {
  let sum = 0;
  for (let k = from; k < from + count; k++) sum += values[k];
  return sum / count;
}

export class InputRows {
  readonly #layer: Layer;
  readonly #strength: number;
  readonly #classes: number;
  /** The input of the first class. */
  readonly #firstLabel: number;
  /** Values of an example, and how many of the first are not looked at. */
  readonly #width: number;
  readonly #skipped: number;
  readonly #means: readonly number[] | 'image' | undefined;
  /** Scale of each image under a one-hot label (or with none), and under the neutral label. */
  readonly #oneHotScale: Float64Array;
  readonly #neutralScale: Float64Array;
  /** Of what was copied last, before any scale. */
  #squares = 0;
  /** The mean of an image that stands above its own. */
  readonly #ownMean = [0];

  /** `means` is what each channel of a pixel stands above, if anything: with `'image'`, the mean of its own image. */
  constructor(layer: Layer, label?: LabelInputs, means?: readonly number[] | 'image') {
    const { labels, batch, inputs } = layer.plan;
    const { classes, strength, kind } = label ?? { classes: 0, strength: 0, kind: 'first' };
    this.#layer = layer;
    this.#strength = strength;
    this.#classes = classes;
    this.#width = kind === 'first' ? inputs : inputs - classes;
    this.#firstLabel = kind === 'first' ? 0 : this.#width;
    this.#skipped = kind === 'first' ? classes : 0;
    this.#means = layer.contrast ? layer.contrast.ofMeans(means) : means;
    this.#oneHotScale = new Float64Array(labels ? batch : 0);
    this.#neutralScale = new Float64Array(labels ? batch : 0);
  }

  /** Writes example `index` of the dataset as image `image` of the batch, whose rows differ in their labels. */
  writeImage(image: number, dataset: Dataset, index: number, move: Move): void {
    const { inputs } = this.#layer.plan;
    const unit = unitOf(dataset.inputs);
    const first = this.#beginImage(image);
    const to = this.#copy(first, dataset, unit, index, move);
    const squares = this.#squares * unit * unit;
    const strength = this.#strength;
    const oneHot = 1 / (TINY + Math.sqrt((squares + strength * strength) / inputs));
    this.#oneHotScale[image] = oneHot;
    this.#neutralScale[image] =
      1 / (TINY + Math.sqrt((squares + (strength * strength) / this.#classes) / inputs));
    this.#endImage(image, first, to, oneHot * unit);
  }

  /**
   * Writes example `index` as row `row`, whole, for a layer planned without labels; where the network is given labels, with
   * `label` in the first inputs, or with every class alike where that is undefined.
   */
  writeRow(row: number, dataset: Dataset, index: number, move: Move, label: number | undefined): void {
    const unit = unitOf(dataset.inputs);
    const first = this.#beginImage(row);
    const isBefore = this.#firstLabel === 0;
    let to = isBefore ? this.#copyLabel(first, unit, label) : first;
    to = this.#copy(to, dataset, unit, index, move);
    if (!isBefore) to = this.#copyLabel(to, unit, label);
    const labels = this.#labelsOn(label);
    const labelSquares = labels && (this.#strength * this.#strength) / labels;
    const squares = this.#squares * unit * unit + labelSquares;
    this.#endImage(row, first, to, unit / (TINY + Math.sqrt(squares / this.#layer.plan.inputs)));
  }

  /** How many label inputs a row has: that of its own, or all where it is neutral. */
  #labelsOn(label: number | undefined): number {
    return label === undefined ? this.#classes : Math.min(1, this.#classes);
  }

  #copyLabel(to: number, unit: number, label: number | undefined): number {
    const { f32, u32 } = this.#layer;
    const labels = this.#labelsOn(label);
    for (let c = 0; c < labels; c++, to += 2) {
      u32[to] = (this.#firstLabel + (label ?? c)) * ROW_BYTES;
      f32[to + 1] = this.#strength / labels / unit;
    }
    return to;
  }

  /** Where in words the entries of input row `image` begin. */
  #beginImage(image: number): number {
    const { at, inputCapacity } = this.#layer.plan;
    return (at.inputEntries + image * inputCapacity * 8) >>> 2;
  }

  /** Scales the entries from word `first` to word `to` and makes them input row `image`. */
  #endImage(image: number, first: number, to: number, scale: number): void {
    const { f32, u32, plan } = this.#layer;
    for (let entry = first; entry < to; entry += 2) f32[entry + 1] *= scale;
    const row = (plan.at.inputRows >>> 2) + 2 * image;
    u32[row] = first * 4 - plan.at.inputEntries;
    u32[row + 1] = to * 4 - plan.at.inputEntries;
  }

  /**
   * Copies what is not zero of an example, whose values stand for `unit` each, without the label's inputs, to word `to` and on;
   * returns where it ends.
   */
  #copy(to: number, dataset: Dataset, unit: number, index: number, move: Move): number {
    const { f32, u32, contrast } = this.#layer;
    const { right, down, isMirrored, altered } = move;
    const inputs = this.#width;
    const skipped = this.#skipped;
    let values = altered ?? dataset.inputs;
    let first = altered ? 0 : index * inputs;
    if (contrast) {
      values = contrast.of(values, first);
      first = 0;
    }
    if (this.#means === 'image') this.#ownMean[0] = unit * meanOf(values, first, inputs);
    const means = this.#means === 'image' ? this.#ownMean : this.#means;
    // Where nothing moves any input is a row of its own, so that none can move out of it. Channels lie side by side, so a
    // pixel is as many places wide.
    const isMoved = right !== 0 || down !== 0 || isMirrored;
    const [, columns, channels = 1] = isMoved ? dataset.shape! : [0, 1];
    const width = columns * channels;
    const places = right * channels;
    const height = inputs / width;
    const from = first - down * width - places;
    let squares = 0;
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      const last = y * width + Math.min(width, width + places);
      // The first place of a mirrored row's last pixel comes from that of its first, and so on backwards.
      const opposite = from + (2 * y + 1) * width + 2 * places - channels;
      for (let k = Math.max(skipped, y * width + Math.max(0, places)); k < last; k++) {
        const place = isMirrored ? opposite - k + 2 * (k % channels) : from + k;
        const value = means ? values[place] - means[k % means.length] / unit : values[place];
        if (value === 0) continue;
        u32[to] = k * ROW_BYTES;
        f32[to + 1] = value;
        squares += value * value;
        to += 2;
      }
    }
    this.#squares = squares;
    return to;
  }

  /** Makes row `row` the image `image` with the label `label`; the same thread must have written the image. */
  writeLabel(row: number, image: number, label: number): void {
    const to = this.#beginRow(row, image, 1, 1);
    this.#layer.u32[to] = (this.#firstLabel + label) * ROW_BYTES;
    this.#layer.f32[to + 1] = this.#strength * this.#oneHotScale[image];
  }

  /** Makes row `row` the image `image` with every class alike; the same thread must have written the image. */
  writeNeutral(row: number, image: number): void {
    const { f32, u32, plan } = this.#layer;
    const scale = this.#oneHotScale[image];
    let to = this.#beginRow(row, image, plan.labels, this.#neutralScale[image] / scale);
    for (let label = 0; label < plan.labels; label++, to += 2) {
      u32[to] = (this.#firstLabel + label) * ROW_BYTES;
      f32[to + 1] = (this.#strength / plan.labels) * scale;
    }
  }

  /** Says that a row has `entries` label inputs and its image at a scale, and where in words its entries begin. */
  #beginRow(row: number, image: number, entries: number, scale: number): number {
    const { f32, u32 } = this.#layer;
    // Only a dense layer is planned with labels.
    const { at, labels } = this.#layer.plan as DensePlan;
    const begin = row * labels * 8;
    u32[(at.labelRows >>> 2) + 2 * row] = begin;
    u32[(at.labelRows >>> 2) + 2 * row + 1] = begin + entries * 8;
    u32[(at.sources >>> 2) + 2 * row] = image;
    f32[(at.sources >>> 2) + 2 * row + 1] = scale;
    return (at.labelEntries + begin) >>> 2;
  }
}
