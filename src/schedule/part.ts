// One thread's part in everything a network does. All threads run the same program on their own share of rows, panels and
// inputs, and wait for each other where one needs what another made; so the result does not depend on how many they are.
//
// Here is what all kinds of schedule have in common; the files beside this one say what each does with a batch.

import { computeCoefficients, type Phase, slope } from '../goodness/objective.ts';
import { bindKernels, type Kernels } from '../kernels/kernels.ts';
import { DenseLayer } from '../layers/dense.ts';
import type { Layer } from '../layers/layer.ts';
import { SKIP } from '../layers/plan.ts';
import { largestIndex } from '../readout/goodness.ts';
import { SoftmaxReadout } from '../readout/softmax.ts';
import { Barrier } from '../threads/barrier.ts';
import { partBegin, type Share } from '../threads/share.ts';
import type { BlackBox } from './black-box.ts';
import { Control } from './control.ts';
import type { EvaluateJob, Job, TrainJob } from './job.ts';
import { gain, phaseAt } from './rates.ts';
import type { Session } from './session.ts';

export abstract class Part<Kind extends Layer = Layer> implements Share {
  protected readonly session: Session;
  protected readonly kernels: Kernels;
  protected readonly layers: readonly Kind[];
  protected readonly readout: SoftmaxReadout;
  protected readonly control: Control;
  /** Between two layers, where the recipe asks for it. */
  readonly #box: BlackBox | undefined;
  readonly #barrier: Barrier;
  readonly #part: number;
  readonly #parts: number;

  /** `layers` are the session's, as this thread works on them. */
  constructor(session: Session, part: number, parts: number, layers: readonly Kind[], box?: BlackBox) {
    const { recipe, module, plans } = session;
    this.session = session;
    this.#box = box;
    this.#part = part;
    this.#parts = parts;
    this.layers = layers;
    this.kernels = bindKernels(module, session.readoutMemory);
    this.readout = new SoftmaxReadout(
      session.readoutPlan,
      this.layers.slice(recipe.readFrom - 1),
      this.kernels,
      session.readoutMemory,
    );
    this.control = new Control(plans.length, session.control);
    this.#barrier = new Barrier(this.control.words, parts, session.cores);
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

  *#train(job: TrainJob): Generator<void, void, void> {
    const { batch } = this.session.recipe;
    const batches = Math.ceil(job.dataset.count / batch);
    for (let index = job.firstBatch; index < batches; index++) {
      const images = Math.min(batch, job.dataset.count - index * batch);
      this.#box?.begin('train', ((job.epoch - 1) * batches + index) * this.layers[0].plan.rows);
      this.trainBatch(job, index, images);
      if (this.control.halt) return;
      yield;
    }
  }

