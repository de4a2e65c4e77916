// Training in turns of a minute, so that there is something to go on from that is no older.

import type { DatasetLike } from '../data/dataset.ts';
import type { EpochEvent } from '../network/events.ts';
import type { FitOptions, Network } from '../network/network.ts';

/** How old the last checkpoint may get, in milliseconds. */
export const SAVE_EVERY = 60_000;

/** Trains like `fit`, and every minute, between two batches, waits for `save`. */
export async function* fitInTurns(
  network: Network,
  train: DatasetLike,
  options: FitOptions,
  save?: () => Promise<void>,
): AsyncGenerator<EpochEvent, void, void> {
  const { signal, epochs = network.session.recipe.epochs } = options;
  if (!save) {
    yield* network.fit(train, options);
    return;
  }
  while (network.position.epoch <= epochs && !signal?.aborted) {
    const pause = new AbortController();
    const timer = setTimeout(() => pause.abort(), SAVE_EVERY);
    const either = signal ? AbortSignal.any([signal, pause.signal]) : pause.signal;
    try {
      yield* network.fit(train, { ...options, signal: either });
    } finally {
      clearTimeout(timer);
    }
    if (!signal?.aborted && network.position.epoch <= epochs) await save();
  }
}
