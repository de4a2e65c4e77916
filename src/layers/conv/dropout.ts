// Which units of an image training leaves out: the same for the same seed and row of the training, whatever the threads.

import type { Kernels } from '../../kernels/kernels.ts';
import { dropoutStream, ROWS_APART } from '../../kernels/random-streams.ts';
import type { ConvPlan } from './plan.ts';

/** Random numbers of a draw: far more than an image has units. */
const DRAWS = 2 ** 26;

export class Dropout {
  readonly #plan: ConvPlan;
  readonly #kernels: Kernels;
  /** What random numbers follow from, in training. */
  #rows: { readonly seed: number; readonly first: number } | undefined;

  constructor(plan: ConvPlan, kernels: Kernels) {
    this.#plan = plan;
    this.#kernels = kernels;
  }

  /** Of the batch that comes: the number in the training of its first row, or undefined where nothing is left out. */
  begin(seed: number, first: number | undefined): void {
    this.#rows = first === undefined ? undefined : { seed, first };
  }

  /**
   * Sets a `share` of the units (P, S · positions, 32) of images `begin` to `end` to zero and lets the others grow as much. `draw` is 0 or 1,
   * for the two that a layer may have of an image.
   */
  drop(units: number, positions: number, begin: number, end: number, share: number, draw: 0 | 1): void {
    if (share === 0 || !this.#rows) return;
    const { index, panels, rows } = this.#plan;
    const { seed, first } = this.#rows;
    this.#kernels.dropUnits(
      units,
      begin,
      end,
      panels,
      positions,
      rows,
      seed,
      dropoutStream(first),
      ROWS_APART,
      (2 * index + draw) * DRAWS,
      Math.round(share * 2 ** 16),
      1 / (1 - share),
    );
  }
}
