// How far training on own data has come, as plain data: what a checkpoint holds beside the network.

import type { Encoding } from '../data/own.ts';
import type { Calibration } from '../readout/calibration.ts';
import type { EpochEvent } from './events.ts';

/** How far training has come, beside the position of its network. */
export interface Learning {
  /** Looking for the best epoch, or training as far again with the validation examples among the others. */
  readonly phase: 'search' | 'again';
  /** Tells whether the data are the same. */
  readonly encoding: Encoding;
  /** Every epoch of the search. */
  readonly history: readonly EpochEvent[];
  readonly searchSeconds: number;
  /** Its weights are in the tensors `best.…`. */
  readonly best?: { readonly epoch: number; readonly loss: number; readonly calibration: Calibration };
}
