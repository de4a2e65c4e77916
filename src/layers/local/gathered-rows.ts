// What one thread has gathered out of a layer's rows for the block that it works on: compressed rows of the block's field
// alone, numbered as its weights are, in memory that no other thread uses.

import type { Kernels } from '../../kernels/kernels.ts';
import type { BlockPlan, LocalPlan, ReceivedRows } from './plan.ts';

export class GatheredRows {
  /** Byte offsets of the rows, and of the columns that they are listed in. */
  readonly at: LocalPlan['scratch'][number];
  readonly #plan: LocalPlan;
  readonly #kernels: Kernels;
  readonly #u32: Uint32Array;

  constructor(plan: LocalPlan, kernels: Kernels, u32: Uint32Array, thread: number) {
    this.at = plan.scratch[thread];
    this.#plan = plan;
    this.#kernels = kernels;
    this.#u32 = u32;
  }

  /** Gathers into rows 0 … what `count` rows from `from` see of a block's field below. */
  below(block: BlockPlan, from: number, count: number): void {
    this.#gather(this.#plan.seen.below, block.below, block.inputs, 0, from, count);
  }

  /** Adds what they see above, where there is such a layer. */
  above({ inputs, above, belowInputs }: BlockPlan, from: number, count: number): void {
    if (above) this.#gather(this.#plan.seen.above, above, inputs, belowInputs, from, count);
  }

  #gather(
    seen: ReceivedRows,
    runs: { at: number; count: number },
    inputs: number,
    first: number,
    from: number,
    count: number,
  ): void {
    const { rows, entries } = this.at;
    const source = seen.rows + from * 8;
    this.#kernels.gatherRows(
      rows,
      entries,
      source,
      seen.entries,
      runs.at,
      0,
      count,
      runs.count,
      inputs,
      first,
    );
  }

  /** Makes rows 0 … see nothing. */
  clear({ inputs }: BlockPlan, count: number): void {
    const rows = this.at.rows >>> 2;
    for (let row = 0; row < count; row++) {
      this.#u32[rows + 2 * row] = row * inputs * 8;
      this.#u32[rows + 2 * row + 1] = row * inputs * 8;
    }
  }

  /** Gathers the columns of a block's field, and that of the bias; returns where they are. */
  columns({ inputs, columns: numbers }: BlockPlan): number {
    const u32 = this.#u32;
    const [to, from, first] = [this.at.columns, this.#plan.at.columns, numbers].map(pointer => pointer >>> 2);
    for (let k = 0; k <= inputs; k++) {
      const column = from + 2 * u32[first + k];
      u32[to + 2 * k] = u32[column];
      u32[to + 2 * k + 1] = u32[column + 1];
    }
    return this.at.columns;
  }
}
