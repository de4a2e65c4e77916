// Similarity matching beside the maps to classes (Nøkland and Eidnes 2019, the loss `sim`): what a layer's map reads of two images of a
// batch shall be alike where their class is the same.

import { ROW_BYTES } from '../kernels/panels.ts';
import { classHeadsOf, type Layer } from '../layers/layer.ts';
import type { HeadPlan } from '../layers/plan.ts';
import type { BatchRows } from '../layers/rows.ts';
import type { Classes } from '../recipes/recipe.ts';
import { ClassesObjective } from './classes.ts';
import type { Phase } from './objective.ts';

export class SimilarityObjective extends ClassesObjective {
  readonly #similarity: number;

  constructor(learning: Classes) {
    super(learning);
    this.#similarity = learning.similarity ?? 0;
  }

  show(
    { kernels, plan, u32 }: Layer,
    _index: number,
    _rows: BatchRows,
    labels: Uint32Array,
    begin: number,
    end: number,
  ): void {
    const heads = classHeadsOf(plan);
    u32.set(labels.subarray(begin, end), (heads.labels >>> 2) + begin);
    for (const head of heads.groups) {
      const { lengths, rows, entries, width } = head;
      kernels.writeColumns(columnsOf(head), lengths, rows, entries, begin, end, width);
    }
  }

  override compare(
    layer: Layer,
    index: number,
    rows: BatchRows,
    labels: Uint32Array,
    phase: Phase,
    begin: number,
    end: number,
  ): void {
    if (begin < end) this.#compareImages(layer, rows.images, begin, end);
    super.compare(layer, index, rows, labels, phase, begin, end);
  }

  /** What images `begin` to `end` want of their likeness to all of the batch: the gradient of the mean of (wanted − cosine)² over pairs. */
  #compareImages({ kernels, plan }: Layer, images: number, begin: number, end: number): void {
    const { batch } = plan;
    const heads = classHeadsOf(plan);
    for (const head of heads.groups) {
      const { panels, imagePanels, rows, entries, logits, gradient, width, lengths, classes } = head;
      const behind = panels * batch * ROW_BYTES;
      kernels.sparseProduct(
        logits + behind + begin * ROW_BYTES,
        rows + begin * 8,
        entries,
        columnsOf(head),
        0,
        imagePanels,
        end - begin,
        batch,
        width,
        1,
      );
      kernels.similarityGradient(
        gradient + behind,
        logits + behind,
        lengths,
        heads.labels,
        begin,
        end,
        images,
        imagePanels,
        batch,
        (4 * this.#similarity) / images,
        -1 / (classes - 1),
      );
    }
  }
}

/** Where a layer keeps the images of a batch as columns, which it multiplies as it does its map. */
function columnsOf({ weights, panels, width }: HeadPlan): number {
  return weights + panels * (width + 1) * ROW_BYTES;
}
