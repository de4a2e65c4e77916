// Backpropagation, for comparison (section 1 of the paper): the gradient of the log probability of the right label comes down
// through all layers. Going down, every thread keeps to its own rows, so that no layer waits for all of the one above.

import { ROW_BYTES } from '../layers/plan.ts';
import type { BlackBox } from './black-box.ts';
import { ClassifierPart } from './classifier.ts';
import type { TrainJob } from './job.ts';
import type { Session } from './session.ts';

export class BackpropPart extends ClassifierPart {
  readonly #readoutBytes: Uint8Array;
  /** The number of the lowest layer that a gradient comes to: no function between layers is below it. */
  readonly #lowest: number;

  constructor(session: Session, part: number, parts: number, box?: BlackBox) {
    super(session, part, parts, box);
    this.#readoutBytes = new Uint8Array(session.readoutMemory.buffer);
    this.#lowest = session.recipe.between?.after ?? 0;
    // Every row counts, always.
    for (const { plan, u32 } of this.layers) {
      for (let row = 0; row < plan.batch; row++) u32[(plan.at.targets >>> 2) + row] = row;
    }
  }

  protected trainBatch(job: TrainJob, index: number, images: number): void {
    this.writeBatch(job, index, images);
    this.forward(0, images, images);
    this.read(0, images);
    this.#backward(this.begin(images), this.end(images));
    this.wait();

    if (this.isFirst) this.account(index, images, this.#lowest);
    for (let l = this.#lowest; l < this.layers.length; l++) {
      const { kernels, plan } = this.layers[l];
      const { at, inputs, columnCapacity } = plan;
      const [begin, end] = [this.begin(inputs + 1), this.end(inputs + 1)];
      kernels.clearColumns(at.columns, begin, end, columnCapacity);
      kernels.appendRows(
        at.columns,
        at.lists,
        at.inputRows,
        at.inputEntries,
        at.targets,
        begin,
        end,
        images,
        inputs,
        1,
      );
    }
    this.wait();
    this.step(job, index, images, 0, this.#lowest);
  }

  /** Turns the activity of rows `begin` to `end` of every layer that learns into gradient rows, in place. */
  #backward(begin: number, end: number): void {
    if (begin === end) return;
    const top = this.layers[this.layers.length - 1];
    const { at, head, stride, units } = top.plan;
    const logits = this.session.readoutPlan.at.gradient;
    top.bytes.set(
      this.#readoutBytes.subarray(logits + begin * ROW_BYTES, logits + end * ROW_BYTES),
      head!.gradient + begin * ROW_BYTES,
    );
    top.kernels.transposedProduct(
      at.activity,
      at.outputRows,
      at.outputEntries,
      head!.gradient,
      head!.weights,
      begin,
      end,
      stride,
      units,
      1,
      1,
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
      begin,
      end,
      stride,
      inputs,
      panels,
      blocks,
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
