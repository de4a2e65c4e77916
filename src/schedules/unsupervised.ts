// Layers that learn each by itself without labels: from images and hybrids of two (section 3.2 of the paper).

import { bindKernels } from '../kernels/kernels.ts';
import { stream } from '../kernels/random-streams.ts';
import type { Layer } from '../layers/layer.ts';
import type { BatchRows } from '../layers/rows.ts';
import { HybridImages } from '../negatives/hybrids.ts';
import type { Unsupervised } from '../recipes/recipe.ts';
import type { Augmentation } from './augmentation.ts';
import type { ActivationTransform } from './between-layers.ts';
import { FeedforwardProgram } from './feedforward.ts';
import type { TrainJob } from './job.ts';
import type { Thread } from './thread.ts';

export class UnsupervisedProgram extends FeedforwardProgram {
  readonly #blurs: number;
  readonly #hybrids: HybridImages;

  constructor(
    thread: Thread,
    layers: readonly Layer[],
    learning: Unsupervised,
    augmentation: Augmentation,
    between?: ActivationTransform,
  ) {
    super(thread, layers, learning, augmentation, between);
    const { hybrids, module, seed } = this.session;
    if (!hybrids) throw new Error('a session without memory for hybrids');
    const { plan, memory } = hybrids;
    const random = { seed, masks: stream.masks, partners: stream.negatives };
    this.#blurs = learning.negatives.blurs;
    this.#hybrids = new HybridImages(plan, bindKernels(module, memory), memory, random);
  }

  protected override writeNegatives(
    { dataset }: TrainJob,
    rows: BatchRows,
    counter: number,
    begin: number,
    end: number,
  ): boolean {
    const negative = rows.first('negative');
    const { labels } = this.readout;
    const mixed = this.#hybrids.mix(dataset, this.examples, counter, this.#blurs, begin, end);
    for (let i = begin; i < end; i++) {
      this.write(negative + i, i, mixed, i, this.moveOf(mixed, i, counter + i), labels[i], true);
    }
    this.layers[0].cutRows(negative + begin, negative + end);
    return false;
  }
}
