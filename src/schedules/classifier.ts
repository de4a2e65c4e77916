// A plain ReLU network with the softmax readout on its last layer: what the paper compares Forward-Forward with (section 1).
// Labels are no inputs, nothing is negative, and layers hand on their activities as they are. How it learns, the files
// beside this one say.

import type { DenseLayer } from '../layers/dense/dense-layer.ts';
import { InputRows, STILL } from '../layers/input-rows.ts';
import type { Augmentation } from './augmentation.ts';
import type { ActivationTransform } from './between-layers.ts';
import type { EvaluateJob, TrainJob } from './job.ts';
import { ThreadProgram, unitsOn } from './program.ts';
import type { Thread } from './thread.ts';

export abstract class ClassifierProgram extends ThreadProgram<DenseLayer> {
  readonly #input: InputRows;
  readonly #augmentation: Augmentation;
  readonly #between: number | undefined;

  constructor(
    thread: Thread,
    layers: readonly DenseLayer[],
    augmentation: Augmentation,
    between?: ActivationTransform,
  ) {
    super(thread, layers, between);
    this.#input = new InputRows(layers[0], undefined, this.recipe.channelMeans);
    this.#augmentation = augmentation;
    this.#between = between?.after;
  }

  /** Writes the images of batch `index` as rows 0 … and their labels; returns when all threads have. */
  protected writeBatch(job: TrainJob, index: number, images: number): void {
    const { thread } = this;
    this.#augmentation.write(this.#input, job, index, 0, images, this.readout.labels);
    this.layers[0].cutRows(thread.begin(images), thread.end(images));
    // The input of every row is there.
    thread.wait();
  }

  protected override handOn(l: number, begin: number, end: number): void {
    if (this.#between === l) super.handOn(l, begin, end);
    else this.layers[l].compress(begin, end);
  }

  /** Adds up what a batch looked like, of which the layers from number `lowest` learn; for one thread, before it is overwritten. */
  protected account(index: number, images: number, lowest: number): void {
    this.layers.forEach((layer, l) => {
      const totals = layer.plan.at.totals >>> 2;
      let squares = 0;
      for (let i = 0; i < images; i++) squares += layer.f32[totals + i];
      // Told as if of two rows an image, of which none is left out.
      const active = l < lowest ? 0 : 2 * images;
      this.thread.control.addLayer(l, squares, 0, unitsOn(layer, 0, images), active);
    });
    this.finish(index, images);
  }

  protected evaluateBatch(job: EvaluateJob, first: number, images: number): void {
    const { thread } = this;
    const [begin, end] = [thread.begin(images), thread.end(images)];
    for (let i = begin; i < end; i++) this.#input.writeRow(i, job.dataset, first + i, STILL, undefined);
    this.layers[0].cutRows(begin, end);
    // The input of every row is there.
    thread.wait();
    this.forward(0, images, images);
    this.read(0, images);
    this.answer(job, first, images);
  }
}
