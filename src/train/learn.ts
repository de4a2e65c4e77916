// From somebody's own data to a model, without further questions: the whole way that `ff train FILE` goes.

import { availableParallelism } from 'node:os';
import type { Dataset } from '../data/dataset.ts';
import type { PreprocessedData } from '../data/own.ts';
import { Model } from '../network/answers.ts';
import { createNetwork } from '../network/create.ts';
import type { Network } from '../network/network.ts';
import { fitCalibration } from '../readout/calibration.ts';
import { recipeFor } from '../recipes/own.ts';
import { layerUnits, type Recipe } from '../recipes/recipe.ts';
import { fitBest } from './best.ts';
import type { EpochEvent } from './events.ts';

export interface TrainModelOptions {
  /** Made for the data by default. */
  readonly recipe?: Recipe | undefined;
  readonly seed?: number | undefined;
  /** By default one for small networks, whose threads would wait for each other, and all cores for others. */
  readonly threads?: number | undefined;
  /** Ends training early: the best weights so far are kept. */
  readonly signal?: AbortSignal | undefined;
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
  readonly trainSeconds: number;
}

/** Below this many, what the validation examples would teach is worth a second training. */
const RETRAIN_BELOW = 10_000;
/** Multiplications of a batch from which a second thread pays. */
const SHARED_WORK = 1e8;

/**
 * Trains a network on `data` (of `preprocess`), keeps the epoch with the least log loss on the validation examples and fits there
 * how sure it may be. Up to 10,000 examples are learned from once more, for as many epochs, with the validation examples among
 * them. Close the model when done. Throws an InputError for a recipe that makes no sense, or where training is stopped
 * before its first epoch ends.
 */
export async function trainModel(
  data: PreprocessedData,
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  const { seed, signal, onStart, onEpoch } = options;
  const recipe = options.recipe ?? recipeFor(data.train);
  const threads = options.threads ?? threadsFor(recipe, data.train);
  const sizes = {
    inputs: data.train.width,
    classes: data.train.classes,
    threads,
    ...(seed !== undefined && { seed }),
  };
  const network = await createNetwork(recipe, sizes);
  const history: EpochEvent[] = [];
  try {
    onStart?.(network);
    const epochs = fitBest(network, data.train, { validation: data.validation, ...(signal && { signal }) });
    let step = await epochs.next();
    for (; !step.done; step = await epochs.next()) {
      history.push(step.value);
      onEpoch?.(step.value);
    }
    const bestEpoch = step.value;
    const { goodnessSums } = await network.evaluate(data.validation);
    const calibration = fitCalibration(goodnessSums, data.validation.labels, data.validation.classes);
    const { encoding } = data;
    const { trainSeconds } = network.position;
    if (data.whole.count > RETRAIN_BELOW || signal?.aborted) {
      return {
        model: new Model(network, encoding, calibration),
        history,
        bestEpoch,
        isRetrained: false,
        trainSeconds,
      };
    }
    const whole = await createNetwork(recipe, sizes);
    try {
      for await (const { epoch } of whole.fit(data.whole, signal ? { signal } : {}))
        if (epoch >= bestEpoch) break;
    } catch (error) {
      await whole.close();
      throw error;
    }
    const isRetrained = whole.position.epoch > bestEpoch;
    const [kept, other] = isRetrained ? [whole, network] : [network, whole];
    await other.close();
    return {
      model: new Model(kept, encoding, calibration),
      history,
      bestEpoch,
      isRetrained,
      trainSeconds: trainSeconds + whole.position.trainSeconds,
    };
  } catch (error) {
    await network.close();
    throw error;
  }
}

function threadsFor({ layers, batch }: Recipe, { width }: Dataset): number {
  const sizes = [width, ...layers.map(layerUnits)];
  const connections = layers.reduce((sum: number, _, l) => sum + sizes[l] * sizes[l + 1], 0);
  return batch * connections < SHARED_WORK ? 1 : availableParallelism();
}
