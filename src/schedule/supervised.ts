// Labelled data, with the label in the input (section 3.3 of the paper): the image with its label is positive, with a wrong
// one negative, and with the neutral label it is what the softmax readout sees and chooses hard negatives from.

import { bindKernels } from '../kernels/kernels.ts';
import { DenseLayer } from '../layers/dense.ts';
import { InputRows } from '../layers/input.ts';
import { hardWrongLabel, uniformWrongLabel } from '../negatives/labels.ts';
import type { BlackBox } from './black-box.ts';
import { type EvaluateJob, stream, type TrainJob } from './job.ts';
import { Part } from './part.ts';
import type { Session } from './session.ts';

/** The layers of a session in which each sees exactly all of the one below. */
export function openDense({ plans, memories, module, build }: Session): DenseLayer[] {
  return plans.map((plan, l) => {
    if (plan.kind !== 'dense') throw new Error('a layer of another kind in a plain network');
    return new DenseLayer(plan, bindKernels(module, memories[l]), memories[l], build);
  });
}

export class SupervisedPart extends Part<DenseLayer> {
  readonly #input: InputRows;

  constructor(session: Session, part: number, parts: number, box?: BlackBox) {
    super(session, part, parts, openDense(session), box);
    this.#input = new InputRows(this.layers[0], session.recipe.labelStrength, session.classes);
  }

  // Rows 0 … are positive, rows `images` … neutral, rows 2 · `images` … negative.
  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { recipe, classes } = this.session;
    const { dataset, order } = job;
    const [begin, end] = [this.begin(images), this.end(images)];
    const firstExample = index * recipe.batch;
    // Of the random numbers of this batch: no two images of a training share one.
    const firstCounter = (job.epoch - 1) * dataset.count + firstExample;
    for (let i = begin; i < end; i++) {
      const example = order[firstExample + i];
      const label = dataset.labels[example];
      const [right, down] = this.shiftOf(stream.shift, firstCounter + i);
      this.#input.writeImage(i, dataset, example, right, down);
      this.#input.writeLabel(i, i, label);
      this.#input.writeNeutral(images + i, i);
      this.readout.labels[i] = label;
    }
    this.layers[0].cutRows(begin, end);
    this.wait();

    this.#productWithImages(images);
    this.forward(0, 2 * images, images);
    this.read(images, images);
    for (let i = begin; i < end; i++) {
      const label = this.readout.labels[i];
      const random = this.random(stream.negatives, firstCounter + i);
      const wrong =
        recipe.negatives === 'hard'
          ? hardWrongLabel(label, classes, random, this.readout.probabilities, i)
          : uniformWrongLabel(label, classes, random);
      this.#input.writeLabel(2 * images + i, i, wrong);
    }
    this.wait();

    this.forward(2 * images, images, images);
    this.learn(job, index, images, images);
  }

  protected evaluateBatch(job: EvaluateJob, first: number, images: number): void {
    const [begin, end] = [this.begin(images), this.end(images)];
    const labels = this.labelsAsked(job);
    const neutral = labels * images;
    for (let i = begin; i < end; i++) {
      this.#input.writeImage(i, job.dataset, first + i, 0, 0);
      for (let label = 0; label < labels; label++) this.#input.writeLabel(label * images + i, i, label);
      this.#input.writeNeutral(neutral + i, i);
    }
    this.layers[0].cutRows(begin, end);
    this.wait();
    this.#productWithImages(images);
    this.forward(0, neutral + images, images);
    this.read(neutral, images);
    this.answer(job, first, images);
  }

  #productWithImages(images: number): void {
    const { panels } = this.layers[0].plan;
    this.layers[0].productWithImages(images, this.begin(panels), this.end(panels));
  }
}
