// Prediction alone, anywhere that WebAssembly runs: no files, no threads, and nothing of training. One example at a time: where
// labels are inputs, with every label and the neutral one, for all of which layer 1 multiplies the image once.

import { kernels } from '../../build/predict-kernels.js';
import { InputError } from '../errors.ts';
import { parseSafetensors } from '../files/safetensors.ts';
import { ROW_BYTES } from '../kernels/panels.ts';
import { largestIndex } from '../readouts/goodness.ts';
import type { Prediction } from '../readouts/prediction.ts';
import { ExampleInput } from './example-input.ts';
import { checkExamples } from './examples.ts';
import { compile, type KernelOptions } from './kernels.ts';
import { type DeviceModel, NAME, type OwnWords } from './model.ts';
import { type PredictorPlan, planPredictor } from './plan.ts';
import { readPredictable } from './predictable.ts';
import { type LayerSteps, type PredictKernels, stepsOf } from './steps.ts';
import { writeWeights } from './weights.ts';

/** The log probability of a class that is not believed at all. */
const LEAST = Math.log(1e-30);

/**
 * The predictor of a model file, with weights as floats or as bytes. Throws an InputError that says what is wrong with it, or
 * that the kernels cannot run here.
 */
export async function loadPredictor(model: Uint8Array, options: KernelOptions = {}): Promise<Predictor> {
  const read = readPredictable(parseSafetensors(model, NAME), NAME);
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
  readonly #example: ExampleInput;
  readonly #steps: readonly LayerSteps[];
  readonly #slopes: readonly number[];
  readonly #goodness: Float32Array;

  /** @internal */
  constructor(model: DeviceModel, plan: PredictorPlan, module: WebAssembly.Module) {
    this.inputs = model.inputs;
    this.classes = model.classes;
    this.bytes = plan.bytes;
    this.own = model.own;
    this.#plan = plan;
    this.#slopes = model.layers.map(({ slope }) => slope);
    this.#goodness = new Float32Array(model.classes);
    const memory = allocate(plan);
    this.#kernels = new WebAssembly.Instance(module, { env: { memory } })
      .exports as unknown as PredictKernels;
    this.#f32 = new Float32Array(memory.buffer);
    writeWeights(this.#f32, model, plan);
    this.#example = new ExampleInput(model, plan, memory.buffer);
    this.#steps = plan.layers.map((_, l) => stepsOf(this.#kernels, plan, l, model.activity));
  }

  /** What the network thinks of one example, encoded: `inputs` bytes (standing for value / 255) or floats. */
  predict(example: Uint8Array | Float32Array): Prediction {
    checkExamples(example, this.inputs, 1, this.own);
    this.#example.write(example);
    const { layers, passed, labels, stride, classPanels, at } = this.#plan;
    const { classes } = this;
    const kernels = this.#kernels;
    const goodness = this.#goodness.fill(0);
    const neutral = labels;
    let [read, told] = [0, 0];
    for (let l = 0; l < layers.length; l++) {
      const { panels, readout, map, outputs } = layers[l];
      const steps = this.#steps[l];
      const isLast = l + 1 === layers.length;
      steps.forward();
      if (readout && labels > 0) {
        kernels.sumGoodness(at.totals, at.goodness, 0, classes, stride, 1, panels);
        const totals = at.totals >>> 2;
        // In single precision at each step, like the network's own sums.
        for (let c = 0; c < classes; c++) goodness[c] += Math.fround(this.#slopes[l] * this.#f32[totals + c]);
      }
      const isRead = readout || (map && steps.featureRow === at.rows);
      if (isRead || !isLast) steps.passOn(isLast ? neutral : 0);
      if (map) {
        this.#tell(l, at.mapLogits + told * classPanels * ROW_BYTES, goodness);
        told++;
      }
      if (readout) {
        const logits = at.logits + read * classPanels * ROW_BYTES;
        const { rows, entries } = passed[l];
        kernels.sparseProduct(logits, rows + neutral * 8, entries, readout, 0, classPanels, 1, 1, outputs, 1);
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
    const { at, classPanels, layers } = this.#plan;
    const { map, featureWidth } = layers[l];
    const { classes } = this;
    const kernels = this.#kernels;
    const steps = this.#steps[l];
    steps.writeFeatures();
    const { featureRow, features } = steps;
    kernels.sparseProduct(logits, featureRow, features, map, 0, classPanels, 1, 1, featureWidth, 1);
    kernels.softmaxRows(at.probabilities, logits, 0, 1, 1, 1, classes);
    const probabilities = at.probabilities >>> 2;
    // In single precision at each step, as the network has it.
    for (let c = 0; c < classes; c++) {
      goodness[c] += Math.fround(Math.max(LEAST, Math.log(this.#f32[probabilities + c])));
    }
  }
}

/** The memory of a plan; throws an InputError where the machine has no such room. */
function allocate({ pages, bytes }: PredictorPlan): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new InputError(
      `${NAME} needs ${Math.ceil(bytes / 2 ** 20)} MiB to predict with, which are not to be had here`,
      { cause },
    );
  }
}
