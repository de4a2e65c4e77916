// What the threads of a network are asked to do.

import type { Dataset } from '../data/dataset.ts';

/** Train on the batches of one epoch, from batch `firstBatch`. */
export interface TrainJob {
  readonly kind: 'train';
  readonly dataset: Dataset;
  /** Of which example i is negative for example i, where the network writes them. */
  readonly rolledOut?: Dataset;
  /** The examples of this epoch, in its order. */
  readonly order: Uint32Array;
  /** (count): the last epoch in which each example was settled, for recipes that let those rest; 0: none. */
  readonly settledIn?: Uint16Array;
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
   * Filled with the goodness (count, layers, classes) of each label in each layer, zeros before; empty where layers do not say how
   * good a label is, or where the softmax readout is enough.
   */
  readonly goodness: Float32Array;
  /** Filled with the softmax readout's probabilities (count, classes). */
  readonly probabilities: Float32Array;
  /** Filled, where it is there, with the goodness (count, iterations, layers, classes) at each step of a recurrent network. */
  readonly overTime?: Float32Array;
}

/** Be there: what all other jobs need is made. */
export interface BeginJob {
  readonly kind: 'begin';
}

export type Job = BeginJob | TrainJob | EvaluateJob;

/** What is done with an example. */
export type Kind = (TrainJob | EvaluateJob)['kind'];
