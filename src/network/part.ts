// One thread's part in everything a network does. All threads run the same program on their own share of rows, panels and
// inputs, and wait for each other where one needs what another made; so the result does not depend on how many they are.

import type { Dataset } from '../data/dataset.ts';
import { computeCoefficients, slope } from '../goodness/objective.ts';
import { bindKernels, type Kernels } from '../kernels/kernels.ts';
import { DenseLayer, SKIP } from '../layers/dense.ts';
import { LabelledInput } from '../layers/input.ts';
import { hardWrongLabel, uniformWrongLabel } from '../negatives/labels.ts';
import { largestIndex } from '../readout/goodness.ts';
import { SoftmaxReadout } from '../readout/softmax.ts';
import { Barrier } from '../threads/barrier.ts';
import { partBegin } from '../threads/share.ts';
import { Control } from '../train/control.ts';
import { gain } from '../train/schedule.ts';
import type { Session } from './session.ts';

/** Streams of random numbers; the weights of layer l come from stream WEIGHTS + l. */
export const stream = { shuffle: 1, negatives: 2, shift: 3, weights: 16 };

/** Train on the batches of one epoch, from batch `firstBatch`. */
export interface TrainJob {
  readonly kind: 'train';
  readonly dataset: Dataset;
  /** The examples in the order of this epoch. */
  readonly order: Uint32Array;
  /** Counts from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly firstBatch: number;
}

/** Look at every example with every label. */
export interface EvaluateJob {
  readonly kind: 'evaluate';
  readonly dataset: Dataset;
  /** Filled with the goodness (count, layers, classes) of each label in each layer. */
  readonly goodness: Float32Array;
  /** Filled with the softmax readout's probabilities (count, classes). */
  readonly probabilities: Float32Array;
}

export type Job = TrainJob | EvaluateJob;

export class NetworkPart {
  readonly #session: Session;
  readonly #kernels: Kernels;
  readonly #layers: readonly DenseLayer[];
  readonly #input: LabelledInput;
  readonly #readout: SoftmaxReadout;
  readonly #control: Control;
  readonly #barrier: Barrier;
  readonly #part: number;
  readonly #parts: number;

