// Prediction alone, anywhere that WebAssembly runs: no files, no threads, and nothing of training. One example at a time: where
// labels are inputs, with every label and the neutral one, for all of which layer 1 multiplies the image once.

import { kernels } from '../../build/predict-kernels.js';
import { parseSafetensors } from '../files/safetensors.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { PANEL, ROW_BYTES } from '../kernels/panels.ts';
import { largestIndex } from '../readouts/goodness.ts';
import type { Prediction } from '../readouts/prediction.ts';
import { checkExamples } from './examples.ts';
import { compile, type KernelOptions } from './kernels.ts';
import { type Activity, type DeviceModel, NAME, type OwnWords, readModel } from './model.ts';
import { type PredictorPlan, planPredictor } from './plan.ts';

/** The kernels of assembly/predict.ts. */
type PredictKernels = Pick<
  Kernels,
  | 'compressRows'
  | 'normalizeRows'
  | 'sharedForward'
  | 'softmaxRows'
  | 'sparseForward'
  | 'sparseProduct'
  | 'sumGoodness'
>;

const TINY = 1e-20;

/** The log probability of a class that is not believed at all. */
const LEAST = Math.log(1e-30);

/**
 * The predictor of a model file, with weights as floats or as bytes. Throws an InputError that says what is wrong with it, or
 * that the kernels cannot run here.
 */
export async function loadPredictor(model: Uint8Array, options: KernelOptions = {}): Promise<Predictor> {
  const read = readModel(parseSafetensors(model, NAME), NAME);
  const plan = planPredictor(read);
  const { module } = await compile(options, kernels, 'predict-');
  return new Predictor(read, plan, module);
}

/** Made by loadPredictor. */
export class Predictor {
  /** Inputs of an example, the label's included. */
  readonly inputs: number;
  readonly classes: number;
  /** Memory for weights and activities together: all that it ever uses. */
  readonly bytes: number;
  /** What its file says of somebody's own data, if anything: for modelOf. */
  readonly own: OwnWords | undefined;
  readonly #plan: PredictorPlan;
  readonly #kernels: PredictKernels;
  readonly #f32: Float32Array;
  readonly #u32: Uint32Array;
  readonly #strength: number;
  readonly #slopes: readonly number[];
  readonly #activity: Activity;

