// How a variant learns: usually as a network, over epochs.

import { existsSync } from 'node:fs';
import type { Dataset } from '../data/dataset.ts';
import { createNetwork } from '../network/create.ts';
import type { EpochEvent } from '../network/events.ts';
import { loadDescribed, saveNetwork } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { checkSameData, fingerprintOf } from '../train/fingerprint.ts';
import { fitAndSave, type OnSaveTrouble } from '../train/saving.ts';
import { type Curve, checkSame, FRESH, type Learned } from './outcome.ts';

/** How far a training that knows no epochs has come; `error` in % over all examples so far. */
export interface SeenEvent {
  readonly event: 'seen';
  readonly examples: number;
  readonly of: number;
  readonly error: number;
  readonly trainSeconds: number;
}

/** What a training is to do. */
export interface Task {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly train: Dataset;
  /** Looked at once, at the end. */
  readonly test: Dataset;
  /** Whether `test` was held out of the training set, so that it may be looked at after every epoch. */
  readonly isValidation: boolean;
  /** All cores by default. */
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  /** The file to write the model to. */
  readonly model: string;
  /** The file that a stopped training goes on from. */
  readonly checkpoint: string;
  readonly onStart: (network: Network) => void;
  readonly onEvent: (event: EpochEvent | SeenEvent) => void;
  /** Told of a file which does not say what data it is of, so that they cannot be compared. */
  readonly onUncompared: (path: string) => void;
  readonly onSaveTrouble?: OnSaveTrouble | undefined;
}

/** Trains to the end and writes the model, or returns undefined where it was stopped before. */
export type Training = (task: Task) => Promise<Learned | undefined>;

/** Trains a network for the epochs of its recipe. */
export const trainNetwork: Training = async task => {
  const { recipe, train, test, isValidation, signal, checkpoint } = task;
  const network = await open(task);
  try {
    task.onStart(network);
    const epochs = fitAndSave(network, train, checkpoint, {
      signal,
      onSaveTrouble: task.onSaveTrouble,
      ...(isValidation && { validation: test }),
    });
    let step = await epochs.next();
    for (; !step.done; step = await epochs.next()) task.onEvent(step.value);
    if (!step.value) return undefined;
    const { goodnessReadout, softmaxReadout } = await network.evaluate(test);
    await saveNetwork(network, task.model);
    return {
      ...(goodnessReadout && { goodnessError: goodnessReadout.error }),
      softmaxError: softmaxReadout.error,
      epochs: recipe.epochs,
      trainSeconds: network.position.trainSeconds,
      threads: network.threads,
      build: network.session.build,
      curve: curveOf(network.history),
    };
  } finally {
    await network.close();
  }
};

async function open({ recipe, seed, train, threads, checkpoint, onUncompared }: Task): Promise<Network> {
  const chosen = threads === undefined ? {} : { threads };
  if (!existsSync(checkpoint)) {
    return createNetwork(recipe, { inputs: train.width, classes: train.classes, seed, ...chosen });
  }
  const { network, description } = await loadDescribed(checkpoint, chosen);
  try {
    const { session, position } = network;
    checkSame(
      checkpoint,
      { ...session, examples: position.examples },
      { recipe, seed, examples: train.count },
    );
    if (!checkSameData(checkpoint, description.data, fingerprintOf(train), FRESH)) onUncompared(checkpoint);
  } catch (error) {
    await network.close();
    throw error;
  }
  return network;
}

function curveOf(history: readonly EpochEvent[]): Curve {
  const validation = history.map(({ validationError }) => validationError);
  const isValidated = validation.every(error => error !== undefined);
  return {
    unit: 'epochs',
    at: history.map(({ epoch }) => epoch),
    trainError: history.map(({ trainError }) => trainError),
    ...(isValidated && { validationError: validation }),
  };
}
