// Negative data that are inputs of their own: hybrids of two images, in networks that are not given labels (section 3.2 of the
// paper), and sequences that the network has written, whose next character is the label (section 3.4).

import type { Dataset } from '../data/dataset.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { InputRows } from '../layers/input.ts';
import { HybridImages } from '../negatives/hybrid.ts';
import { hasLabel, isPlain } from '../recipes/recipe.ts';
import type { BlackBox } from './black-box.ts';
import { type EvaluateJob, stream, type TrainJob } from './job.ts';
import { Part } from './part.ts';
import type { Session } from './session.ts';
import { openDense } from './supervised.ts';
import { openWired } from './wired.ts';

export class ContrastivePart extends Part {
  readonly #input: InputRows;
  readonly #hybrids: HybridImages | undefined;
  readonly #hasLabel: boolean;
  readonly #examples: Uint32Array;

  constructor(session: Session, part: number, parts: number, box?: BlackBox) {
    const layers = isPlain(session.recipe) ? openDense(session) : openWired(session, part);
    super(session, part, parts, layers, box);
    const { recipe, hybrids, module, seed, classes } = session;
    this.#hasLabel = hasLabel(recipe);
    this.#input = new InputRows(
      this.layers[0],
      recipe.labelStrength,
      this.#hasLabel ? classes : 0,
      recipe.channelMeans,
    );
    if (hybrids) {
      const kernels = bindKernels(module, hybrids.memory);
      const random = { seed, masks: stream.masks, partners: stream.negatives };
      this.#hybrids = new HybridImages(hybrids.plan, kernels, hybrids.memory, random);
    }
    this.#examples = new Uint32Array(recipe.batch);
  }

  // Rows 0 … are positive, rows 2 · `images` … negative; those between are neutral. Without labels positive rows are neutral
  // already, and those between stay unused.
  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { recipe } = this.session;
    const { dataset, order } = job;
    const [begin, end] = [this.begin(images), this.end(images)];
    const firstExample = index * recipe.batch;
    const counter = (job.epoch - 1) * dataset.count + firstExample;
    const neutral = this.#hasLabel ? images : 0;
    const negative = 2 * images;
    const { labels } = this.readout;
    for (let i = begin; i < end; i++) {
      this.#examples[i] = order[firstExample + i];
      labels[i] = dataset.labels[this.#examples[i]];
    }
    const mixed = this.#mix(dataset, counter, begin, end);
    for (let i = begin; i < end; i++) {
      const example = this.#examples[i];
      const [right, down] = this.shiftOf(stream.shift, counter + i);
      this.#input.writeRow(i, dataset, example, right, down, labels[i]);
      if (neutral) this.#input.writeRow(neutral + i, dataset, example, right, down, undefined);
      if (mixed) {
        this.#input.writeRow(negative + i, mixed, i, right, down, labels[i]);
      } else {
        const written = job.rolledOut!;
        this.#input.writeRow(negative + i, written, example, right, down, written.labels[example]);
      }
    }
    for (const first of [0, neutral, negative]) this.layers[0].cutRows(first + begin, first + end);
    this.wait();

    this.forward(0, neutral + images, images);
    this.read(neutral, images);
    this.forward(negative, images, images);
    this.learn(job, index, images, neutral);
    // A wired layer looks at its input once more in its step.
    this.wait();
  }

  /** Hybrids `begin` to `end` of the batch, where negatives are hybrids. */
  #mix(dataset: Dataset, counter: number, begin: number, end: number): Dataset | undefined {
    const { negatives } = this.session.recipe;
    if (!this.#hybrids || typeof negatives !== 'object') return undefined;
    this.#hybrids.mix(dataset, this.#examples, counter, negatives.blurs, begin, end);
    return { ...dataset, inputs: this.#hybrids.hybrids };
  }

  protected evaluateBatch(job: EvaluateJob, first: number, images: number): void {
    const [begin, end] = [this.begin(images), this.end(images)];
    const labels = this.labelsAsked(job);
    const neutral = labels * images;
    for (let version = 0; version <= labels; version++) {
      const row = version * images;
      const label = version < labels ? version : undefined;
      for (let i = begin; i < end; i++) {
        this.#input.writeRow(row + i, job.dataset, first + i, 0, 0, label);
      }
      this.layers[0].cutRows(row + begin, row + end);
    }
    this.wait();
    this.forward(0, neutral + images, images);
    this.read(neutral, images);
    this.answer(job, first, images);
  }
}
