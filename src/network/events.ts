// What training tells while it runs. Everything that shows progress (terminal, JSON lines, report) reads these.

import type { ReadoutName } from '../recipes/recipe.ts';

/** The state of training after one epoch. Errors are percentages, times are seconds. */
export interface EpochEvent {
  readonly event: 'epoch';
  /** Counts from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Examples of the epoch: all of the training data without those that rest. Absent in files of older versions. */
  readonly examples?: number;
  /** Time spent training since the start (loading and evaluating not counted). */
  readonly trainSeconds: number;
  readonly imagesPerSecond: number;
  /**
   * Mean goodness of positive data in each layer over the epoch, as the objective sees it; of layers that tell classes apart, the
   * log probability of the right one; empty where layers have neither.
   */
  readonly positiveGoodness: readonly number[];
  /** The goodness of negative data; empty where nothing is negative. */
  readonly negativeGoodness: readonly number[];
  /** Share of units of each layer that are on, 0 to 1, over the epoch's data with the neutral label. */
  readonly density: readonly number[];
  /** Share of rows that still moved the weights, 0 to 1, for each layer. */
  readonly activeRows: readonly number[];
  /** Error of the softmax readout on the training data as it went by, whatever `readout` is: it costs nothing. */
  readonly trainError: number;
  /** By which `validationError` and `testError` count. Absent in files of older versions. */
  readonly readout?: ReadoutName;
  /** Error on data held out of the training set, when there is any. */
  readonly validationError?: number;
  /** Error on the test set, when it is looked at after each epoch. */
  readonly testError?: number;
}

/** Whether `history`, which may be anything, is what was told of epochs of a network of so many layers; throws where it is not even alike. */
export function isHistory(history: readonly EpochEvent[], layers: number): boolean {
  return history.every(
    ({
      epoch,
      epochs,
      examples = 0,
      trainSeconds,
      imagesPerSecond,
      positiveGoodness,
      negativeGoodness,
      density,
      activeRows,
      trainError,
      validationError = 0,
      testError = 0,
    }) =>
      [epoch, epochs, examples].every(Number.isInteger) &&
      [trainSeconds, imagesPerSecond, trainError, validationError, testError].every(Number.isFinite) &&
      [positiveGoodness, negativeGoodness, density, activeRows].every(
        list => [0, layers].includes(list.length) && list.every(Number.isFinite),
      ),
  );
}
