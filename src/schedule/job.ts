// What the threads of a network are asked to do.

import type { Dataset } from '../data/dataset.ts';

/**
 * Streams of random numbers. The weights of layer l come from stream `weights` + l; those of block b of a layer of blocks
 * from stream `blocks` · (l + 1) + b.
 */
export const stream = { shuffle: 1, negatives: 2, shift: 3, masks: 4, weights: 16, blocks: 2 ** 16 };

/** Train on the batches of one epoch, from batch `firstBatch`. */
export interface TrainJob {
  readonly kind: 'train';
  readonly dataset: Dataset;
  /** The examples in the order of this epoch. */
  readonly order: Uint32Array;
  /** Counts from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly firstBatch: number;
}

/** Look at every example, with every label where labels are inputs. */
export interface EvaluateJob {
  readonly kind: 'evaluate';
  readonly dataset: Dataset;
  /** Filled with the goodness (count, layers, classes) of each label in each layer, zeros before; empty where labels are no inputs. */
  readonly goodness: Float32Array;
  /** Filled with the softmax readout's probabilities (count, classes). */
  readonly probabilities: Float32Array;
  /** Filled, where it is there, with the goodness (count, iterations, layers, classes) at each step of a recurrent network. */
  readonly overTime?: Float32Array;
}

export type Job = TrainJob | EvaluateJob;