  constructor(session: Session, part: number, parts: number) {
    const { recipe, module, plans, memories, build } = session;
    this.#session = session;
    this.#part = part;
    this.#parts = parts;
    this.#layers = plans.map(
      (plan, i) => new DenseLayer(plan, bindKernels(module, memories[i]), memories[i], build),
    );
    this.#input = new LabelledInput(this.#layers[0], recipe.labelStrength);
    this.#kernels = bindKernels(module, session.readoutMemory);
    this.#readout = new SoftmaxReadout(
      session.readoutPlan,
      this.#layers.slice(recipe.readFrom - 1),
      this.#kernels,
      session.readoutMemory,
    );
    this.#control = new Control(plans.length, session.control);
    this.#barrier = new Barrier(this.#control.words, parts, session.cores);
  }

  /** Does this thread's part of a job; may be left, and gone on with, where it yields. */
  *run(job: Job): Generator<void, void, void> {
    try {
      if (job.kind === 'train') yield* this.#train(job);
      else yield* this.#evaluate(job);
    } catch (error) {
      this.#barrier.break();
      throw error;
    }
  }

  // ----- training --------------------------------------------------------------------------------------------------

  *#train(job: TrainJob): Generator<void, void, void> {
    const { batch } = this.#session.recipe;
    const batches = Math.ceil(job.dataset.count / batch);
    for (let index = job.firstBatch; index < batches; index++) {
      const images = Math.min(batch, job.dataset.count - index * batch);
      this.#trainBatch(job, index, batches, images);
      if (this.#control.halt) return;
      yield;
    }
  }

  // Rows 0 … are positive, rows `images` … neutral, rows 2 · `images` … negative.
  #trainBatch(job: TrainJob, index: number, batches: number, images: number): void {
    const { recipe, classes } = this.#session;
    const { dataset, order } = job;
    const [begin, end] = [this.#begin(images), this.#end(images)];
    const firstExample = index * recipe.batch;
    // Of the random numbers of this batch: no two images of a training share one.
    const firstCounter = (job.epoch - 1) * dataset.count + firstExample;
    const side = 2 * recipe.shift + 1;
    for (let i = begin; i < end; i++) {
      const example = order[firstExample + i];
      const label = dataset.labels[example];
      const place = Math.floor(this.#random(stream.shift, firstCounter + i) * side * side);
      const right = (place % side) - recipe.shift;
      this.#input.writeImage(i, dataset, example, right, Math.floor(place / side) - recipe.shift);
      this.#input.writeLabel(i, i, label);
      this.#input.writeNeutral(images + i, i);
      this.#readout.labels[i] = label;
    }
    this.#layers[0].cutRows(begin, end);
    this.#barrier.wait();

    this.#productWithImages(images);
    this.#forward(0, 2 * images);
    this.#layers[this.#layers.length - 1].normalize(images + begin, images + end);
    this.#readout.forward(images, begin, end);
    this.#readout.gradient(begin, end);
    for (let i = begin; i < end; i++) {
      const label = this.#readout.labels[i];
      const random = this.#random(stream.negatives, firstCounter + i);
      const wrong =
        recipe.negatives === 'hard'
          ? hardWrongLabel(label, classes, random, this.#readout.probabilities, i)
          : uniformWrongLabel(label, classes, random);
      this.#input.writeLabel(2 * images + i, i, wrong);
    }
    this.#barrier.wait();

    this.#forward(2 * images, images);
    for (const layer of this.#layers) {
      computeCoefficients(layer, recipe.goodness, recipe.objective, images, begin, end);
      const { panels } = layer.plan;
      if (recipe.peer) layer.updateMeans(images, this.#begin(panels), this.#end(panels));
    }
    this.#barrier.wait();

    if (this.#part === 0) this.#account(index, images);
    for (const layer of this.#layers) {
      const { panels, inputs } = layer.plan;
      layer.gradientRows(images, recipe.peer, this.#begin(panels), this.#end(panels));
      layer.listColumns(images, recipe.peer, this.#begin(inputs + 1), this.#end(inputs + 1));
    }
    this.#barrier.wait();

    const time = (job.epoch - 1) * batches + index + 1;
    const factor = gain(job.epoch, job.epochs, recipe.hold);
    for (const layer of this.#layers) {
      const { panels } = layer.plan;
      layer.step(recipe.optimizer, images, time, factor, this.#begin(panels), this.#end(panels));
    }
    for (let head = this.#part; head < this.#layers.length - recipe.readFrom + 1; head += this.#parts) {
      this.#readout.step(head, images, images, recipe.readout, factor);
    }
  }

  /** One thread adds up what a batch looked like, and decides for all whether it was the last. */
  #account(index: number, images: number): void {
    const { recipe, classes } = this.#session;
    const { probabilities, labels } = this.#readout;
    let wrong = 0;
    for (let i = 0; i < images; i++) {
      if (largestIndex(probabilities, i * classes, classes) !== labels[i]) wrong++;
    }
    this.#control.addImages(images, wrong);
    for (let l = 0; l < this.#layers.length; l++) {
      const { plan, f32, u32 } = this.#layers[l];
      const factor = slope(recipe.goodness, plan.units);
      const totals = plan.at.totals >>> 2;
      const targets = plan.at.targets >>> 2;
      const rows = plan.at.outputRows >>> 2;
      let positive = 0;
      let negative = 0;
      let on = 0;
      let active = 0;
      for (let i = 0; i < images; i++) {
        positive += factor * f32[totals + i];
        negative += factor * f32[totals + 2 * images + i];
        on += (u32[rows + 2 * (images + i) + 1] - u32[rows + 2 * (images + i)]) / 8;
        if (u32[targets + i] !== SKIP) active++;
        if (u32[targets + 2 * images + i] !== SKIP) active++;
      }
      this.#control.addLayer(l, positive, negative, on, active);
    }
    this.#control.batches = index + 1;
    this.#control.decideToHalt();
  }

  // ----- looking at data -------------------------------------------------------------------------------------------

  *#evaluate(job: EvaluateJob): Generator<void, void, void> {
    const { recipe, classes, plans } = this.#session;
    const { dataset, goodness, probabilities } = job;
    const most = Math.min(recipe.batch, Math.floor(plans[0].rows / (classes + 1)));
    for (let first = 0; first < dataset.count; first += most) {
      const images = Math.min(most, dataset.count - first);
      const [begin, end] = [this.#begin(images), this.#end(images)];
      const neutral = classes * images;
      for (let i = begin; i < end; i++) {
        this.#input.writeImage(i, dataset, first + i, 0, 0);
        for (let label = 0; label < classes; label++) this.#input.writeLabel(label * images + i, i, label);
        this.#input.writeNeutral(neutral + i, i);
      }
      this.#layers[0].cutRows(begin, end);
      this.#barrier.wait();
      this.#productWithImages(images);
      this.#forward(0, neutral + images);
      this.#layers[this.#layers.length - 1].normalize(neutral + begin, neutral + end);
      this.#readout.forward(neutral, begin, end);
      this.#barrier.wait();
      for (let i = begin; i < end; i++) {
        for (let l = 0; l < this.#layers.length; l++) {
          const { plan, f32 } = this.#layers[l];
          const factor = slope(recipe.goodness, plan.units);
          const to = ((first + i) * this.#layers.length + l) * classes;
          for (let c = 0; c < classes; c++) {
            goodness[to + c] = factor * f32[(plan.at.totals >>> 2) + c * images + i];
          }
        }
        for (let c = 0; c < classes; c++) {
          probabilities[(first + i) * classes + c] = this.#readout.probabilities[i * classes + c];
        }
      }
      yield;
    }
  }

  // ----- forward ---------------------------------------------------------------------------------------------------

  #productWithImages(images: number): void {
    const { panels } = this.#layers[0].plan;
    this.#layers[0].productWithImages(images, this.#begin(panels), this.#end(panels));
  }

  /** Rows `first` … through all layers: activities, goodness, and the input of the next layer (not the last output). */
  #forward(first: number, count: number): void {
    const begin = first + this.#begin(count);
    const end = first + this.#end(count);
    for (let l = 0; l < this.#layers.length; l++) {
      const layer = this.#layers[l];
      const { panels } = layer.plan;
      const [from, to] = [this.#begin(panels), this.#end(panels)];
      const density = l === 0 ? 0 : layer.density(first, count);
      if (l === 0) {
        layer.forwardLabelled(first, count, from, to);
      } else if (layer.isDense(density)) {
        const tiles = layer.tiles(count);
        layer.pack(first, count, this.#begin(tiles), this.#end(tiles));
        this.#barrier.wait();
        layer.forwardDense(first, count, from, to);
      } else {
        layer.forwardSparse(first, count, density, from, to);
      }
      this.#barrier.wait();
      layer.sumGoodness(begin, end);
      if (l + 1 < this.#layers.length) {
        layer.normalize(begin, end);
        layer.passTo(this.#layers[l + 1], begin, end);
        this.#barrier.wait();
      }
    }
  }

  /** Uniform in [0, 1), the same for the same seed, stream and counter. */
  #random(from: number, counter: number): number {
    return (this.#kernels.randomBits(this.#session.seed, from, counter) >>> 0) / 2 ** 32;
  }

  #begin(count: number): number {
    return partBegin(count, this.#part, this.#parts);
  }

  #end(count: number): number {
    return partBegin(count, this.#part + 1, this.#parts);
  }
}
