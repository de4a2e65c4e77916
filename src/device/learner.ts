// Going on with learning where the model is used, from what its user shows it: a few examples at a time, in memory that is
// known before it starts, on the caller's thread. The steps are those of training, run by the same code.

import { kernels } from '../../build/learn-kernels.js';
import { DivergenceError, InputError } from '../errors.ts';
import { readFloats } from '../files/int8.ts';
import { joinChunks, parseSafetensors } from '../files/safetensors.ts';
import type { Build } from '../kernels/features.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { DenseLayer } from '../layers/dense/dense-layer.ts';
import { denseForm } from '../layers/dense/form.ts';
import { type DensePlan, planDense } from '../layers/dense/plan.ts';
import type { PlannedKinds } from '../layers/kind.ts';
import { encodeSession, type OwnDescription } from '../network/encode.ts';
import { writeState } from '../network/state.ts';
import { largestIndex, sumOverLayers } from '../readouts/goodness.ts';
import type { Prediction } from '../readouts/prediction.ts';
import { type Classes, type Contrast, type Recipe, readFrom } from '../recipes/recipe.ts';
import { Control } from '../schedules/control.ts';
import { FeedforwardProgram } from '../schedules/feedforward.ts';
import type { Job } from '../schedules/job.ts';
import { planLayers } from '../schedules/plan.ts';
import { openSession, type Session } from '../schedules/session.ts';
import { Thread } from '../schedules/thread.ts';
import { whole } from '../schema.ts';
import { checkExamples } from './examples.ts';
import { compile, type KernelOptions } from './kernels.ts';
import { NAME, type OwnWords, readModel } from './model.ts';
import { checkLearnerRecipe, type LearnerRecipe } from './recipe.ts';
import { denseSizes } from './sizes.ts';

export interface LearnerOptions {
  /** Examples of a step at most, 10 by default: memory grows with it. */
  readonly batch?: number;
  /** What the recipe's learning rates are multiplied with; 0.3 by default: what was learned before should stay. */
  readonly rate?: number;
}

/**
 * The bytes of memory that a learner of this model file will take, with nothing allocated yet but the file itself. Throws an
 * InputError for a file that is not sound or options that make no sense.
 */
export function learnerBytes(model: Uint8Array, options: LearnerOptions = {}): number {
  return plan(model, options).bytes;
}

/** Opens a model file to learn on. Throws an InputError as learnerBytes does, or where the kernels cannot run. */
export async function openLearner(
  model: Uint8Array,
  options: LearnerOptions & KernelOptions = {},
): Promise<Learner> {
  const { tensors, trained, own, recipe, inputs, classes, seed, plans, readoutPlan, bytes } = plan(
    model,
    options,
  );
  const { module, build } = await compile(options, kernels, 'learn-');
  const what = { recipe, inputs, classes, seed, build, module, cores: 1 };
  const session = openSession(what, { plans, readoutPlan }, false);
  writeState(session, false, (name, shape) => readFloats(tensors, name, shape, NAME));
  return new Learner(session, trained, own, bytes);
}

/** Of all kinds of layers, devices know these. */
const kinds = { dense: { ...denseForm, plan: planDense } } as unknown as PlannedKinds;

function plan(model: Uint8Array, { batch = 10, rate = 0.3 }: LearnerOptions) {
  if (!(Number.isInteger(batch) && batch > 0)) {
    throw new InputError(`batch must be a whole number above 0, found ${batch}`);
  }
  if (!(Number.isFinite(rate) && rate > 0))
    throw new InputError(`rate must be a number above 0, found ${rate}`);
  const file = parseSafetensors(model, NAME);
  // Before anything is planned: sizes that the file's own tensors vouch for.
  const { inputs, classes, own, description: said } = readModel(file, NAME, { dense: denseSizes });
  const trained = checkLearnerRecipe(said.recipe, NAME);
  const seed = whole(0)(said.seed, `${NAME}: its seed`);
  // Without a schedule: nobody knows how long it will go on.
  const recipe: Recipe = { ...gentle(trained, rate), batch, holdShare: 1 };
  const planned = planLayers(recipe, { kinds, inputs, classes, threads: 1, hasPairs: false });
  const bytes = [...planned.plans, planned.readoutPlan].reduce((sum, part) => sum + part.bytes, 0);
  return { ...planned, tensors: file.tensors, trained, own, recipe, inputs, classes, seed, bytes };
}

/** A recipe at `rate` times its rates, those of single layers included. */
function gentle({ learning, layers, ...others }: LearnerRecipe, rate: number): LearnerRecipe {
  const slower = layers.map(layer =>
    typeof layer === 'object' && layer.rate !== undefined ? { ...layer, rate: rate * layer.rate } : layer,
  );
  return { ...others, layers: slower, learning: gentleLearning(learning, rate) };
}

