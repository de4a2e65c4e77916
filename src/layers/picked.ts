// What one thread has picked out of a layer's rows for the block that it works on: compressed rows of the block's field
// alone, numbered as its weights are, in memory that no other thread uses.

import type { Kernels } from '../kernels/kernels.ts';
import type { BlockPlan, WiredPlan } from './wiring.ts';

export class PickedRows {
  /** Byte offsets of the rows, and of the columns that they are listed in. */
  readonly at: WiredPlan['scratch'][number];
  readonly #plan: WiredPlan;
  readonly #kernels: Kernels;
  readonly #u32: Uint32Array;

  constructor(plan: WiredPlan, kernels: Kernels, u32: Uint32Array, thread: number) {
    this.at = plan.scratch[thread];
    this.#plan = plan;
    this.#kernels = kernels;
    this.#u32 = u32;
  }

  /** Picks into rows `to` … what `count` rows from `from` see of a block's field below. */
  below({ inputs, below }: BlockPlan, from: number, to: number, count: number): void {
    const { at, belowPanels: panels } = this.#plan;
    const source = { rows: at.inputRows, cuts: at.inputCuts, entries: at.inputEntries, panels };
    this.#gather(source, below, inputs, 0, from, to, count);
  }

  /** Adds what they see above, where there is such a layer. */
  above({ inputs, above, belowInputs }: BlockPlan, from: number, to: number, count: number): void {
    if (!above) return;
    const { at, abovePanels: panels } = this.#plan;
    const source = { rows: at.aboveRows, cuts: at.aboveCuts, entries: at.aboveEntries, panels };
    this.#gather(source, above, inputs, belowInputs, from, to, count);
  }

  #gather(
    source: { rows: number; cuts: number; entries: number; panels: number },
    field: { at: number; count: number },
    inputs: number,
    first: number,
    from: number,
    to: number,
    count: number,
  ): void {
    const { rows, entries } = this.at;
    const { panels } = source;
    if (panels) {
      this.#kernels.gatherPanels(
        rows,
        entries,
        source.cuts + (from - to) * (panels + 1) * 4,
        source.entries,
        field.at,
        to,
        to + count,
        field.count,
        panels,
        inputs + 1,
        first,
      );
    } else {
      this.#kernels.gatherRows(
        rows,
        entries,
        source.rows + (from - to) * 8,
        source.entries,
        field.at,
        to,
        to + count,
        field.count,
        inputs + 1,
        first,
      );
    }
  }

  /** Makes rows `to` … see nothing. */
  clear({ inputs }: BlockPlan, to: number, count: number): void {
    const rows = this.at.rows >>> 2;
    for (let row = to; row < to + count; row++) {
      this.#u32.fill(row * (inputs + 1) * 8, rows + 2 * row, rows + 2 * row + 2);
    }
  }

  /** Lists the rows by input; shared images lie where rows are that move no weights themselves. */
  list(inputs: number, images: number, peer: number): void {
    const { at, columnCapacity, sharesImages, sharedRow, peerRow } = this.#plan;
    const { rows, entries, columns, lists, sums } = this.at;
    const kernels = this.#kernels;
    const beyond = inputs + 1;
    const sharedRows = rows + images * 8;
    const sharedTargets = at.targets + sharedRow * 4;
    const withBias = sharesImages ? 0 : 1;
    kernels.clearColumns(columns, 0, beyond, columnCapacity);
    kernels.appendRows(columns, lists, rows, entries, at.targets, 0, beyond, 3 * images, inputs, withBias);
    if (sharesImages) {
      kernels.appendRows(columns, lists, sharedRows, entries, sharedTargets, 0, beyond, images, inputs, 1);
    }
    if (peer) {
      kernels.sumRows(sums, rows, entries, 0, beyond, images, inputs, withBias);
      if (sharesImages) kernels.sumRows(sums, sharedRows, entries, 0, beyond, images, inputs, 1);
      kernels.appendSums(columns, lists, sums, 0, beyond, peerRow);
    }
  }
}
