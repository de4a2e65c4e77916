// Labelled data, with the label at the top (section 3.4 of the paper): the image is a video that does not move, every layer
// sees what the layers above and below it were a step ago, and goodness is agreement between the two.
//
// A bottom-up pass, without anything from above, sets the states; it is also what the softmax readout sees and chooses hard
// negatives from. Then all layers move at once, step by step, and learn at the steps that the goodness readout averages over:
// the fewer, the less a layer learns by heart what it is shown again and again.

import type { Dataset } from '../data/dataset.ts';
import { stream } from '../kernels/random-streams.ts';
import { InputRows, STILL } from '../layers/input-rows.ts';
import type { LocalLayer } from '../layers/local/local-layer.ts';
import { BatchRows } from '../layers/rows.ts';
import { wrongLabel } from '../negatives/labels.ts';
import type { Recurrent } from '../recipes/recipe.ts';
import type { Augmentation } from './augmentation.ts';
import type { EvaluateJob, TrainJob } from './job.ts';
import { LayerwiseProgram } from './layerwise.ts';
import { rolesOf } from './roles.ts';
import type { Thread } from './thread.ts';

export class RecurrentProgram extends LayerwiseProgram<LocalLayer> {
  readonly #learning: Recurrent;
  readonly #input: InputRows;
  readonly #augmentation: Augmentation;

  constructor(
    thread: Thread,
    layers: readonly LocalLayer[],
    learning: Recurrent,
    augmentation: Augmentation,
  ) {
    super(thread, layers, learning);
    this.#learning = learning;
    this.#input = new InputRows(layers[0], undefined, this.recipe.channelMeans);
    this.#augmentation = augmentation;
  }

  // ----- training ----------------------------------------------------------------------------------------------------

  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { thread } = this;
    const rows = new BatchRows(rolesOf(this.#learning), images);
    const [positive, negative] = [rows.first('positive'), rows.first('negative')];
    const bottomUp = rows.read;
    const [begin, end] = [thread.begin(images), thread.end(images)];
    const counter = this.#augmentation.write(this.#input, job, index, bottomUp, images, this.readout.labels);
    this.#bottomUp(bottomUp, images);
    this.#startLabelled(rows, counter, begin, end);
    this.#startStates(bottomUp, positive, images);
    this.#startStates(bottomUp, negative, images);
    // All rows have their first states and see their neighbours' and their label.
    thread.wait();

    const { firstStep, lastStep } = this.#learning;
    for (let step = 1; step <= lastStep; step++) {
      // Until the first step of the weights the product stays what it was.
      if (step === 1 || step > firstStep) this.layers[0].productWithImages(bottomUp, images, thread);
      this.#moveStates(positive, images);
      this.#moveStates(negative, images);
      // The new states of every panel are there.
      thread.wait();
      if (step >= firstStep) {
        for (const layer of this.layers) {
          this.look(layer, positive + begin, positive + end);
          this.look(layer, negative + begin, negative + end);
        }
        this.learn(job, index, rows, step - firstStep + 1, lastStep - firstStep + 1);
      }
      if (step === lastStep) return;
      this.#tellNeighbours(positive + begin, positive + end);
      this.#tellNeighbours(negative + begin, negative + end);
      // All rows see what their neighbours have come to.
      thread.wait();
    }
  }

  /** Positive rows see their own label, negative ones a wrong one. */
  #startLabelled(rows: BatchRows, counter: number, begin: number, end: number): void {
    const { labels, probabilities } = this.readout;
    const { classes } = this.session;
    const believed = this.#learning.negatives === 'hard' ? probabilities : undefined;
    for (let i = begin; i < end; i++) {
      const random = this.thread.random(stream.negatives, counter + i);
      const wrong = wrongLabel(labels[i], classes, random, believed, i);
      this.#startRow(rows.read, i, rows.first('positive') + i, labels[i]);
      this.#startRow(rows.read, i, rows.first('negative') + i, wrong);
    }
  }

  // ----- evaluation --------------------------------------------------------------------------------------------------

  protected override get labelsAtOnce(): number {
    return Math.min(this.session.classes, this.layers[0].plan.rows - 1);
  }

