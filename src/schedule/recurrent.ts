// Labelled data, with the label at the top (section 3.4 of the paper): the image is a video that does not move, every layer
// sees what the layers above and below it were a step ago, and goodness is agreement between the two.
//
// A bottom-up pass, without anything from above, sets the states; it is also what the softmax readout sees and chooses hard
// negatives from. Then all layers move at once, step by step, and learn at the steps that the goodness readout averages over:
// the fewer, the less a layer learns by heart what it is shown again and again.

import { slope } from '../goodness/objective.ts';
import { InputRows } from '../layers/input.ts';
import type { WiredLayer } from '../layers/wired.ts';
import { hardWrongLabel, uniformWrongLabel } from '../negatives/labels.ts';
import { type RecurrentSchedule, recurrence } from '../recipes/recipe.ts';
import { type EvaluateJob, stream, type TrainJob } from './job.ts';
import { Part } from './part.ts';
import type { Session } from './session.ts';
import { openWired } from './wired.ts';

export class RecurrentPart extends Part<WiredLayer> {
  readonly #schedule: RecurrentSchedule;
  readonly #input: InputRows;

  constructor(session: Session, part: number, parts: number) {
    super(session, part, parts, openWired(session, part));
    const schedule = recurrence(session.recipe);
    if (!schedule) throw new Error('a session of another schedule');
    this.#schedule = schedule;
    this.#input = new InputRows(this.layers[0], 0, 0, session.recipe.channelMeans);
  }

  // ----- training ----------------------------------------------------------------------------------------------------

  // Rows 0 … are positive, rows `images` … bottom-up, rows 2 · `images` … negative.
  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { recipe, classes } = this.session;
    const { dataset, order } = job;
    const [begin, end] = [this.begin(images), this.end(images)];
    const firstExample = index * recipe.batch;
    const firstCounter = (job.epoch - 1) * dataset.count + firstExample;
    for (let i = begin; i < end; i++) {
      const example = order[firstExample + i];
      const [right, down] = this.shiftOf(stream.shift, firstCounter + i);
      this.#input.writeRow(images + i, dataset, example, right, down, undefined);
      this.readout.labels[i] = dataset.labels[example];
    }
    this.#bottomUp(images, images);
    for (let i = begin; i < end; i++) {
      const label = this.readout.labels[i];
      const random = this.random(stream.negatives, firstCounter + i);
      const wrong =
        recipe.negatives === 'hard'
          ? hardWrongLabel(label, classes, random, this.readout.probabilities, i)
          : uniformWrongLabel(label, classes, random);
      this.#startRow(images, i, i, label);
      this.#startRow(images, i, 2 * images + i, wrong);
    }
    this.#startStates(images, 0, images);
    this.#startStates(images, 2 * images, images);
    this.wait();

