// What the threads of a network are asked to do.

import type { Dataset } from '../data/dataset.ts';

/** Streams of random numbers; the weights of layer l come from stream WEIGHTS + l. */
export const stream = { shuffle: 1, negatives: 2, shift: 3, masks: 4, characters: 5, weights: 16 };

/** Train on the batches of one epoch, from batch `firstBatch`. */
export interface TrainJob {
  readonly kind: 'train';
  readonly dataset: Dataset;
  /** Of which example i is negative for example i, where the network writes them. */
  readonly rolledOut?: Dataset;
  /** The examples in the order of this epoch. */
  readonly order: Uint32Array;
  /** Counts from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly firstBatch: number;
}

/** Look at every example. */
export interface EvaluateJob {
  readonly kind: 'evaluate';
  readonly dataset: Dataset;
  /**
   * Filled with the goodness (count, layers, classes) of each label in each layer; empty where labels are no inputs, or where
   * one pass is enough.
   */
  readonly goodness: Float32Array;
  /** Filled with the softmax readout's probabilities (count, classes). */
  readonly probabilities: Float32Array;
}

export type Job = TrainJob | EvaluateJob;
