// Training that knows its best weights: after some of the epochs the network answers examples it does not learn from.

import type { Dataset } from '../data/dataset.ts';
import type { EpochEvent } from '../network/events.ts';
import type { Network } from '../network/network.ts';
import { readState, type StateTensor, writeState } from '../network/state.ts';
import type { StopSignal } from '../platform.ts';
import { type Calibration, fitCalibration, logLoss } from '../readouts/calibration.ts';
import { fitInTurns } from './turns.ts';

/** The weights that answered the validation examples with the least log loss, and how sure they may be. */
export interface Best {
  readonly epoch: number;
  readonly loss: number;
  readonly calibration: Calibration;
  readonly state: readonly StateTensor[];
}

export interface SearchOptions {
  readonly validation: Dataset;
  /** From before training was stopped. */
  readonly best?: Best | undefined;
  readonly signal?: StopSignal | undefined;
  /** Awaited every minute, between two batches. */
  readonly save?: (() => Promise<void>) | undefined;
}

/** Batches between two looks at the validation examples. */
const LOOK_EVERY = 40;
/** Training ends where the loss has not fallen for this share of all epochs. */
const PATIENCE = 0.35;

/**
 * Trains like `fit`, and tells the best weights so far with each epoch, once it has looked. The loss, unlike the error, tells
 * epochs apart on a few dozen examples, too.
 */
export async function* searchBest(
  network: Network,
  train: Dataset,
  { validation, best, signal, save }: SearchOptions,
): AsyncGenerator<{ event: EpochEvent; best: Best | undefined }, void, void> {
  const { session } = network;
  const { epochs, batch } = session.recipe;
  const every = Math.max(1, Math.round(LOOK_EVERY / Math.ceil(train.count / batch)));
  const isLook = (epoch: number) => epoch % every === 0 || epoch === epochs;
  const isOver = (epoch: number) => best !== undefined && epoch - best.epoch > PATIENCE * epochs;
  const last = network.position.epoch - 1;
  if (isLook(last) && isOver(last)) return;
  for await (const event of fitInTurns(network, train, signal ? { signal } : {}, save)) {
    const { epoch } = event;
    if (!isLook(epoch)) {
      yield { event, best };
      continue;
    }
    const { goodnessSums, answers } = await network.evaluate(validation);
    const calibration = fitCalibration(goodnessSums, validation.labels, session.classes);
    const loss = logLoss(goodnessSums, validation.labels, session.classes, calibration);
    if (!best || loss < best.loss) best = { epoch, loss, calibration, state: readState(session, false) };
    yield { event: { ...event, validationError: answers.error }, best };
    if (isOver(epoch)) return;
  }
}

/** Puts the network back to its best weights. The optimizer's state does not go back: it is finished. */
export async function restoreBest(network: Network, { state }: Best): Promise<void> {
  const tensors = new Map(state.map(({ name, data }) => [name, data]));
  await network.atRest(() => writeState(network.session, false, name => tensors.get(name)!));
}
