// An example on its way into a predictor's memory, normalised and compressed, with every label where labels are inputs: as
// layers/input-rows.ts has it.

import { unitOf } from '../data/dataset.ts';
import type { LocalContrast } from '../data/images/local-contrast.ts';
import { ROW_BYTES } from '../kernels/panels.ts';
import type { DeviceModel } from './model.ts';
import type { PredictorPlan } from './plan.ts';

const TINY = 1e-20;

export class ExampleInput {
  readonly #plan: PredictorPlan;
  readonly #f32: Float32Array;
  readonly #u32: Uint32Array;
  readonly #inputs: number;
  readonly #strength: number;
  readonly #means: readonly number[];
  readonly #contrast: LocalContrast | undefined;

  constructor(model: DeviceModel, plan: PredictorPlan, buffer: ArrayBuffer) {
    this.#plan = plan;
    this.#f32 = new Float32Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#inputs = model.inputs;
    this.#strength = model.labelStrength;
    const [{ contrast }] = model.layers;
    const means = model.channelMeans ?? [0];
    this.#contrast = contrast;
    this.#means = contrast ? contrast.ofMeans(means) : means;
    this.#writeLabels();
  }

  /** Which inputs the label of each row switches on: always the same ones, with values that depend on the image. */
  #writeLabels(): void {
    const { at, rows, labels } = this.#plan;
    for (let row = 0; row < rows; row++) {
      const end = row < labels ? row + 1 : 2 * labels;
      this.#u32.set([row * 8, end * 8], (at.labelRows >>> 2) + 2 * row);
    }
    for (let entry = 0; entry < 2 * labels; entry++) {
      this.#u32[(at.labels >>> 2) + 2 * entry] = (entry % labels) * ROW_BYTES;
    }
  }

  /** Writes an example of bytes, which stand for value / 255, or floats. */
  write(example: Uint8Array | Float32Array): void {
    const { at, rows, labels } = this.#plan;
    const inputs = this.#inputs;
    const [f32, u32, strength, means] = [this.#f32, this.#u32, this.#strength, this.#means];
    const unit = unitOf(example);
    const values = this.#contrast ? this.#contrast.of(example, 0) : example;
    const first = at.image >>> 2;
    let to = first;
    let squares = 0;
    // The label takes the place of the first inputs.
    for (let k = labels; k < inputs; k++) {
      const value = values[k] - means[k % means.length] / unit;
      if (value === 0) continue;
      u32[to] = k * ROW_BYTES;
      f32[to + 1] = value;
      squares += value * value;
      to += 2;
    }
    squares *= unit * unit;
    const oneHot = 1 / (TINY + Math.sqrt((squares + strength * strength) / inputs));
    const share = labels && (strength * strength) / labels;
    const neutral = 1 / (TINY + Math.sqrt((squares + share) / inputs));
    // With and without labels as the network rounds it.
    const scale = labels > 0 ? oneHot * unit : unit / (TINY + Math.sqrt(squares / inputs));
    for (let entry = first; entry < to; entry += 2) f32[entry + 1] *= scale;
    u32[at.imageRow >>> 2] = 0;
    u32[(at.imageRow >>> 2) + 1] = (to - first) * 4;
    for (let label = 0; label < labels; label++) {
      f32[(at.labels >>> 2) + 2 * label + 1] = strength * oneHot;
      f32[(at.labels >>> 2) + 2 * (labels + label) + 1] = (strength / labels) * oneHot;
    }
    for (let row = 0; row < rows; row++) {
      f32[(at.sources >>> 2) + 2 * row + 1] = row < labels ? 1 : neutral / oneHot;
    }
  }
}
