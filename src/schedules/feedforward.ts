// Layers that learn each by itself from one pass upwards: with labels in the input, wrong ones as negative data (section 3.3 of the
// paper) or what the network has written (section 3.4); or with nothing negative.

import type { Dataset } from '../data/dataset.ts';
import { SKIP } from '../kernels/panels.ts';
import { stream } from '../kernels/random-streams.ts';
import { InputRows, type Move, STILL } from '../layers/input-rows.ts';
import type { Layer } from '../layers/layer.ts';
import { BatchRows } from '../layers/rows.ts';
import { wrongLabel } from '../negatives/labels.ts';
import type { Classes, Contrast, SelfContrast, Unsupervised } from '../recipes/recipe.ts';
import type { Augmentation } from './augmentation.ts';
import type { ActivationTransform } from './between-layers.ts';
import type { EvaluateJob, TrainJob } from './job.ts';
import { LayerwiseProgram } from './layerwise.ts';
import { rolesOf } from './roles.ts';
import type { Thread } from './thread.ts';

export class FeedforwardProgram extends LayerwiseProgram {
  readonly #learning: Contrast | Unsupervised | Classes | SelfContrast;
  readonly #input: InputRows;
  readonly #augmentation: Augmentation | undefined;
  /** Which example each image of the batch is. */
  protected readonly examples: Uint32Array;

  /** Without `augmentation`, images are learned as they are. */
  constructor(
    thread: Thread,
    layers: readonly Layer[],
    learning: Contrast | Unsupervised | Classes | SelfContrast,
    augmentation?: Augmentation,
    between?: ActivationTransform,
  ) {
    super(thread, layers, learning, between);
    const { classes, recipe } = this.session;
    const label = learning.kind === 'contrast' ? { ...learning.label, classes } : undefined;
    this.#learning = learning;
    this.#input = new InputRows(layers[0], label, recipe.channelMeans);
    this.#augmentation = augmentation;
    this.examples = new Uint32Array(recipe.batch);
  }

  // ----- training ----------------------------------------------------------------------------------------------------

  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { thread } = this;
    const { dataset, order } = job;
    const rows = new BatchRows(rolesOf(this.#learning), images);
    const { labels } = this.readout;
    const firstExample = index * this.recipe.batch;
    // Of the random numbers of this batch: no two images of a training share one.
    const counter = (job.epoch - 1) * dataset.count + firstExample;
    const [begin, end] = [thread.begin(images), thread.end(images)];
    for (let i = begin; i < end; i++) {
      this.examples[i] = order[firstExample + i];
      labels[i] = dataset.labels[this.examples[i]];
    }
    this.#writeReal(dataset, rows, counter, begin, end);
    const isLate = this.writeNegatives(job, rows, counter, begin, end);
    // The input of every row that is known by now is there.
    thread.wait();

    const negative = rows.find('negative');
    if (this.#sharesImages) this.layers[0].productWithImages(0, images, thread);
    this.forward(0, negative ?? rows.count, images);
    this.read(rows.read, images);
    if (isLate) {
      this.#writeWrongLabels(rows, counter, begin, end);
      // The labels of all negative rows are there.
      thread.wait();
    }
    if (negative !== undefined) this.forward(negative, images, images);
    this.learn(job, index, rows);
    if (job.settledIn) this.#noteSettled(job.settledIn, job.epoch, begin, end);
  }

  /** Notes which images `begin` to `end` of a batch, positive rows alone, no layer has learned from. */
  #noteSettled(settledIn: Uint16Array, epoch: number, begin: number, end: number): void {
    for (let i = begin; i < end; i++) {
      const isSettled = this.layers.every(({ plan, u32 }) => u32[(plan.at.targets >>> 2) + i] === SKIP);
      if (isSettled) settledIn[this.examples[i]] = epoch;
    }
  }

  /** The images of a batch with their own label, and neutral, where the recipe has such rows. */
  #writeReal(dataset: Dataset, rows: BatchRows, counter: number, begin: number, end: number): void {
    const [positive, neutral] = [rows.first('positive'), rows.find('neutral')];
    const { labels } = this.readout;
    for (let i = begin; i < end; i++) {
      const example = this.examples[i];
      const move = this.moveOf(dataset, example, counter + i);
      this.write(positive + i, i, dataset, example, move, labels[i], true);
      if (neutral === undefined) continue;
      this.write(neutral + i, i, dataset, example, move, undefined, false);
    }
    this.#cut(rows.find('negative') ?? rows.count, rows.images, begin, end);
  }

