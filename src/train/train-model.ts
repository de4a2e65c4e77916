// From somebody's own data to a model, without further questions: the whole way that `ff train FILE` goes.

import { availableParallelism } from 'node:os';
import type { Dataset } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import type { PreprocessedData } from '../data/preprocess.ts';
import { checkRoom } from '../data/room.ts';
import { InputError } from '../errors.ts';
import { sizeOf } from '../layers/shape.ts';
import { createNetwork, node } from '../network/create.ts';
import { decodeDescribed } from '../network/encode.ts';
import type { EpochEvent } from '../network/events.ts';
import { Model } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import { inputShape, shapesOf } from '../recipes/check.ts';
import { recipeFor } from '../recipes/defaults.ts';
import { type Recipe, scoresLabels } from '../recipes/recipe.ts';
import { restoreBest, searchBest } from './best.ts';
import { type Checkpoint, type Learning, saveCheckpoint } from './checkpoint.ts';
import { checkSameData, fingerprintOfLearned } from './fingerprint.ts';
import { keepStopped, SAVE_EVERY } from './saving.ts';

export interface TrainModelOptions {
  /** Made for the data by default. */
  readonly recipe?: Recipe | undefined;
  readonly seed?: number | undefined;
  /** By default one for small networks, whose threads would wait for each other, and all cores for others. */
  readonly threads?: number | undefined;
  /** Ends training early: the best weights so far are kept. */
  readonly signal?: AbortSignal | undefined;
  /** Where to write what training can go on from, once a minute and when it is stopped; to the same bits as without the stop. */
  readonly checkpoint?: string | undefined;
  /** Goes on from there, with its recipe and seed. */
  readonly resume?: Checkpoint | undefined;
  /** Told before the first epoch, with the network that is trained. */
  readonly onStart?: (network: Network) => void;
  readonly onEpoch?: (event: EpochEvent) => void;
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
  readonly trainSeconds: number;
}

/** Training was stopped before there was a model; its checkpoint, where one was asked for, is written. */
export class NothingLearned extends InputError {}

/** Below this many, what the validation examples would teach is worth a second training. */
const RETRAIN_BELOW = 10_000;
/** Multiplications of a batch from which a second thread pays. */
const SHARED_WORK = 1e8;

/**
 * Trains a network on `data` (of `preprocess`), keeps the epoch with the least log loss on the validation examples and fits there
 * how sure it may be. Up to 10,000 examples are learned from once more, with the validation examples among them, up to that epoch
 * and at rates that have fallen to zero by then. Close the model when done. Throws an InputError for a recipe that makes no sense,
 * for a checkpoint of other data, or where training is stopped before it has looked at the validation examples; an Error where it
 * is stopped and the checkpoint cannot be written.
 */
export async function trainModel(
  data: PreprocessedData,
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  const { signal, onStart, onEpoch, checkpoint, resume } = options;
  const { encoding } = data;
  let fingerprint = resume && checkResumed(resume, data);
  const recipe = resume?.description.recipe ?? options.recipe ?? recipeFor(data.train);
  if (!scoresLabels(recipe.learning)) {
    throw new InputError(`recipe ${recipe.name} does not learn labels: take another for your own data`);
  }
  const seed = resume?.description.seed ?? options.seed;
  const threads = options.threads ?? threadsFor(recipe, data.train);
  const { width: inputs, classes } = data.train;
  const make = () => createNetwork(recipe, { inputs, classes, threads, ...(seed !== undefined && { seed }) });
  const stopped = resume && (await decodeDescribed(node, resume.bytes, resume.path, { threads })).network;
  const { phase = 'search', history: told = [], searchSeconds: spent = 0 } = resume?.learning ?? {};
  const network = stopped && phase === 'search' ? stopped : await make();
  const open = new Set([network, ...(stopped ? [stopped] : [])]);
  const history = [...told];
  let { best } = resume ?? {};
  let savedAt = performance.now();
  const save = async (inTraining: Network, phase: Learning['phase'], searchSeconds: number) => {
    if (checkpoint === undefined) return;
    fingerprint ??= fingerprintOfLearned(data);
    const learning = { phase, encoding, history, searchSeconds };
    await saveCheckpoint(checkpoint, inTraining, learning, fingerprint, best);
    savedAt = performance.now();
  };
  const isDue = () => performance.now() - savedAt > SAVE_EVERY;
  try {
    checkMemory(network, data);
    onStart?.(stopped ?? network);
    if (phase === 'search') {
      const { validation, train } = data;
      for await (const step of searchBest(network, train, { validation, best, signal })) {
        history.push(step.event);
        best = step.best;
        onEpoch?.(step.event);
        if (isDue()) await save(network, 'search', 0);
      }
      if (signal?.aborted) await keepStopped(network.position.epoch, () => save(network, 'search', 0));
    }
    if (!best) {
      throw new NothingLearned('training was stopped before its first epoch ended: nothing was learned');
    }
    const { epoch: bestEpoch, calibration } = best;
    const searchSeconds = phase === 'search' ? network.position.trainSeconds : spent;
    await restoreBest(network, best);
    const finish = async (kept: Network, isStopped: boolean, seconds: number): Promise<TrainedModel> => {
      for (const other of open) if (other !== kept) await other.close();
      const model = new Model(kept, encoding, calibration);
      const isRetrained = kept !== network;
      return { model, history, bestEpoch, isRetrained, isStopped, trainSeconds: seconds };
    };
    const isStopped = signal?.aborted ?? false;
    if (data.rows.learned.length > RETRAIN_BELOW || (isStopped && phase === 'search')) {
      return await finish(network, isStopped, searchSeconds);
    }
    const again = stopped && phase === 'again' ? stopped : await make();
    open.add(again);
    if (again.position.epoch <= bestEpoch) {
      // As long as the search, with rates that end at zero there.
      for await (const _event of again.fit(data.whole, { epochs: bestEpoch, ...(signal && { signal }) })) {
        if (isDue()) await save(again, 'again', searchSeconds);
      }
    }
    const isRetrained = again.position.epoch > bestEpoch;
    if (!isRetrained) {
      await keepStopped(again.position.epoch, () => save(again, 'again', searchSeconds));
    }
    const seconds = searchSeconds + again.position.trainSeconds;
    return await finish(isRetrained ? again : network, !isRetrained, seconds);
  } catch (error) {
    for (const each of open) await each.close();
    throw error;
  }
}

/** Throws an InputError where there is no memory for a network, the best weights so far, and a network that is trained once more. */
function checkMemory({ memoryBytes }: Network, { name, train, rows }: PreprocessedData): void {
  const networks = rows.learned.length > RETRAIN_BELOW ? 1 : 2;
  const bytes = memoryBytes.reduce((sum, layer) => sum + layer);
  const what = `${name}: a network for ${train.width} inputs`;
  const advice = 'take fewer columns, or a recipe with smaller layers';
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

function threadsFor(recipe: Recipe, { width }: Dataset): number {
  const sizes = shapesOf(recipe, inputShape(recipe, width)).map(sizeOf);
  const connections = recipe.layers.reduce((sum: number, _, l) => sum + sizes[l] * sizes[l + 1], 0);
  return recipe.batch * connections < SHARED_WORK ? 1 : availableParallelism();
}