  // Rows v · `images` … have label number v of those that are tried at once, the last ones are bottom-up.
  protected evaluateBatch(job: EvaluateJob, first: number, images: number, labels: number): void {
    const { thread, layers } = this;
    const { classes } = this.session;
    const bottomUp = labels * images;
    this.#see(job.dataset, first, bottomUp, images);
    this.answer(job, first, images);
    if (labels === 0) return;
    // Bottom-up states are there.
    layers[0].productWithImages(bottomUp, images, thread);
    const steps = job.overTime ? this.#learning.iterations : this.#learning.lastStep;
    for (let label = 0; label < classes; label += labels) {
      const tried = Math.min(labels, classes - label);
      const rows = tried * images;
      for (let v = 0; v < tried; v++) this.#startTried(bottomUp, v * images, images, label + v);
      // All rows have their first states.
      thread.wait();
      const [begin, end] = [thread.begin(rows), thread.end(rows)];
      for (let step = 1; step <= steps; step++) {
        this.#moveStates(0, rows);
        // The new states of every panel are there.
        thread.wait();
        for (let l = 0; l < layers.length; l++) {
          this.look(layers[l], begin, end);
          for (let row = begin; row < end; row++) this.#tell(job, first, images, step, l, row, label);
        }
        if (step < steps) this.#tellNeighbours(begin, end);
        // All rows see what their neighbours have come to; or have been told.
        thread.wait();
      }
    }
  }

  /** Sets the states of the rows from `bottomUp` by the images of the examples from `first`. */
  #see(dataset: Dataset, first: number, bottomUp: number, images: number): void {
    for (let i = this.thread.begin(images); i < this.thread.end(images); i++) {
      this.#input.writeRow(bottomUp + i, dataset, first + i, STILL, undefined);
    }
    this.#bottomUp(bottomUp, images);
  }

  /** Starts the rows from `first`, of images with the label `label`. */
  #startTried(bottomUp: number, first: number, images: number, label: number): void {
    for (let i = this.thread.begin(images); i < this.thread.end(images); i++) {
      this.#startRow(bottomUp, i, first + i, label);
    }
    this.#startStates(bottomUp, first, images);
  }

  /** Tells the goodness of row `row` of layer `l` at a step; image 0 is example `first`, and the first rows have `label`. */
  #tell(
    job: EvaluateJob,
    first: number,
    images: number,
    step: number,
    l: number,
    row: number,
    label: number,
  ): void {
    const { firstStep, lastStep, iterations } = this.#learning;
    const { classes } = this.session;
    const example = first + (row % images);
    const goodness = this.objective.goodness(this.layers[l], l, row, 0);
    const place = (at: number) => (at * this.layers.length + l) * classes + label + Math.floor(row / images);
    if (step >= firstStep && step <= lastStep) {
      job.goodness[place(example)] += goodness / (lastStep - firstStep + 1);
    }
    if (job.overTime) job.overTime[place(example * iterations + step - 1)] = goodness;
  }

  // ----- moving ------------------------------------------------------------------------------------------------------

  /**
   * Sets the states of rows `first` …, whose image this thread has written for its share of them, seeing nothing of any
   * layer above, and reads them out; then tells every layer what the one above it came to.
   */
  #bottomUp(first: number, images: number): void {
    const [begin, end] = [this.thread.begin(images), this.thread.end(images)];
    this.layers[0].cutRows(first + begin, first + end);
    for (const layer of this.layers) layer.clearAbove(first + begin, first + end);
    // The images of all rows are there.
    this.thread.wait();
    this.forward(first, images, images);
    this.read(first, images);
    for (let l = 1; l < this.layers.length; l++) {
      this.layers[l - 1].acceptAbove(this.layers[l].output, first + begin, first + end);
    }
  }

  /** Makes row `row` see image `image`, what its bottom-up row (from row `first` on) came to, and `label` at the top. */
  #startRow(first: number, image: number, row: number, label: number): void {
    const last = this.layers.length - 1;
    this.layers[0].writeSource(row, image);
    for (let l = 0; l <= last; l++) {
      if (l > 0) this.layers[l].repeatSeen('below', first + image, row);
      if (l < last) this.layers[l].repeatSeen('above', first + image, row);
    }
    this.layers[last].writeLabel(row, label, this.#learning.labelStrength);
  }

  /** Gives rows `to` … the states of the bottom-up rows `from` …, in this thread's share of units. */
  #startStates(from: number, to: number, count: number): void {
    for (const layer of this.layers) {
      const { panels } = layer.plan;
      layer.repeatStates(from, to, count, this.thread.begin(panels), this.thread.end(panels));
    }
  }

  #moveStates(first: number, count: number): void {
    for (const layer of this.layers) layer.moveStates(first, count, this.#learning.damping, this.thread);
  }

  /** Tells the layers below and above each what its rows `begin` to `end` have come to. */
  #tellNeighbours(begin: number, end: number): void {
    const { layers } = this;
    // A layer that is alone has no neighbours to tell.
    if (layers.length === 1) return;
    for (let l = 0; l < layers.length; l++) {
      layers[l].normalize(begin, end);
      if (l + 1 < layers.length) layers[l + 1].accept(layers[l].output, begin, end);
      if (l > 0) layers[l - 1].acceptAbove(layers[l].output, begin, end);
    }
  }
}