  /** Negative rows that are images of their own; true where they are the same images with other labels, to be chosen later. */
  protected writeNegatives(
    job: TrainJob,
    rows: BatchRows,
    _counter: number,
    begin: number,
    end: number,
  ): boolean {
    const negative = rows.find('negative');
    if (negative === undefined) return false;
    const written = job.rolledOut;
    if (!written) return true;
    for (let i = begin; i < end; i++) {
      const example = this.examples[i];
      this.write(negative + i, i, written, example, STILL, written.labels[example], true);
    }
    this.layers[0].cutRows(negative + begin, negative + end);
    return false;
  }

  #writeWrongLabels(rows: BatchRows, counter: number, begin: number, end: number): void {
    const negative = rows.first('negative');
    const { labels, probabilities } = this.readout;
    const { classes } = this.session;
    const isHard = this.#learning.kind === 'contrast' && this.#learning.negatives === 'hard';
    for (let i = begin; i < end; i++) {
      const random = this.thread.random(stream.negatives, counter + i);
      const wrong = wrongLabel(labels[i], classes, random, isHard ? probabilities : undefined, i);
      this.#input.writeLabel(negative + i, i, wrong);
    }
  }

  // ----- evaluation --------------------------------------------------------------------------------------------------

  protected override get labelsAtOnce(): number {
    if (this.#learning.kind !== 'contrast') return 0;
    return Math.min(this.session.classes, this.layers[0].plan.rows - 1);
  }

  // Rows v · `images` … have label number v of those that are tried at once, the last ones the neutral label.
  protected evaluateBatch(job: EvaluateJob, first: number, images: number, labels: number): void {
    const { thread } = this;
    const { classes } = this.session;
    const [begin, end] = [thread.begin(images), thread.end(images)];
    for (let label = 0; label < classes; label += labels) {
      const tried = Math.min(labels, classes - label);
      const neutral = tried * images;
      for (let i = begin; i < end; i++) {
        for (let v = 0; v <= tried; v++) {
          const own = v < tried ? label + v : undefined;
          this.write(v * images + i, i, job.dataset, first + i, STILL, own, v === 0);
        }
      }
      this.#cut(neutral + images, images, begin, end);
      // The input of every row is there.
      thread.wait();
      if (this.#sharesImages) this.layers[0].productWithImages(0, images, thread);
      this.forward(0, neutral + images, images);
      if (label === 0) {
        this.read(neutral, images);
        this.answer(job, first, images);
      }
      if (job.goodness.length === 0) return;
      // The goodness of every row is there.
      thread.wait();
      for (let v = 0; v < tried; v++) this.tellGoodness(job, first, images, v * images, label + v);
      if (labels > 0) continue;
      // One pass has looked at all labels.
      for (let c = 0; c < classes; c++) this.tellGoodness(job, first, images, 0, c);
      return;
    }
  }

  // ----- rows --------------------------------------------------------------------------------------------------------

  /** Whether all rows of an image share its product with the weights. */
  get #sharesImages(): boolean {
    return this.layers[0].plan.sharesImages;
  }

  /** How an example is altered as image number `counter` of the training. */
  protected moveOf(dataset: Dataset, example: number, counter: number): Move {
    return this.#augmentation?.moveOf(dataset, example, counter) ?? STILL;
  }

  /** Writes a row of image `image` of the batch; `isNew` where what it shows is not that of the row written before. */
  protected write(
    row: number,
    image: number,
    dataset: Dataset,
    example: number,
    move: Move,
    label: number | undefined,
    isNew: boolean,
  ): void {
    const input = this.#input;
    if (!this.#sharesImages) {
      input.writeRow(row, dataset, example, move, label);
      return;
    }
    if (isNew) input.writeImage(image, dataset, example, move);
    if (label === undefined) input.writeNeutral(row, image);
    else input.writeLabel(row, image, label);
  }

  /** Cuts images `begin` to `end` of the first `count` rows, which are of `images` each. */
  #cut(count: number, images: number, begin: number, end: number): void {
    const rows = this.#sharesImages ? images : count;
    for (let first = 0; first < rows; first += images) this.layers[0].cutRows(first + begin, first + end);
  }
}