function gentleLearning(learning: Contrast | Classes, rate: number): Contrast | Classes {
  if (learning.kind === 'classes') {
    // Examples come once: none can rest.
    const { rest: _, mapRate, optimizer, readout, ...others } = learning;
    return {
      ...others,
      optimizer: { ...optimizer, rate: rate * optimizer.rate },
      ...(mapRate !== undefined && { mapRate: rate * mapRate }),
      ...(readout && { readout: { ...readout, rate: rate * readout.rate } }),
    };
  }
  const { negatives, optimizer, readout } = learning;
  return {
    ...learning,
    // A user's examples need not be strings to write on from: the next best is what the readout believes.
    negatives: negatives === 'rolled-out' ? 'hard' : negatives,
    optimizer: { ...optimizer, rate: rate * optimizer.rate },
    readout: { ...readout, rate: rate * readout.rate },
  };
}

/** Images are learned as they are shown, whatever the recipe altered in training. */
function openProgram(session: Session): FeedforwardProgram {
  const { plans, memories, module, recipe } = session;
  const layers = plans.map(
    (plan, l) => new DenseLayer(plan as DensePlan, bindKernels(module, memories[l]), memories[l]),
  );
  const learning = recipe.learning as Contrast | Classes;
  return new FeedforwardProgram(new Thread(session, 0, 1), layers, learning);
}

/** Made by openLearner. */
export class Learner {
  /** Inputs of an example, the label's included. */
  readonly inputs: number;
  readonly classes: number;
  /** The kernels that run: the two builds differ in rounding. */
  readonly build: Build;
  /** Memory for weights, the optimizer's state and activities: all that it ever uses. */
  readonly bytes: number;
  /** What its file says of somebody's own data, if anything: for modelOf. */
  readonly own: OwnWords | undefined;
  readonly #session: Session;
  readonly #program: FeedforwardProgram;
  readonly #control: Control;
  /** As the file had it: what was changed for learning does not go into the next one. */
  readonly #trained: Recipe;
  #steps = 0;

  /** @internal */
  constructor(session: Session, trained: Recipe, own: OwnWords | undefined, bytes: number) {
    this.inputs = session.inputs;
    this.classes = session.classes;
    this.build = session.build;
    this.bytes = bytes;
    this.#session = session;
    this.#trained = trained;
    this.own = own;
    this.#control = new Control(session.plans.length, session.control);
    this.#program = openProgram(session);
  }

  /**
   * Learns from examples that are encoded: rows of `inputs` bytes (standing for value / 255) or floats, and a label below `classes` for each.
   * One step of every layer for each `batch` of them, in the order given.
   */
  learn(examples: Uint8Array | Float32Array, labels: ArrayLike<number>): void {
    const { inputs, classes } = this;
    checkExamples(examples, inputs, labels.length, this.own);
    for (let i = 0; i < labels.length; i++) {
      if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) {
        throw new InputError(`label ${labels[i]} of example ${i} is not a whole number below ${classes}`);
      }
    }
    const { batch } = this.#session.recipe;
    for (let first = 0; first < labels.length; first += batch) {
      const count = Math.min(batch, labels.length - first);
      this.#steps++;
      this.#control.sums.fill(0);
      this.#run({
        kind: 'train',
        dataset: {
          name: 'the examples',
          count,
          width: inputs,
          classes,
          inputs: examples.subarray(first * inputs, (first + count) * inputs),
          labels: Uint16Array.from({ length: count }, (_, i) => labels[first + i]),
        },
        order: Uint32Array.from({ length: count }, (_, i) => i),
        // Every step is an epoch of one batch: it counts the optimizer's time and the random numbers.
        epoch: this.#steps,
        epochs: this.#steps,
        firstBatch: 0,
      });
      if (this.#control.diverged > 0) {
        throw new DivergenceError('learning diverged: open the last model that was saved, with a lower rate');
      }
    }
  }

  /** What the network thinks of one example, encoded: `inputs` bytes (standing for value / 255) or floats. */
  predict(example: Uint8Array | Float32Array): Prediction {
    const { inputs, classes } = this;
    const { plans, recipe } = this.#session;
    checkExamples(example, inputs, 1, this.own);
    const goodness = new Float32Array(plans.length * classes);
    const probabilities = new Float32Array(classes);
    const dataset = {
      name: 'the example',
      count: 1,
      width: inputs,
      classes,
      inputs: example,
      labels: new Uint8Array(1),
    };
    this.#run({ kind: 'evaluate', dataset, goodness, probabilities });
    const sums = sumOverLayers(goodness, plans.length, classes, readFrom(recipe));
    return {
      label: largestIndex(sums, 0, classes),
      goodness: Array.from(sums),
      probabilities: Array.from(probabilities),
    };
  }

  /** What was learned, as the bytes of a model file that everything else reads too. */
  save(): Uint8Array {
    return joinChunks(
      encodeSession(
        { ...this.#session, recipe: this.#trained },
        undefined,
        this.own as OwnDescription | undefined,
      ),
    );
  }

  #run(job: Job): void {
    for (const _ of this.#program.run(job));
  }
}