    const { readFrom, readTo } = this.#schedule;
    for (let step = 1; step <= readTo; step++) {
      // Until the first step of the weights the product stays what it was.
      if (step === 1 || step > readFrom) this.layers[0].productWithImages(images, images, this);
      this.#moveStates(0, images);
      this.#moveStates(2 * images, images);
      this.wait();
      if (step >= readFrom) {
        for (const layer of this.layers) {
          layer.sumGoodness(begin, end);
          layer.sumGoodness(2 * images + begin, 2 * images + end);
        }
        this.learn(job, index, images, images, step - readFrom + 1, readTo - readFrom + 1);
        // A step of the weights looks at the input of this moment once more.
        this.wait();
      }
      if (step === readTo) return;
      this.#tellNeighbours(begin, end);
      this.#tellNeighbours(2 * images + begin, 2 * images + end);
      this.wait();
    }
  }

  // ----- evaluation --------------------------------------------------------------------------------------------------

  // Rows label · `images` … are those with each label, the last ones bottom-up.
  protected evaluateBatch(job: EvaluateJob, first: number, images: number): void {
    const { classes } = this.session;
    const { readTo, iterations } = this.#schedule;
    const [begin, end] = [this.begin(images), this.end(images)];
    const labels = this.labelsAsked(job);
    const rows = labels * images;
    for (let i = begin; i < end; i++) this.#input.writeRow(rows + i, job.dataset, first + i, 0, 0, undefined);
    this.#bottomUp(rows, images);
    const { probabilities } = this.readout;
    job.probabilities.set(probabilities.subarray(begin * classes, end * classes), (first + begin) * classes);
    if (labels === 0) return;
    for (let label = 0; label < labels; label++) {
      for (let i = begin; i < end; i++) this.#startRow(rows, i, label * images + i, label);
      this.#startStates(rows, label * images, images);
    }
    this.wait();
    this.layers[0].productWithImages(rows, images, this);
    const [firstRow, lastRow] = [this.begin(rows), this.end(rows)];
    const steps = job.overTime ? iterations : readTo;
    for (let step = 1; step <= steps; step++) {
      this.#moveStates(0, rows);
      this.wait();
      for (let l = 0; l < this.layers.length; l++) {
        this.layers[l].sumGoodness(firstRow, lastRow);
        this.#tellGoodness(job, first, images, step, l, firstRow, lastRow);
      }
      if (step < steps) this.#tellNeighbours(firstRow, lastRow);
      this.wait();
    }
  }

  /** Tells the goodness of rows `begin` to `end` of layer `l` at a step, whose image 0 is example `first`. */
  #tellGoodness(
    job: EvaluateJob,
    first: number,
    images: number,
    step: number,
    l: number,
    begin: number,
    end: number,
  ): void {
    const { recipe, classes } = this.session;
    const { readFrom, readTo, iterations } = this.#schedule;
    const { plan, f32 } = this.layers[l];
    const factor = slope(recipe.goodness, plan.units);
    const isRead = step >= readFrom && step <= readTo;
    for (let row = begin; row < end; row++) {
      const example = first + (row % images);
      const label = Math.floor(row / images);
      const goodness = factor * f32[(plan.at.totals >>> 2) + row];
      const place = (at: number) => (at * this.layers.length + l) * classes + label;
      if (isRead) job.goodness[place(example)] += goodness / (readTo - readFrom + 1);
      if (job.overTime) job.overTime[place(example * iterations + step - 1)] = goodness;
    }
  }

  // ----- moving ------------------------------------------------------------------------------------------------------

  /**
   * Sets the states of rows `first` …, whose image this thread has written for its share of them, seeing nothing of any
   * layer above, and reads them out; then tells every layer what the one above it came to.
   */
  #bottomUp(first: number, images: number): void {
    const [begin, end] = [this.begin(images), this.end(images)];
    this.layers[0].cutRows(first + begin, first + end);
    for (const layer of this.layers) layer.clearAbove(first + begin, first + end);
    this.wait();
    this.forward(first, images, images);
    this.read(first, images);
    for (let l = 1; l < this.layers.length; l++) {
      this.layers[l].passDown(this.layers[l - 1], first + begin, first + end);
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
    this.layers[last].writeLabel(row, label, this.session.recipe.labelStrength);
  }

  /** Gives rows `to` … the states of the bottom-up rows `from` …, in this thread's share of units. */
  #startStates(from: number, to: number, count: number): void {
    for (const layer of this.layers) {
      const { panels } = layer.plan;
      layer.repeatStates(from, to, count, this.begin(panels), this.end(panels));
    }
  }

  #moveStates(first: number, count: number): void {
    for (const layer of this.layers) layer.moveStates(first, count, this.#schedule.damping, this);
  }

  /** Tells the layers below and above each what its rows `begin` to `end` have come to. */
  #tellNeighbours(begin: number, end: number): void {
    for (let l = 0; l < this.layers.length; l++) {
      // Nobody looks at the only layer.
      if (this.layers.length === 1) return;
      this.layers[l].normalize(begin, end);
      if (l + 1 < this.layers.length) this.layers[l].passTo(this.layers[l + 1], begin, end);
      if (l > 0) this.layers[l].passDown(this.layers[l - 1], begin, end);
    }
  }
}
