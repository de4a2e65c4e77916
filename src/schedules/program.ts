// What all threads run: the same program, each on its own share, waiting for each other where one needs what another made; so the
// result does not depend on how many they are.
//
// Here is what all ways of learning have in common; the files beside this one say what each does with a batch.

import type { Layer } from '../layers/layer.ts';
import { largestIndex } from '../readouts/goodness.ts';
import { SoftmaxReadout } from '../readouts/softmax.ts';
import { type Recipe, readFrom } from '../recipes/recipe.ts';
import type { ActivationTransform } from './between-layers.ts';
import type { EvaluateJob, Job, TrainJob } from './job.ts';
import type { Session } from './session.ts';
import type { Thread } from './thread.ts';

export abstract class ThreadProgram<Kind extends Layer = Layer> {
  protected readonly thread: Thread;
  protected readonly session: Session;
  protected readonly recipe: Recipe;
  protected readonly layers: readonly Kind[];
  protected readonly readout: SoftmaxReadout;
  /** Between two layers, where the recipe asks for it. */
  readonly #between: ActivationTransform | undefined;

  /** `layers` are the session's, as this thread works on them. */
  constructor(thread: Thread, layers: readonly Kind[], between?: ActivationTransform) {
    const { session, kernels } = thread;
    this.thread = thread;
    this.session = session;
    this.recipe = session.recipe;
    this.layers = layers;
    this.#between = between;
    const { readoutPlan, readoutMemory } = session;
    const read = layers.slice(readFrom(session.recipe));
    this.readout = new SoftmaxReadout(readoutPlan, read, kernels, readoutMemory);
  }

  /** Does this thread's part of a job; may be left, and gone on with, where it yields. */
  *run(job: Job): Generator<void, void, void> {
    try {
      if (job.kind === 'begin') this.thread.wait();
      else if (job.kind === 'train') yield* this.#train(job);
      else yield* this.#evaluate(job);
    } catch (error) {
      this.thread.fail();
      throw error;
    }
  }

