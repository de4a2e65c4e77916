// How far training is: what a checkpoint keeps beside the weights.

import type { EpochEvent } from './events.ts';

/** Where training stands: in the middle of `epoch`, with `batch` of its batches done. */
export interface Position {
  /** Counts from 1. */
  readonly epoch: number;
  readonly batch: number;
  /** Examples in an epoch; 0 before the first. */
  readonly examples: number;
  readonly trainSeconds: number;
  /** What the epoch has summed up so far, for its event. */
  readonly sums: readonly number[];
  /** The label of each negative example that the network has written for this epoch, where the recipe asks for such. */
  readonly rolledOut?: readonly number[];
  /** The last epoch in which each example was settled, where the recipe lets those rest. */
  readonly settledIn?: ArrayLike<number>;
  /** Examples learned from so far, where some have rested. */
  readonly seen?: number;
  /** What was told of the epochs before. */
  readonly history: readonly EpochEvent[];
}
