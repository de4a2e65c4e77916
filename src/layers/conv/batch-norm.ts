// Batch normalisation of the channels of a layer (Ioffe and Szegedy 2015): of activities, or before the ReLU that makes them.
//
// Each thread sums up what all of them have found of each image, in the order of images: so all have the same means, to the bit.

import { InputError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { PANEL } from '../../kernels/panels.ts';
import type { StepPlace } from '../layer.ts';
import type { BatchNormPlan } from './norm-plan.ts';
import type { ConvPlan } from './plan.ts';

/** What is added to variances, and the share that running means move by in a whole batch (the settings of CwC's code). */
export const EPSILON = 1e-4;
const MOVES = 0.1;

/** What a channel is divided by. */
export function deviationOf(variance: number): number {
  return Math.sqrt(variance + EPSILON);
}

export class BatchNorm {
  readonly place: StepPlace;
  readonly #plan: ConvPlan;
  readonly #norm: BatchNormPlan;
  readonly #kernels: Kernels;
  readonly #f32: Float32Array;
  /** (3, channels), of this thread alone. */
  readonly #factors: number;
  /** What values are at least that are standardised: what the layer's own kernels are told; and then what they become. */
  readonly least: number;
  readonly #leastAfter: number;
  readonly #mean: Float64Array;
  readonly #variance: Float64Array;
  /** What the gradient asks of the scale and of the shift of each channel, summed over the batch. */
  readonly #scaleGradient: Float64Array;
  readonly #shiftGradient: Float64Array;
  #isTraining = false;
  #images = 0;

  constructor(plan: ConvPlan, norm: BatchNormPlan, kernels: Kernels, f32: Float32Array, factors: number) {
    this.#plan = plan;
    this.#norm = norm;
    this.place = norm;
    this.#kernels = kernels;
    this.#f32 = f32;
    this.#factors = factors;
    [this.least, this.#leastAfter] = norm.isBefore
      ? [Number.NEGATIVE_INFINITY, 0]
      : [0, Number.NEGATIVE_INFINITY];
    const numbers = () => new Float64Array(plan.panels * PANEL);
    this.#mean = numbers();
    this.#variance = numbers();
    this.#scaleGradient = numbers();
    this.#shiftGradient = numbers();
  }

  begin(isTraining: boolean): void {
    this.#isTraining = isTraining;
  }

  /** Sums raw activities of images `begin` to `end`, where their means are those of the batch. */
  look(begin: number, end: number): void {
    if (!this.#isTraining) return;
    const { sums, raw } = this.#norm;
    this.#kernels.channelSums(sums, raw, ...this.#sizes(begin, end));
  }

  /** Writes the activities of images `begin` to `end` of the `count` from image `first` on, all of which have been looked at. */
  standardise(first: number, count: number, begin: number, end: number): void {
    const { at, panels, channels, height, width } = this.#plan;
    const { mean, variance, raw } = this.#norm;
    const f32 = this.#f32;
    this.#images = count;
    if (this.#isTraining) {
      this.#sum(this.#norm.sums, first, count, this.#mean, this.#variance);
      for (let c = 0; c < channels; c++) {
        this.#mean[c] /= count * height * width;
        const squares = this.#variance[c] / (count * height * width);
        this.#variance[c] = Math.max(0, squares - this.#mean[c] ** 2);
      }
    } else {
      for (let c = 0; c < channels; c++) {
        this.#mean[c] = f32[(mean >>> 2) + c];
        this.#variance[c] = f32[(variance >>> 2) + c];
        if (this.#variance[c] < 0) {
          const name = `layers.${this.#plan.index}.norm.variance`;
          throw new InputError(`${name} has ${this.#variance[c]}, expected at least 0: its file is damaged`);
        }
      }
    }
    const factors = this.#factors >>> 2;
    f32.fill(0, factors, factors + 2 * panels * PANEL);
    for (let c = 0; c < channels; c++) {
      const scale = this.#scale(c) / deviationOf(this.#variance[c]);
      f32[factors + c] = scale;
      f32[factors + panels * PANEL + c] =
        f32[this.#place(this.#norm.weights, c, 'shift')] - this.#mean[c] * scale;
    }
    this.#kernels.moveChannels(at.activity, raw, this.#factors, ...this.#sizes(begin, end), this.#leastAfter);
  }

  /** Sums the gradient of activities of images `begin` to `end`. */
  sumGradient(begin: number, end: number): void {
    const { activity, targets } = this.#plan.at;
    const { gradientSums, raw } = this.#norm;
    this.#kernels.gradientSums(gradientSums, activity, raw, targets, ...this.#sizes(begin, end));
  }

  /** Makes of the gradient of activities of images `begin` to `end` that of raw ones, once that of all is summed. */
  passBack(begin: number, end: number): void {
    const { at, panels, channels, height, width } = this.#plan;
    const f32 = this.#f32;
    this.#sum(this.#norm.gradientSums, 0, this.#images, this.#shiftGradient, this.#scaleGradient);
    const [a, b, c] = [0, 1, 2].map(row => (this.#factors >>> 2) + row * panels * PANEL);
    f32.fill(0, a, c + panels * PANEL);
    const count = this.#images * height * width;
    for (let channel = 0; channel < channels; channel++) {
      const deviation = deviationOf(this.#variance[channel]);
      const mean = this.#mean[channel];
      const sum = this.#shiftGradient[channel];
      const along = (this.#scaleGradient[channel] - mean * sum) / deviation;
      this.#scaleGradient[channel] = along;
      const scale = this.#scale(channel) / deviation;
      const slope = along / (count * deviation);
      f32[a + channel] = scale;
      f32[b + channel] = -scale * slope;
      f32[c + channel] = scale * (mean * slope - sum / count);
    }
    const { raw } = this.#norm;
    this.#kernels.throughBatch(at.activity, raw, this.#factors, ...this.#sizes(begin, end), this.least);
  }

  /** Writes the gradient of scales and shifts of panels `begin` to `end`, and moves their running means. */
  finish(begin: number, end: number): void {
    const { channels, height, width } = this.#plan;
    const { mean, variance, gradient, inputs } = this.#norm;
    const f32 = this.#f32;
    const count = this.#images * height * width;
    const unbiased = count > 1 ? count / (count - 1) : 1;
    // The last batch of an epoch may be a few images.
    const moves = (MOVES * this.#images) / this.#plan.batch;
    for (let c = begin * PANEL; c < Math.min(channels, end * PANEL); c++) {
      if (inputs > 0) f32[this.#place(gradient, c, 'scale')] = this.#scaleGradient[c];
      f32[this.#place(gradient, c, 'shift')] = this.#shiftGradient[c];
      f32[(mean >>> 2) + c] += moves * (this.#mean[c] - f32[(mean >>> 2) + c]);
      f32[(variance >>> 2) + c] += moves * (unbiased * this.#variance[c] - f32[(variance >>> 2) + c]);
    }
  }

  /** What kernels are told of images `begin` to `end`. */
  #sizes(begin: number, end: number) {
    const { panels, height, width, rows } = this.#plan;
    return [begin, end, panels, height * width, rows] as const;
  }

  /** Adds up both sums of each channel over the `count` images from `first` on. */
  #sum(sums: number, first: number, count: number, one: Float64Array, two: Float64Array): void {
    const f32 = this.#f32;
    const width = one.length;
    one.fill(0);
    two.fill(0);
    for (let image = first; image < first + count; image++) {
      const at = (sums >>> 2) + 2 * image * width;
      for (let c = 0; c < width; c++) {
        one[c] += f32[at + c];
        two[c] += f32[at + width + c];
      }
    }
  }

  #scale(c: number): number {
    return this.#norm.inputs > 0 ? this.#f32[this.#place(this.#norm.weights, c, 'scale')] : 1;
  }

  #place(pointer: number, c: number, what: 'scale' | 'shift'): number {
    return placeOf(this.#norm, pointer, c, what);
  }
}

/** Every scale is 1 before training, every shift 0, and so are running variances and means. */
export function initializeNorm(norm: BatchNormPlan, channels: number, memory: WebAssembly.Memory): void {
  const f32 = new Float32Array(memory.buffer);
  for (let c = 0; c < channels; c++) {
    if (norm.inputs > 0) f32[placeOf(norm, norm.weights, c, 'scale')] = 1;
    f32[(norm.variance >>> 2) + c] = 1;
  }
}

/** The word of channel `c` in (panels, stride, 32): the scales are the first of two rows, the shifts the last. */
function placeOf(
  { inputs, stride }: BatchNormPlan,
  pointer: number,
  c: number,
  what: 'scale' | 'shift',
): number {
  const row = what === 'scale' ? 0 : inputs;
  return (pointer >>> 2) + (stride * Math.floor(c / PANEL) + row) * PANEL + (c % PANEL);
}
