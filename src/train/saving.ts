// Training that survives a stop: its state goes into a checkpoint every minute, and where it is stopped.

import type { Dataset } from '../data/dataset.ts';
import { saveNetwork } from '../network/model.ts';
import type { FitOptions, Network } from '../network/network.ts';
import type { EpochEvent } from './events.ts';

/** How old the last checkpoint may get, in milliseconds. */
const SAVE_EVERY = 60_000;

/**
 * Trains like `fit`, and writes `checkpoint` every minute and where the signal ends it, in the middle of an epoch too;
 * `loadNetwork` goes on from there to the same bits. Returns whether training came to its end.
 */
export async function* fitAndSave(
  network: Network,
  train: Dataset,
  checkpoint: string,
  options: FitOptions = {},
): AsyncGenerator<EpochEvent, boolean, void> {
  const { signal, epochs = network.session.recipe.epochs } = options;
  while (network.position.epoch <= epochs) {
    const pause = new AbortController();
    const timer = setTimeout(() => pause.abort(), SAVE_EVERY);
    const either = signal ? AbortSignal.any([signal, pause.signal]) : pause.signal;
    try {
      yield* network.fit(train, { ...options, signal: either });
    } finally {
      clearTimeout(timer);
    }
    if (network.position.epoch > epochs) break;
    await saveNetwork(network, checkpoint, true);
    if (signal?.aborted) return false;
  }
  return true;
}