  *#train(job: TrainJob): Generator<void, void, void> {
    const { batch } = this.recipe;
    const { length } = job.order;
    for (let index = job.firstBatch; index < Math.ceil(length / batch); index++) {
      const images = Math.min(batch, length - index * batch);
      const first = (this.batchNumber(job, index) - 1) * this.layers[0].plan.rows;
      this.#between?.begin('train', first);
      for (const layer of this.layers) layer.begin(this.session.seed, first);
      this.trainBatch(job, index, images);
      if (this.thread.control.halt) return;
      yield;
    }
  }

  *#evaluate(job: EvaluateJob): Generator<void, void, void> {
    const { classes } = this.session;
    const { rows } = this.layers[0].plan;
    const labels = job.goodness.length > 0 ? this.labelsAtOnce : 0;
    const most = Math.min(this.recipe.batch, Math.floor(rows / (labels + 1)));
    const { count } = job.dataset;
    for (let first = 0; first < count; first += most) {
      // A row for every label and one for the neutral label.
      this.#between?.begin('evaluate', first * (classes + 1));
      for (const layer of this.layers) layer.begin(this.session.seed, undefined);
      this.evaluateBatch(job, first, Math.min(most, count - first), labels);
      // What a thread writes of the next examples, others may still read of these.
      this.thread.wait();
      yield;
    }
  }

  // ----- what differs ------------------------------------------------------------------------------------------------

  /** Labels that are tried at once, in rows of their own; 0 where labels are not tried. */
  protected get labelsAtOnce(): number {
    return 0;
  }

  /** Learns from batch `index` of an epoch, which has `images` images; one thread calls `finish` before the last barrier. */
  protected abstract trainBatch(job: TrainJob, index: number, images: number): void;

  /** Answers the `images` examples from `first`, trying `labels` labels at once. */
  protected abstract evaluateBatch(job: EvaluateJob, first: number, images: number, labels: number): void;

  // ----- forward -----------------------------------------------------------------------------------------------------

  /**
   * Rows `first` … through all layers: activities, goodness, and the input of the next layer (not the last output). Rows `apart`
   * from each other are versions of one image.
   */
  protected forward(first: number, count: number, apart: number): void {
    const { thread, layers } = this;
    const begin = first + thread.begin(count);
    const end = first + thread.end(count);
    for (let l = 0; l < layers.length; l++) {
      const layer = layers[l];
      layer.forward(first, count, apart, thread);
      // Every panel of the rows is there: what sums or normalises them may begin.
      thread.wait();
      layer.settle(begin, end);
      this.look(layer, begin, end);
      if (l + 1 === layers.length) return;
      const above = layers[l + 1];
      this.handOn(l, begin, end);
      above.accept(layer.output, begin, end);
      if (this.#between?.after === l) this.#between.change(above, begin, end);
      // Every row of the next layer's input is there.
      thread.wait();
    }
  }

  /** What is asked of the activities of rows `begin` to `end`. */
  protected look(layer: Layer, begin: number, end: number): void {
    layer.sumGoodness(begin, end);
  }

  /** Compresses what layer number `l` hands on of rows `begin` to `end`: the direction of its activities alone. */
  protected handOn(l: number, begin: number, end: number): void {
    this.layers[l].normalize(begin, end);
  }

  /** The softmax readout's answers, and their gradient, from rows `first` … of the last forward pass. */
  protected read(first: number, images: number): void {
    const [begin, end] = [this.thread.begin(images), this.thread.end(images)];
    this.handOn(this.layers.length - 1, first + begin, first + end);
    this.readout.forward(first, begin, end);
    this.readout.gradient(begin, end);
  }

  /** Fills a job's probabilities of its examples from `first`, of this thread's share, which the readout has read. */
  protected answer(job: EvaluateJob, first: number, images: number): void {
    const { classes } = this.session;
    const [begin, end] = [this.thread.begin(images), this.thread.end(images)];
    const { probabilities } = this.readout;
    job.probabilities.set(probabilities.subarray(begin * classes, end * classes), (first + begin) * classes);
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  /** A step of the readout, whose rows begin at `first`. */
  protected stepReadout(images: number, first: number, factor: number): void {
    const { learning } = this.recipe;
    if (learning.kind === 'perturbation' || !learning.readout) return;
    const { part, parts } = this.thread;
    for (let head = part; head < this.readout.layers; head += parts) {
      this.readout.step(head, images, first, learning.readout, factor);
    }
  }

  /** Counts the wrong answers of batch `index`, looks whether all is finite, and decides for all threads whether it was the last; for one thread. */
  protected finish(index: number, images: number): void {
    const { classes } = this.session;
    const { control } = this.thread;
    const { probabilities, labels } = this.readout;
    let wrong = 0;
    let areFinite = true;
    for (let i = 0; i < images; i++) {
      if (largestIndex(probabilities, i * classes, classes) !== labels[i]) wrong++;
      // A sum that is not a number makes none of its row one.
      areFinite &&= Number.isFinite(probabilities[i * classes]);
    }
    control.addImages(images, wrong);
    control.batches = index + 1;
    control.watchDivergence(areFinite);
    control.decideToHalt();
  }

  /** Number of batch `index` of a job in the whole training, from 1, as if no example had ever rested. */
  protected batchNumber(job: TrainJob, index: number): number {
    return (job.epoch - 1) * Math.ceil(job.dataset.count / this.recipe.batch) + index + 1;
  }
}

/** How many units are on in the rows from `first` of what a layer hands on. */
export function unitsOn({ plan, u32 }: Layer, first: number, images: number): number {
  const rows = (plan.at.outputRows >>> 2) + 2 * first;
  let bytes = 0;
  for (let row = rows; row < rows + 2 * images; row += 2) bytes += u32[row + 1] - u32[row];
  return bytes / 8;
}
