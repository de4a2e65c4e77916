// What a layer wants of a batch, by itself. Threads share each of these calls, and meet in between.

import type { Layer } from '../layers/layer.ts';
import type { Optimizer } from '../layers/optimizer.ts';
import type { BatchRows } from '../layers/rows.ts';
import type { WorkShare } from '../threads/share.ts';

/** Which rows of a batch move weights. */
export interface Phase {
  readonly positive: boolean;
  readonly negative: boolean;
}

export interface Objective {
  /** Whether `look` normalises the rows, so that they can be handed on. */
  readonly isNormalizing: boolean;
  /** Looks at activities of rows `begin` to `end`, so that their goodness can be asked for. */
  look(layer: Layer, begin: number, end: number): void;
  /** How good `label` is for row `row`, looked at: what the goodness readout sums over layers. `index` counts layers from 0. */
  goodness(layer: Layer, index: number, row: number, label: number): number;
  /** The goodness of what is negative, where that has no rows of its own but is made of image `row` and others. */
  negativeGoodness?(layer: Layer, row: number): number;
  /**
   * Makes images `begin` to `end` and their labels known to the others of the batch, where they are compared with each other: all are
   * shown before any is compared.
   */
  show?(layer: Layer, index: number, rows: BatchRows, labels: Uint32Array, begin: number, end: number): void;
  /**
   * Says which rows count, by their targets, and what their gradient is, for images `begin` to `end` and `labels` (images). Of the rows
   * that count, those of the `phase` alone move weights.
   */
  compare(
    layer: Layer,
    index: number,
    rows: BatchRows,
    labels: Uint32Array,
    phase: Phase,
    begin: number,
    end: number,
  ): void;
  /** Turns activities into gradient rows: a thread's share. `peer` is the strength of peer normalisation. */
  gradientRows(layer: Layer, rows: BatchRows, peer: number, share: WorkShare): void;
  /** A step of what the objective itself learns in a layer: for one thread. */
  step(layer: Layer, optimizer: Optimizer, rate: number, images: number, time: number): void;
}
