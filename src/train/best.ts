// Training that keeps the best weights: after some of the epochs the network answers examples it does not learn from, and
// in the end it is put back to where it answered them best.

import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import type { FitOptions, Network } from '../network/network.ts';
import { readState, type StateTensor, writeState } from '../network/state.ts';
import { fitCalibration, logLoss } from '../readout/calibration.ts';
import type { EpochEvent } from './events.ts';

export interface FitBestOptions extends Omit<FitOptions, 'validation'> {
  readonly validation: Dataset;
}

/** Batches between two looks at the validation examples. */
const LOOK_EVERY = 40;
/** Training ends where the loss has not fallen for this share of all epochs. */
const PATIENCE = 0.35;

/**
 * Trains like `fit`, and leaves the network with the weights of the epoch that had the least log loss on the validation
 * examples; returns that epoch. The loss, unlike the error, tells epochs apart on a few dozen examples, too. The
 * optimizer's state does not go back: a network trained so is finished.
 */
export async function* fitBest(
  network: Network,
  train: Dataset,
  options: FitBestOptions,
): AsyncGenerator<EpochEvent, number, void> {
  const { validation, ...rest } = options;
  const { session } = network;
  const epochs = options.epochs ?? session.recipe.epochs;
  const every = Math.max(1, Math.round(LOOK_EVERY / Math.ceil(train.count / session.recipe.batch)));
  let best:
    | { readonly epoch: number; readonly loss: number; readonly state: readonly StateTensor[] }
    | undefined;
  for await (const event of network.fit(train, rest)) {
    const { epoch } = event;
    if (epoch % every !== 0 && epoch !== epochs) {
      yield event;
      continue;
    }
    const { goodnessSums, answers } = await network.evaluate(validation);
    const calibration = fitCalibration(goodnessSums, validation.labels, session.classes);
    const loss = logLoss(goodnessSums, validation.labels, session.classes, calibration);
    if (!best || loss < best.loss) best = { epoch, loss, state: readState(session, false) };
    yield { ...event, validationError: answers.error };
    if (epoch - best.epoch > PATIENCE * epochs) break;
  }
  if (!best) throw new InputError('training was stopped before its first epoch ended: nothing was learned');
  const tensors = new Map(best.state.map(tensor => [tensor.name, tensor.data]));
  writeState(session, false, name => tensors.get(name)!);
  return best.epoch;
}
