// A plain ReLU network with the softmax readout on its last layer: what the paper compares Forward-Forward with (section 1).
// Labels are no inputs, nothing is negative, and layers hand on their activities as they are. How it learns, the files
// beside this one say.

import type { DenseLayer } from '../layers/dense.ts';
import { InputRows } from '../layers/input.ts';
import type { BlackBox } from './black-box.ts';
import { type EvaluateJob, stream, type TrainJob } from './job.ts';
import { Part } from './part.ts';
import type { Session } from './session.ts';
import { openDense } from './supervised.ts';

export abstract class ClassifierPart extends Part<DenseLayer> {
  readonly #input: InputRows;

  constructor(session: Session, part: number, parts: number, box?: BlackBox) {
    super(session, part, parts, openDense(session), box);
    this.#input = new InputRows(this.layers[0], 0, 0);
  }

  /** Writes the images of batch `index` as rows 0 … and their labels; returns when all threads have. */
  protected writeBatch(job: TrainJob, index: number, images: number): void {
    const { dataset, order } = job;
    const [begin, end] = [this.begin(images), this.end(images)];
    const firstExample = index * this.session.recipe.batch;
    const counter = (job.epoch - 1) * dataset.count + firstExample;
    for (let i = begin; i < end; i++) {
      const example = order[firstExample + i];
      const [right, down] = this.shiftOf(stream.shift, counter + i);
      this.#input.writeRow(i, dataset, example, right, down, undefined);
      this.readout.labels[i] = dataset.labels[example];
    }
    this.layers[0].cutRows(begin, end);
    this.wait();
  }

  protected override handOn(l: number, begin: number, end: number): void {
    if (this.session.recipe.between?.after === l + 1) {
      super.handOn(l, begin, end);
      return;
    }
    const { kernels, plan } = this.layers[l];
    const { at, stride, panels } = plan;
    kernels.compressRows(at.outputRows, at.outputEntries, at.activity, begin, end, stride, panels);
  }

  /** Adds up what a batch looked like, of which the layers from number `lowest` learn; for one thread, before it is overwritten. */
  protected account(index: number, images: number, lowest: number): void {
    for (let l = 0; l < this.layers.length; l++) {
      const { plan, f32, u32 } = this.layers[l];
      const totals = plan.at.totals >>> 2;
      const rows = plan.at.outputRows >>> 2;
      let squares = 0;
      let on = 0;
      for (let i = 0; i < images; i++) {
        squares += f32[totals + i];
        on += (u32[rows + 2 * i + 1] - u32[rows + 2 * i]) / 8;
      }
      // Of the two rows an image that can be active, none is left out.
      this.control.addLayer(l, squares, 0, on, l < lowest ? 0 : 2 * images);
    }
    this.finish(index, images);
  }

  protected evaluateBatch(job: EvaluateJob, first: number, images: number): void {
    const [begin, end] = [this.begin(images), this.end(images)];
    for (let i = begin; i < end; i++) this.#input.writeRow(i, job.dataset, first + i, 0, 0, undefined);
    this.layers[0].cutRows(begin, end);
    this.wait();
    this.forward(0, images, images);
    this.read(0, images);
    this.answer(job, first, images);
  }
}
