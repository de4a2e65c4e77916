// Unlabelled data (section 3.2 of the paper): an image is positive, a hybrid of it and another one negative. The labels
// teach nothing but the softmax readout, which looks at the positive rows.

import { bindKernels } from '../kernels/kernels.ts';
import { InputRows } from '../layers/input.ts';
import { HybridImages } from '../negatives/hybrid.ts';
import { isPlain } from '../recipes/recipe.ts';
import { type EvaluateJob, stream, type TrainJob } from './job.ts';
import { Part } from './part.ts';
import type { Session } from './session.ts';
import { openDense } from './supervised.ts';
import { openWired } from './wired.ts';

export class ContrastivePart extends Part {
  readonly #input: InputRows;
  readonly #hybrids: HybridImages;
  readonly #blurs: number;
  readonly #examples: Uint32Array;

  constructor(session: Session, part: number, parts: number) {
    super(session, part, parts, isPlain(session.recipe) ? openDense(session) : openWired(session, part));
    const { recipe, hybrids, module, seed } = session;
    if (!hybrids || typeof recipe.negatives === 'string') throw new Error('a session without hybrids');
    this.#input = new InputRows(this.layers[0], 0);
    const kernels = bindKernels(module, hybrids.memory);
    const random = { seed, masks: stream.masks, partners: stream.negatives };
    this.#hybrids = new HybridImages(hybrids.plan, kernels, hybrids.memory, random);
    this.#blurs = recipe.negatives.blurs;
    this.#examples = new Uint32Array(recipe.batch);
  }

  // Rows 0 … are positive, rows 2 · `images` … negative; those between, where others have neutral ones, stay unused.
  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { recipe } = this.session;
    const { dataset, order } = job;
    const [begin, end] = [this.begin(images), this.end(images)];
    const firstExample = index * recipe.batch;
    const counter = (job.epoch - 1) * dataset.count + firstExample;
    const negative = 2 * images;
    for (let i = begin; i < end; i++) {
      this.#examples[i] = order[firstExample + i];
      this.readout.labels[i] = dataset.labels[this.#examples[i]];
    }
    this.#hybrids.mix(dataset, this.#examples, counter, this.#blurs, begin, end);
    const hybrids = { ...dataset, inputs: this.#hybrids.hybrids };
    for (let i = begin; i < end; i++) {
      const [right, down] = this.shiftOf(stream.shift, counter + i);
      this.#input.writeImage(i, dataset, this.#examples[i], right, down);
      this.#input.writeImage(negative + i, hybrids, i, right, down);
    }
    this.layers[0].cutRows(begin, end);
    this.layers[0].cutRows(negative + begin, negative + end);
    this.wait();

    this.forward(0, images);
    this.read(0, images);
    this.forward(negative, images);
    this.learn(job, index, images, 0);
    // A wired layer looks at its input once more in its step.
    this.wait();
  }

  protected get imagesAtOnce(): number {
    return this.session.recipe.batch;
  }

  protected evaluateBatch(job: EvaluateJob, first: number, images: number): void {
    const { classes } = this.session;
    const [begin, end] = [this.begin(images), this.end(images)];
    for (let i = begin; i < end; i++) this.#input.writeImage(i, job.dataset, first + i, 0, 0);
    this.layers[0].cutRows(begin, end);
    this.wait();
    this.forward(0, images);
    this.read(0, images);
    job.probabilities.set(
      this.readout.probabilities.subarray(begin * classes, end * classes),
      (first + begin) * classes,
    );
  }
}