  constructor(model: DeviceModel, plan: PredictorPlan, module: WebAssembly.Module) {
    this.inputs = model.inputs;
    this.classes = model.classes;
    this.bytes = plan.bytes;
    this.own = model.own;
    this.#plan = plan;
    this.#strength = model.labelStrength;
    this.#slopes = model.layers.map(({ slope }) => slope);
    this.#activity = model.activity;
    const memory = new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages });
    this.#kernels = new WebAssembly.Instance(module, { env: { memory } })
      .exports as unknown as PredictKernels;
    this.#f32 = new Float32Array(memory.buffer);
    this.#u32 = new Uint32Array(memory.buffer);
    model.layers.forEach(({ weight, bias, readout, map, inputs, units }, l) => {
      const at = plan.layers[l];
      this.#writePanels(at.weights, weight, inputs, 0, inputs, units);
      this.#writePanels(at.weights, bias, inputs, inputs, 1, units);
      if (readout) this.#writePanels(at.readout, readout, units, 0, units, model.classes);
      if (map) this.#writePanels(at.map, map, units, 0, units, model.classes);
    });
    this.#writeLabels();
  }

  /** What the network thinks of one example, encoded: `inputs` bytes (standing for value / 255) or floats. */
  predict(example: Uint8Array | Float32Array): Prediction {
    checkExamples(example, this.inputs, 1, this.own);
    this.#writeImage(example);
    const { layers, labels, rows, stride, classPanels, at } = this.#plan;
    const { classes } = this;
    const kernels = this.#kernels;
    const goodness = new Float32Array(classes);
    const neutral = labels;
    let [read, told] = [0, 0];
    for (let l = 0; l < layers.length; l++) {
      const { units, panels, readout, map } = layers[l];
      if (l > 0) this.#forward(l, at.rows, at.entries);
      else if (labels > 0) this.#forwardLabelled();
      else this.#forward(0, at.imageRow, at.image);
      if (map) {
        this.#tell(l, at.mapLogits + told * classPanels * ROW_BYTES, goodness);
        told++;
      }
      if (readout && labels > 0) {
        kernels.sumGoodness(at.totals, at.goodness, 0, classes, stride, 1, panels);
        const totals = at.totals >>> 2;
        // In single precision at each step, like the network's own sums.
        for (let c = 0; c < classes; c++) goodness[c] += Math.fround(this.#slopes[l] * this.#f32[totals + c]);
      } else if (!readout && l + 1 === layers.length) {
        continue;
      }
      const first = l + 1 < layers.length ? 0 : neutral;
      kernels.normalizeRows(
        at.rows,
        at.entries,
        at.activity,
        at.goodness,
        first,
        rows,
        stride,
        panels,
        units,
      );
      if (readout) {
        const logits = at.logits + read * classPanels * ROW_BYTES;
        kernels.sparseProduct(
          logits,
          at.rows + neutral * 8,
          at.entries,
          readout,
          0,
          classPanels,
          1,
          1,
          units,
          1,
        );
        read++;
      }
    }
    // Without a readout of its own, what all layers say together.
    if (read > 0) kernels.softmaxRows(at.probabilities, at.logits, 0, 1, 1, read, classes);
    else kernels.softmaxRows(at.probabilities, at.mapLogits, 0, 1, 1, told, classes);
    const probabilities = at.probabilities >>> 2;
    return {
      label: largestIndex(goodness, 0, classes),
      goodness: Array.from(goodness),
      probabilities: Array.from(this.#f32.subarray(probabilities, probabilities + classes)),
    };
  }

  /** Adds to `goodness` the log probability of each class that layer `l` tells by its map, which gives `logits`. */
  #tell(l: number, logits: number, goodness: Float32Array): void {
    const { at, stride, classPanels, layers } = this.#plan;
    const { units, panels, map } = layers[l];
    const { classes } = this;
    const kernels = this.#kernels;
    if (this.#activity === 'normalized') {
      kernels.normalizeRows(at.rows, at.entries, at.activity, at.goodness, 0, 1, stride, panels, units);
    } else {
      const isSquared = this.#activity === 'squares' ? 1 : 0;
      kernels.compressRows(at.rows, at.entries, at.activity, 0, 1, stride, panels, isSquared);
    }
    kernels.sparseProduct(logits, at.rows, at.entries, map, 0, classPanels, 1, 1, units, 1);
    kernels.softmaxRows(at.probabilities, logits, 0, 1, 1, 1, classes);
    const probabilities = at.probabilities >>> 2;
    // In single precision at each step, as the network has it.
    for (let c = 0; c < classes; c++) {
      goodness[c] += Math.fround(Math.max(LEAST, Math.log(this.#f32[probabilities + c])));
    }
  }

  /** Layer 1: the image once, then each label added to it. */
  #forwardLabelled(): void {
    const { at, rows, stride, layers } = this.#plan;
    const { weights, panels, inputs } = layers[0];
    const shared = at.activity + rows * ROW_BYTES;
    this.#kernels.sparseProduct(shared, at.imageRow, at.image, weights, 0, panels, 1, stride, inputs, 1);
    this.#kernels.sharedForward(
      at.activity,
      at.goodness,
      shared,
      at.sources,
      at.labelRows,
      at.labels,
      weights,
      0,
      panels,
      rows,
      stride,
      inputs,
    );
  }

  /** Layer `l` of rows as they are. */
  #forward(l: number, from: number, entries: number): void {
    const { at, rows, stride, layers } = this.#plan;
    const { weights, panels, inputs } = layers[l];
    this.#kernels.sparseForward(
      at.activity,
      at.goodness,
      from,
      entries,
      weights,
      0,
      panels,
      rows,
      stride,
      inputs,
      1,
    );
  }

  /** Rows `first` … of a matrix (rows, units), into panels of `panelRows` and one more. */
  #writePanels(
    to: number,
    values: Float32Array,
    panelRows: number,
    first: number,
    rows: number,
    units: number,
  ): void {
    for (let unit = 0; unit < units; unit += PANEL) {
      const panel = (to >>> 2) + ((unit / PANEL) * (panelRows + 1) + first) * PANEL;
      for (let row = 0; row < rows; row++) {
        const from = row * units + unit;
        this.#f32.set(values.subarray(from, from + Math.min(PANEL, units - unit)), panel + row * PANEL);
      }
    }
  }

  // ----- the input, as in layers/input-rows.ts -----------------------------------------------------------------------

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

  #writeImage(example: Uint8Array | Float32Array): void {
    const { at, rows, labels } = this.#plan;
    const { inputs } = this;
    const [f32, u32, strength] = [this.#f32, this.#u32, this.#strength];
    const unit = example instanceof Uint8Array ? 1 / 255 : 1;
    const first = at.image >>> 2;
    let to = first;
    let squares = 0;
    // The label takes the place of the first inputs.
    for (let k = labels; k < inputs; k++) {
      const value = example[k];
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
    u32.set([0, (to - first) * 4], at.imageRow >>> 2);
    for (let label = 0; label < labels; label++) {
      f32[(at.labels >>> 2) + 2 * label + 1] = strength * oneHot;
      f32[(at.labels >>> 2) + 2 * (labels + label) + 1] = (strength / labels) * oneHot;
    }
    for (let row = 0; row < rows; row++) {
      f32[(at.sources >>> 2) + 2 * row + 1] = row < labels ? 1 : neutral / oneHot;
    }
  }
}
