// Backpropagation, for comparison (section 1 of the paper): the gradient of the log probability of the right label comes down
// through all layers. Going down, every thread keeps to its own rows, so that no layer waits for all of the one above.

import { ROW_BYTES } from '../kernels/panels.ts';
import type { DenseLayer } from '../layers/dense/dense-layer.ts';
import { BatchRows } from '../layers/rows.ts';
import { layerRate, lowestReached } from '../recipes/recipe.ts';
import type { Augmentation } from './augmentation.ts';
import type { ActivationTransform } from './between-layers.ts';
import { ClassifierProgram } from './classifier.ts';
import type { TrainJob } from './job.ts';
import { gain } from './rates.ts';
import { rolesOf } from './roles.ts';
import type { Thread } from './thread.ts';

export class BackpropProgram extends ClassifierProgram {
  /** The number of the lowest layer that learns. */
  readonly #lowest: number;

  constructor(
    thread: Thread,
    layers: readonly DenseLayer[],
    augmentation: Augmentation,
    between?: ActivationTransform,
  ) {
    super(thread, layers, augmentation, between);
    this.#lowest = lowestReached(this.recipe.learning);
    // Every row counts, always.
    for (const { plan, u32 } of layers) {
      for (let row = 0; row < plan.batch; row++) u32[(plan.at.targets >>> 2) + row] = row;
    }
  }

  protected trainBatch(job: TrainJob, index: number, images: number): void {
    const { thread, layers, recipe } = this;
    const { learning } = recipe;
    if (learning.kind !== 'backprop') throw new Error('a session without backpropagation');
    this.writeBatch(job, index, images);
    this.forward(0, images, images);
    this.read(0, images);
    this.#backward(thread.begin(images), thread.end(images));
    // The gradient rows of all layers are there.
    thread.wait();

    if (thread.isFirst) this.account(index, images, this.#lowest);
    const rows = new BatchRows(rolesOf(learning), images);
    for (const layer of layers.slice(this.#lowest)) layer.listColumns(rows, 0, thread);
    // The columns of all layers are there: weights may move.
    thread.wait();
    const factor = gain(job.epoch, job.epochs, recipe.holdShare, recipe.cosineTo);
    const time = this.batchNumber(job, index);
    for (let l = this.#lowest; l < layers.length; l++) {
      const rate = factor * layerRate(learning.optimizer, recipe.layers[l]);
      layers[l].step(learning.optimizer, rate, images, time, thread);
    }
    this.stepReadout(images, 0, factor);
  }

  /** Turns the activity of rows `begin` to `end` of every layer that learns into gradient rows, in place. */
  #backward(begin: number, end: number): void {
    if (begin === end) return;
    const top = this.layers[this.layers.length - 1];
    const { at, head, stride, units, batch } = top.plan;
    this.readout.giveGradient(top, begin, end);
    top.kernels.transposedProduct(
      at.activity,
      at.outputRows,
      at.outputEntries,
      head!.gradient,
      head!.weights,
      at.targets,
      begin,
      end,
      stride,
      units,
      head!.panels,
      1,
      batch,
      0,
    );
    for (let l = this.layers.length - 1; l > this.#lowest; l--) this.#pass(l, begin, end);
  }

  /** From the gradient rows of layer number `l` to those of the layer below. */
  #pass(l: number, begin: number, end: number): void {
    const { kernels, plan, bytes } = this.layers[l];
    const { at, stride, inputs, panels, blocks } = plan;
    kernels.transposedProduct(
      at.inputGradient,
      at.inputCuts,
      at.inputEntries,
      at.activity,
      at.weights,
      at.targets,
      begin,
      end,
      stride,
      inputs,
      panels,
      blocks,
      stride,
      0,
    );
    const below = this.layers[l - 1];
    for (let panel = 0; panel < below.plan.panels; panel++) {
      const from = at.inputGradient + (panel * stride + begin) * ROW_BYTES;
      below.bytes.set(
        bytes.subarray(from, from + (end - begin) * ROW_BYTES),
        below.plan.at.activity + (panel * below.plan.stride + begin) * ROW_BYTES,
      );
    }
  }
}
