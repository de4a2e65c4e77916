// Training that survives a stop: its state goes into a checkpoint every minute, and where it is stopped. A disk that is full stops
// nothing.

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { InputError } from '../errors.ts';
import { WriteError, writeFileSafely } from '../files/write.ts';
import { encodeSession } from '../network/encode.ts';
import type { EpochEvent } from '../network/events.ts';
import type { FitOptions, Network } from '../network/network.ts';
import { fingerprintOf } from './fingerprint.ts';
import { fitInTurns } from './turns.ts';

/** Told, in a sentence, that a file could not be written where it belongs, and where it is kept instead, if anywhere. */
export type OnSaveTrouble = (text: string, keptIn?: string) => void;

/** What is done where nobody wants to be told. */
export const warnOfTrouble: OnSaveTrouble = text => process.emitWarning(text);

/** Keeps what training could go on from; where the disk refuses, it is told, and training goes on. */
export async function keepMeanwhile(save: () => Promise<void>, onTrouble: OnSaveTrouble): Promise<void> {
  try {
    await save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    onTrouble(`${error.message}; training goes on, and tries again in a minute`);
  }
}

/**
 * Keeps what training goes on from where it was stopped in `epoch`, if need be elsewhere, with `save`. Throws an Error where that
 * fails, too: nobody must be told to go on then.
 */
export async function keepStopped(
  epoch: number,
  path: string,
  save: (path: string) => Promise<void>,
  onTrouble: OnSaveTrouble,
): Promise<void> {
  try {
    await saveSomewhere(path, save, onTrouble);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new Error(`stopped in epoch ${epoch}, but nothing was kept to go on from: ${cause.message}`, {
      cause,
    });
  }
}

/**
 * Does `save` with `path` or, where that cannot be written any more, with a path among temporary files or in the user's folder, which is
 * told. Returns the path. Throws a WriteError where none can be written.
 */
export async function saveSomewhere(
  path: string,
  save: (path: string) => Promise<void>,
  onTrouble: OnSaveTrouble,
): Promise<string> {
  try {
    await save(path);
    return path;
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    for (const folder of [tmpdir(), homedir()]) {
      // A folder of its own: nobody else can have put anything in its place.
      const own = await mkdtemp(join(folder, 'ff-')).catch(() => undefined);
      if (own === undefined) continue;
      const other = join(own, basename(path));
      try {
        await save(other);
      } catch {
        await rm(own, { recursive: true }).catch(() => {});
        continue;
      }
      onTrouble(`${error.message}; kept as ${other} instead`, other);
      return other;
    }
    throw error;
  }
}

export interface SavingOptions extends FitOptions {
  /** By default the process warns of it. */
  readonly onSaveTrouble?: OnSaveTrouble | undefined;
}

/**
 * Trains like `fit`, and writes `checkpoint` every minute, a fiftieth of the time at most, and where the signal ends it, in the middle of
 * an epoch too; `loadNetwork` goes on from there to the same bits. Returns whether training came to its end. Throws an Error where it
 * was stopped and the checkpoint cannot be written anywhere.
 */
export async function* fitAndSave(
  network: Network,
  train: Dataset,
  checkpoint: string,
  { onSaveTrouble = warnOfTrouble, ...options }: SavingOptions = {},
): AsyncGenerator<EpochEvent, boolean, void> {
  const { epochs = network.session.recipe.epochs } = options;
  let data: Fingerprint | undefined;
  const saveIn = async (path: string) => {
    data ??= fingerprintOf(train);
    await writeFileSafely(path, encodeSession(network.session, network.position, { data }));
  };
  yield* fitInTurns(network, train, options, () => keepMeanwhile(() => saveIn(checkpoint), onSaveTrouble));
  if (network.position.epoch > epochs) return true;
  await keepStopped(network.position.epoch, checkpoint, saveIn, onSaveTrouble);
  return false;
}
