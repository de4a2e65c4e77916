// From somebody's own data to a model, without further questions: the whole way that `ff train FILE` goes.

import type { Fingerprint } from '../data/fingerprint.ts';
import type { PreprocessedData } from '../data/preprocess.ts';
import { checkRoom } from '../data/room.ts';
import { InputError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { checkWritable } from '../files/write.ts';
import { node } from '../network/create.ts';
import type { EpochEvent } from '../network/events.ts';
import { Model } from '../network/model.ts';
import { Network } from '../network/network.ts';
import { decodeWhole } from '../network/own-description.ts';
import type { PageOptions } from '../network/page-script.ts';
import type { StopSignal } from '../platform.ts';
import { recipeForImages } from '../recipes/own-images.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { type Checkpoint, saveCheckpoint } from './checkpoint.ts';
import { checkSameData, fingerprintOfLearned } from './fingerprint.ts';
import { keepMeanwhile, keepStopped, type OnSaveTrouble, warnOfTrouble } from './saving.ts';
import { learnOwn, RETRAIN_BELOW, type Standing } from './training.ts';

export interface TrainModelOptions extends PageOptions {
  /** Made for the data by default: of convolutions where pixels are plain and images have 24 a side or more. */
  readonly recipe?: Recipe | undefined;
  readonly seed?: number | undefined;
  /** By default one for small networks, whose threads would wait for each other, and all cores for others. */
  readonly threads?: number | undefined;
  /** Ends training early: the best weights so far are kept. */
  readonly signal?: StopSignal | undefined;
  /**
   * Where to write what training can go on from, once a minute (a fiftieth of the time at most) and when it is stopped; to the same bits as
   * without the stop.
   */
  readonly checkpoint?: string | undefined;
  /** Goes on from there, with its recipe and seed. */
  readonly resume?: Checkpoint | undefined;
  /** Told before the first epoch, with the network that is trained. */
  readonly onStart?: (network: Network) => void;
  readonly onEpoch?: (event: EpochEvent) => void;
  /** Told where the checkpoint cannot be written; by default the process warns of it. Training goes on. */
  readonly onSaveTrouble?: OnSaveTrouble;
}

/** A model and how it was come by. */
export interface TrainedModel {
  readonly model: Model;
  /** Every epoch of the training that chose the best one. */
  readonly history: readonly EpochEvent[];
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  /** Whether the network was trained once more, on training and validation examples together. */
  readonly isRetrained: boolean;
  /** Whether `signal` ended it before it was through. */
  readonly isStopped: boolean;
  /** Why training ended where weights or activities were no longer finite: the best until then are kept. */
  readonly divergence?: string;
  readonly trainSeconds: number;
}

/**
 * Trains a network on `data` (of `preprocess`), keeps the epoch with the least log loss on the validation examples and fits there
 * how sure it may be. Up to 10,000 examples are learned from once more, with the validation examples among them, up to that epoch
 * and at rates that have fallen to zero by then. Close the model when done. Throws an InputError for a recipe that makes no sense,
 * for a checkpoint of other data or that cannot be written, or where training is stopped before it has looked at the validation
 * examples; an Error where it is stopped and the checkpoint cannot be written anywhere.
 */
export async function trainModel(
  data: PreprocessedData,
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  const { checkpoint } = options;
  if (checkpoint === undefined) return train(data, options);
  await checkWritable(checkpoint);
  return withLock(checkpoint, () => train(data, options));
}

async function train(data: PreprocessedData, options: TrainModelOptions): Promise<TrainedModel> {
  const { threads, signal, onStart, onEpoch, checkpoint, resume, onSaveTrouble = warnOfTrouble } = options;
  const { encoding } = data;
  let fingerprint = resume && checkResumed(resume, data);
  const keepIn = async (path: string, network: Network, standing: Standing) => {
    fingerprint ??= fingerprintOfLearned(data);
    const { best, ...learning } = standing;
    await saveCheckpoint(path, network, { ...learning, encoding }, fingerprint, best);
  };
  const steps = learnOwn(node, data, {
    recipe: resume?.description.recipe ?? options.recipe ?? recipeForImages(data),
    seed: resume?.description.seed ?? options.seed,
    threads,
    signal,
    ...(resume && {
      reopen: async threads => (await decodeWhole(node, resume.bytes, resume.path, { threads })).network,
      standing: { ...resume.learning, best: resume.best },
    }),
    ...(checkpoint !== undefined && {
      async keep(network, standing, isStopped) {
        const save = (path: string) => keepIn(path, network, standing);
        if (isStopped) await keepStopped(network.position.epoch, checkpoint, save, onSaveTrouble);
        else await keepMeanwhile(() => save(checkpoint), onSaveTrouble);
      },
    }),
  });
  let isStarted = false;
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        const { network, calibration, ...how } = value;
        return { model: new Model(network, encoding, calibration), ...how };
      }
      if (!(value instanceof Network)) onEpoch?.(value);
      else if (!isStarted) {
        isStarted = true;
        checkMemory(value, data);
        onStart?.(value);
      }
    }
  } finally {
    // Where it throws that was told, there are networks to be closed.
    await steps.return(undefined as never);
  }
}

/** Throws an InputError where there is no memory for a network, the best weights so far, and a network that is trained once more. */
function checkMemory({ memoryBytes }: Network, { name, train, rows }: PreprocessedData): void {
  const networks = rows.learned.length > RETRAIN_BELOW ? 1 : 2;
  const bytes = memoryBytes.reduce((sum, layer) => sum + layer);
  const what = `${name}: a network for ${train.width} inputs`;
  const advice = `take ${train.shape ? 'smaller images' : 'fewer columns'}, or a recipe with smaller layers`;
  checkRoom({ arrays: (networks + 0.5) * bytes, heap: 0 }, { arrays: 0, heap: 0 }, what, advice);
}

/**
 * The fingerprint of `data`; throws an InputError where a checkpoint is of others. Older ones tell only how examples became inputs,
 * not what they were.
 */
function checkResumed({ path, description, learning }: Checkpoint, data: PreprocessedData): Fingerprint {
  const advice = 'to go on, give the same data as before';
  if (JSON.stringify(learning.encoding) !== JSON.stringify(data.encoding)) {
    throw new InputError(`${path} is of other data than ${data.name}: ${advice}`);
  }
  const found = fingerprintOfLearned(data);
  checkSameData(path, description.data, found, advice);
  return found;
}