  *#evaluate(job: EvaluateJob): Generator<void, void, void> {
    const { recipe, plans } = this.session;
    const most = Math.min(recipe.batch, Math.floor(plans[0].rows / (this.labelsAsked(job) + 1)));
    for (let first = 0; first < job.dataset.count; first += most) {
      // A row for every label and one for the neutral label.
      this.#box?.begin('evaluate', first * (this.session.classes + 1));
      this.evaluateBatch(job, first, Math.min(most, job.dataset.count - first));
      yield;
    }
  }

  // ----- what differs ------------------------------------------------------------------------------------------------

  /** Learns from batch `index` of an epoch, which has `images` images; one thread calls `finish` before the last barrier. */
  protected abstract trainBatch(job: TrainJob, index: number, images: number): void;

  /** Passes the `images` examples from `first` forward, see `answer` for the order of rows, and calls that at the end. */
  protected abstract evaluateBatch(job: EvaluateJob, first: number, images: number): void;

  // ----- forward -----------------------------------------------------------------------------------------------------

  /**
   * Rows `first` … through all layers: activities, goodness, and the input of the next layer (not the last output). Rows `apart`
   * from each other are versions of one image.
   */
  protected forward(first: number, count: number, apart: number): void {
    const begin = first + this.begin(count);
    const end = first + this.end(count);
    for (let l = 0; l < this.layers.length; l++) {
      const layer = this.layers[l];
      layer.forward(first, count, apart, this);
      this.wait();
      layer.sumGoodness(begin, end);
      if (l + 1 < this.layers.length) {
        this.handOn(l, begin, end);
        layer.passTo(this.layers[l + 1], begin, end);
        const above: Layer = this.layers[l + 1];
        if (this.#box?.after === l + 1 && above instanceof DenseLayer) this.#box.change(above, begin, end);
        this.wait();
      }
    }
  }

  /** Compresses what layer number `l` hands on of rows `begin` to `end`: the direction of its activities alone. */
  protected handOn(l: number, begin: number, end: number): void {
    this.layers[l].normalize(begin, end);
  }

  /** The softmax readout's answers, and their gradient, from rows `first` … of the last forward pass. */
  protected read(first: number, images: number): void {
    const [begin, end] = [this.begin(images), this.end(images)];
    this.handOn(this.layers.length - 1, first + begin, first + end);
    this.readout.forward(first, begin, end);
    this.readout.gradient(begin, end);
  }

  /** Labels whose goodness a job asks for: all or none. */
  protected labelsAsked(job: EvaluateJob): number {
    return job.goodness.length > 0 ? this.session.classes : 0;
  }

  /** Fills a job's answers for the `images` examples from `first`: rows c · `images` … had label c, and the readout has read. */
  protected answer(job: EvaluateJob, first: number, images: number): void {
    const { recipe, classes } = this.session;
    const { goodness, probabilities } = job;
    const labels = this.labelsAsked(job);
    const [begin, end] = [this.begin(images), this.end(images)];
    this.wait();
    for (let i = begin; i < end; i++) {
      for (let l = 0; l < this.layers.length; l++) {
        const { plan, f32 } = this.layers[l];
        const factor = slope(recipe.goodness, plan.units);
        const to = ((first + i) * this.layers.length + l) * labels;
        for (let c = 0; c < labels; c++) {
          goodness[to + c] = factor * f32[(plan.at.totals >>> 2) + c * images + i];
        }
      }
      for (let c = 0; c < classes; c++) {
        probabilities[(first + i) * classes + c] = this.readout.probabilities[i * classes + c];
      }
    }
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  /**
   * A step of every layer by its own goodness: positive rows 0 …, the negative row of each 2 · `images` after it, and the
   * readout's rows from `first`. All rows have been forward, those that this batch does not learn from too: what is told of
   * an epoch is of both. A batch may have several such steps, of which this is number `turn`.
   */
  protected learn(job: TrainJob, index: number, images: number, first: number, turn = 1, turns = 1): void {
    const { recipe } = this.session;
    const phase = phaseAt(recipe, this.batchNumber(job, index));
    const peer = phase.positive ? recipe.peer : 0;
    this.#compare(images, phase);
    this.wait();

    if (this.isFirst) {
      this.#addLayers(images, first, 1 / turns);
      if (turn === turns) this.finish(index, images);
    }
    for (const layer of this.layers) {
      const { panels, columns } = layer.plan;
      layer.gradientRows(images, peer, this.begin(panels), this.end(panels));
      if (!recipe.fixed) layer.listColumns(images, peer, this.begin(columns), this.end(columns));
    }
    this.wait();
    this.step(job, index, images, first, 0, turn, turns);
  }

  /**
   * Step number `turn` of a batch's `turns`: of the layers from number `lowest` by their gradient rows, unless the recipe leaves
   * them as they are; after the last, of the readout by its rows from `first`.
   */
  protected step(
    job: TrainJob,
    index: number,
    images: number,
    first: number,
    lowest: number,
    turn = 1,
    turns = 1,
  ): void {
    const { recipe } = this.session;
    const time = (this.batchNumber(job, index) - 1) * turns + turn;
    const factor = gain(job.epoch, job.epochs, recipe.hold);
    for (let l = recipe.fixed ? this.layers.length : lowest; l < this.layers.length; l++) {
      const layer = this.layers[l];
      const { panels } = layer.plan;
      layer.step(recipe, images, time, factor, this.begin(panels), this.end(panels));
    }
    if (turn === turns) this.#stepReadout(images, first, factor);
  }

  /** Of each layer, the coefficients of this thread's share of rows and the means of its share of units. */
  #compare(images: number, phase: Phase): void {
    const { recipe } = this.session;
    const [begin, end] = [this.begin(images), this.end(images)];
    for (const layer of this.layers) {
      computeCoefficients(layer, recipe.goodness, recipe.objective, images, phase, begin, end);
      const { panels } = layer.plan;
      if (recipe.peer && phase.positive) layer.updateMeans(images, this.begin(panels), this.end(panels));
    }
  }

  /** A step of the readout, whose rows begin at `first`. */
  #stepReadout(images: number, first: number, factor: number): void {
    const { recipe } = this.session;
    for (let head = this.#part; head < this.layers.length - recipe.readFrom + 1; head += this.#parts) {
      this.readout.step(head, images, first, recipe.readout, factor);
    }
  }

  // ----- what one thread tells, between two barriers -----------------------------------------------------------------

  /** Adds `weight` times what each layer looked like. */
  #addLayers(images: number, first: number, weight: number): void {
    const { recipe } = this.session;
    for (let l = 0; l < this.layers.length; l++) {
      const { plan, f32, u32 } = this.layers[l];
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
        on += (u32[rows + 2 * (first + i) + 1] - u32[rows + 2 * (first + i)]) / 8;
        if (u32[targets + i] !== SKIP) active++;
        if (u32[targets + 2 * images + i] !== SKIP) active++;
      }
      this.control.addLayer(l, weight * positive, weight * negative, weight * on, weight * active);
    }
  }

  /** Counts the wrong answers of batch `index`, and decides for all threads whether it was the last; for one thread. */
  protected finish(index: number, images: number): void {
    const { classes } = this.session;
    const { probabilities, labels } = this.readout;
    let wrong = 0;
    for (let i = 0; i < images; i++) {
      if (largestIndex(probabilities, i * classes, classes) !== labels[i]) wrong++;
    }
    this.control.addImages(images, wrong);
    this.control.batches = index + 1;
    this.control.decideToHalt();
  }

  /** Number of batch `index` of a job in the whole training, from 1. */
  protected batchNumber(job: TrainJob, index: number): number {
    return (job.epoch - 1) * Math.ceil(job.dataset.count / this.session.recipe.batch) + index + 1;
  }

  // ----- sharing the work --------------------------------------------------------------------------------------------

  /** Whether this thread is the one that does what only one may do. */
  protected get isFirst(): boolean {
    return this.#part === 0;
  }

  /** Uniform in [0, 1), the same for the same seed, stream and counter. */
  protected random(from: number, counter: number): number {
    return (this.kernels.randomBits(this.session.seed, from, counter) >>> 0) / 2 ** 32;
  }

  /** By how many pixels image number `counter` of the training moves, right and down. */
  protected shiftOf(stream: number, counter: number): [right: number, down: number] {
    const { shift } = this.session.recipe;
    const side = 2 * shift + 1;
    const place = Math.floor(this.random(stream, counter) * side * side);
    return [(place % side) - shift, Math.floor(place / side) - shift];
  }

  wait(): void {
    this.#barrier.wait();
  }

  begin(count: number): number {
    return partBegin(count, this.#part, this.#parts);
  }

  end(count: number): number {
    return partBegin(count, this.#part + 1, this.#parts);
  }
}
