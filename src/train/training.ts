// From encoded data to a network that answers them, wherever it runs: looking for the best epoch, then learning as far once more.

import type { Dataset } from '../data/dataset.ts';
import type { PreprocessedData } from '../data/preprocessed.ts';
import { DivergenceError, InputError } from '../errors.ts';
import { sizeOf } from '../layers/shape.ts';
import { create } from '../network/build.ts';
import type { EpochEvent } from '../network/events.ts';
import type { Host } from '../network/host.ts';
import type { Network } from '../network/network.ts';
import type { StopSignal } from '../platform.ts';
import type { Calibration } from '../readouts/calibration.ts';
import { inputShape, shapesOf } from '../recipes/check.ts';
import { recipeFor } from '../recipes/defaults.ts';
import { type Recipe, scoresLabels } from '../recipes/recipe.ts';
import { type Best, restoreBest, searchBest } from './best.ts';
import { fitInTurns } from './turns.ts';

/** How far training has come, beside the position of its network. */
export interface Standing {
  /** Looking for the best epoch, or training as far again with the validation examples among the others. */
  readonly phase: 'search' | 'again';
  /** Every epoch of the search. */
  readonly history: readonly EpochEvent[];
  readonly searchSeconds: number;
  readonly best: Best | undefined;
}

export interface TrainingOptions {
  readonly recipe?: Recipe | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly signal?: StopSignal | undefined;
  /** Opens the network that was stopped, on so many threads, where training goes on from `standing`. */
  readonly reopen?: ((threads: number) => Promise<Network>) | undefined;
  readonly standing?: Standing | undefined;
  /** Given every minute what training can go on from, and where it is stopped. */
  readonly keep?: (network: Network, standing: Standing, isStopped: boolean) => Promise<void>;
}

/** What training came to. */
export interface TrainingResult {
  readonly network: Network;
  readonly calibration: Calibration;
  readonly history: readonly EpochEvent[];
  readonly bestEpoch: number;
  readonly isRetrained: boolean;
  readonly isStopped: boolean;
  /** Why training ended where it went astray, with the best weights until then kept. */
  readonly divergence?: string;
  readonly trainSeconds: number;
}

/** Training was stopped before there was a model; its checkpoint, where one was asked for, is written. */
export class NothingLearned extends InputError {}

/** Below this many, what the validation examples would teach is worth a second training. */
export const RETRAIN_BELOW = 10_000;
/** Multiplications of a batch from which a second thread pays. */
const SHARED_WORK = 1e8;

/**
 * Trains as `trainModel` says it does; tells each network that begins, or goes on, to learn, and every epoch of the search. All networks
 * but the one that it returns are closed.
 */
export async function* learnOwn(
  host: Host,
  data: Pick<PreprocessedData, 'train' | 'validation' | 'whole'>,
  options: TrainingOptions,
): AsyncGenerator<Network | EpochEvent, TrainingResult, void> {
  const { train, validation } = data;
  const { recipe = recipeFor(train), seed, signal, reopen, standing, keep } = options;
  if (!scoresLabels(recipe.learning)) {
    throw new InputError(`recipe ${recipe.name} does not learn labels: take another for your own data`);
  }
  const threads = options.threads ?? threadsFor(host, recipe, train);
  const { width: inputs, classes } = train;
  const make = () => create(host, recipe, { inputs, classes, threads, ...(seed !== undefined && { seed }) });
  const stopped = await reopen?.(threads);
  const { phase = 'search', history: told = [], searchSeconds: spent = 0 } = standing ?? {};
  const network = stopped && phase === 'search' ? stopped : await make();
  const open = new Set([network, ...(stopped ? [stopped] : [])]);
  let kept: Network | undefined;
  let divergence: string | undefined;
  const history = [...told];
  let { best } = standing ?? {};
  try {
    yield stopped ?? network;
    if (phase === 'search') {
      const soFar = () => ({ phase: 'search', history, searchSeconds: 0, best }) as const;
      const save = keep && (() => keep(network, soFar(), false));
      try {
        for await (const step of searchBest(network, train, { validation, best, signal, save })) {
          history.push(step.event);
          best = step.best;
          yield step.event;
        }
        if (signal?.aborted) await keep?.(network, soFar(), true);
      } catch (error) {
        if (!(best && error instanceof DivergenceError)) throw error;
        divergence = error.message;
      }
    }
    if (!best) {
      throw new NothingLearned('training was stopped before its first epoch ended: nothing was learned');
    }
    const { epoch: bestEpoch, calibration } = best;
    const searchSeconds = phase === 'search' ? network.position.trainSeconds : spent;
    const result = { calibration, history, bestEpoch, ...(divergence !== undefined && { divergence }) };
    if (divergence !== undefined) {
      const good = await make();
      open.add(good);
      await restoreBest(good, best);
      kept = good;
      return { ...result, network: good, isRetrained: false, isStopped: false, trainSeconds: searchSeconds };
    }
    await restoreBest(network, best);
    const isStopped = signal?.aborted ?? false;
    if (train.count + validation.count > RETRAIN_BELOW || (isStopped && phase === 'search')) {
      kept = network;
      return { ...result, network, isRetrained: false, isStopped, trainSeconds: searchSeconds };
    }
    const again = stopped && phase === 'again' ? stopped : await make();
    open.add(again);
    yield again;
    const soFar = { phase: 'again', history, searchSeconds, best } as const;
    const save = keep && (() => keep(again, soFar, false));
    if (again.position.epoch <= bestEpoch) {
      // As long as the search, with rates that end at zero there.
      const choice = { epochs: bestEpoch, ...(signal && { signal }) };
      try {
        for await (const _event of fitInTurns(again, data.whole, choice, save));
      } catch (error) {
        if (!(error instanceof DivergenceError)) throw error;
        kept = network;
        const how = { divergence: error.message, isRetrained: false, isStopped: false };
        return { ...result, ...how, network, trainSeconds: searchSeconds };
      }
    }
    const isRetrained = again.position.epoch > bestEpoch;
    if (!isRetrained) await keep?.(again, soFar, true);
    kept = isRetrained ? again : network;
    const trainSeconds = searchSeconds + again.position.trainSeconds;
    return { ...result, network: kept, isRetrained, isStopped: !isRetrained, trainSeconds };
  } finally {
    for (const each of open) if (each !== kept) await each.close();
  }
}

function threadsFor({ cores }: Host, recipe: Recipe, { width }: Dataset): number {
  const sizes = shapesOf(recipe, inputShape(recipe, width)).map(sizeOf);
  const connections = recipe.layers.reduce((sum: number, _, l) => sum + sizes[l] * sizes[l + 1], 0);
  return recipe.batch * connections < SHARED_WORK ? 1 : cores;
}
