// Training in turns of a minute or more, so that there is something to go on from that is little older.

import type { DatasetLike } from '../data/dataset.ts';
import type { EpochEvent } from '../network/events.ts';
import type { FitOptions, Network } from '../network/network.ts';

/** Milliseconds from one checkpoint to the next, at least. */
const SAVE_EVERY = 60_000;
/** Training takes at least so many times as long as writing what it could go on from. */
const SAVE_SHARE = 50;

/** Trains like `fit`, and every minute, between two batches, waits for `save`; more seldom where that takes more than a second or so. */
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
  let every = SAVE_EVERY;
  while (network.position.epoch <= epochs && !signal?.aborted) {
    const pause = new AbortController();
    const timer = setTimeout(() => pause.abort(), every);
    const either = signal ? AbortSignal.any([signal, pause.signal]) : pause.signal;
    try {
      yield* network.fit(train, { ...options, signal: either });
    } finally {
      clearTimeout(timer);
    }
    if (signal?.aborted || network.position.epoch > epochs) continue;
    const startedAt = performance.now();
    await save();
    every = Math.max(SAVE_EVERY, SAVE_SHARE * (performance.now() - startedAt));
  }
}
