// Training that survives a stop: its state goes into a checkpoint every minute, and where it is stopped.

import type { Dataset } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { InputError } from '../errors.ts';
import { writeFileSafely } from '../files/write.ts';
import { encodeSession } from '../network/encode.ts';
import type { EpochEvent } from '../network/events.ts';
import type { FitOptions, Network } from '../network/network.ts';
import { fingerprintOf } from './fingerprint.ts';

/** How old the last checkpoint may get, in milliseconds. */
export const SAVE_EVERY = 60_000;

/**
 * Keeps what training goes on from with `save`, where it was stopped in `epoch`. Throws an Error where that fails: nobody must be
 * told to go on then.
 */
export async function keepStopped(epoch: number, save: () => Promise<void>): Promise<void> {
  try {
    await save();
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new Error(`stopped in epoch ${epoch}, but nothing was kept to go on from: ${cause.message}`, {
      cause,
    });
  }
}

/**
 * Trains like `fit`, and writes `checkpoint` every minute and where the signal ends it, in the middle of an epoch too;
 * `loadNetwork` goes on from there to the same bits. Returns whether training came to its end. Throws an Error where it was
 * stopped and the checkpoint cannot be written.
 */
export async function* fitAndSave(
  network: Network,
  train: Dataset,
  checkpoint: string,
  options: FitOptions = {},
): AsyncGenerator<EpochEvent, boolean, void> {
  const { signal, epochs = network.session.recipe.epochs } = options;
  let data: Fingerprint | undefined;
  const save = async () => {
    data ??= fingerprintOf(train);
    await writeFileSafely(checkpoint, encodeSession(network.session, network.position, { data }));
  };
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
    if (signal?.aborted) {
      await keepStopped(network.position.epoch, save);
      return false;
    }
    await save();
  }
  return true;
}
