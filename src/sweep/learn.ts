// One training of a sweep, as far as it is asked for, from where it was left.

import type { Dataset } from '../data/dataset.ts';
import { DivergenceError, InputError } from '../errors.ts';
import { joinChunks } from '../files/safetensors.ts';
import { createNetwork, node } from '../network/create.ts';
import { encodeModel } from '../network/encode.ts';
import type { EpochEvent } from '../network/events.ts';
import type { Network } from '../network/network.ts';
import { decodeWhole } from '../network/own-description.ts';
import { betweenOf, type Recipe } from '../recipes/recipe.ts';
import { thin } from '../report/axis.ts';
import { atLeast0, type Infer, list, object, optional, type Schema, text, whole } from '../schema.ts';
import { heldOutOf } from './data.ts';
import { digestOfBytes } from './digest.ts';
import type { Trial } from './trials.ts';

/** A training, and the epoch after which it is looked at. */
export interface TrialTask {
  readonly trial: Trial;
  readonly until: number;
}

/** A list that may be empty. */
function listed<T>(schema: Schema<T>): Schema<readonly T[]> {
  return (value, path) => (Array.isArray(value) && value.length === 0 ? [] : list(schema)(value, path));
}

const curvePoint = object({
  epoch: whole(1),
  trainError: atLeast0,
  /** Of the examples held out. */
  error: atLeast0,
});

const outcome = object({
  trial: text,
  until: whole(1),
  /** Of the examples held out; absent where nothing was learned. */
  error: optional(atLeast0),
  /** Why nothing was learned, which would be so wherever it is tried again. */
  failure: optional(text),
  curve: listed(curvePoint),
  trainSeconds: atLeast0,
  /** The SHA-256 of the model, where it has learned all of its epochs. */
  model: optional(text),
  /** Who has ended it. */
  worker: text,
});

/** What came of a task; the same whoever did it, but for times and the worker. Errors in %. */
export type TrialOutcome = Infer<typeof outcome>;

/** The outcome in `value`, whatever that really is; throws an InputError where it is none. */
export function checkOutcome(value: unknown): TrialOutcome {
  return outcome(value, '');
}

/** Whether there is nothing more to learn. */
export function isThrough({ model, failure }: TrialOutcome): boolean {
  return (model ?? failure) !== undefined;
}

/** What is told after an epoch. */
export interface Told {
  readonly trial: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly error: number;
  /** Seconds of training until `until`, if it goes on as so far. */
  readonly secondsLeft: number;
  readonly worker: string;
}

export interface WorkerSettings {
  readonly worker: string;
  readonly threads: number;
  /** Whether a recipe may name a JavaScript module, which is code that runs here. */
  readonly allowModule: boolean;
}

/** Where a training is kept meanwhile, and who is told. Each may throw: then it ends, and can be gone on with. */
export interface Keeping {
  /** What training goes on from. */
  readonly checkpoint?: Uint8Array | undefined;
  /** Whether it was kept; where it is needed, whoever keeps it waits until it is. */
  readonly keep: (checkpoint: Uint8Array[], epoch: number, isNeeded: boolean) => Promise<boolean>;
  readonly tell: (told: Told) => Promise<void> | void;
  readonly signal: AbortSignal;
}

/** What came of it, and the model where it has learned all of its epochs. */
export interface LearnedTrial {
  readonly outcome: TrialOutcome;
  readonly model?: Uint8Array;
}

/**
 * What is kept of a training takes one part in so many of its time: of the seconds that it holds training up, and of the processor's, of which a
 * process among many has few.
 */
const KEEP_SHARE = 50;
/** Milliseconds of a training that is begun which are not worth keeping; what it costs is not known yet. */
const UNKEPT = 2000;
/** Milliseconds until it is tried again to keep what was not. */
const AGAIN = 2000;

/**
 * Trains up to the end of epoch `until`; what could be gone on from is kept after each epoch, or as seldom as costs a fiftieth of the time.
 * Undefined where the signal ends it; what it has come to is kept.
 */
export async function learn(
  { trial, until }: TrialTask,
  data: Dataset,
  { worker, threads, allowModule }: WorkerSettings,
  keeping: Keeping,
): Promise<LearnedTrial | undefined> {
  const { id, recipe } = trial;
  const none = { trial: id, until, curve: [], trainSeconds: 0, worker };
  if (namesModule(recipe) && !allowModule) {
    throw new InputError(`the recipe of training ${id} names code to be run, which is not allowed here`);
  }
  let network: Network | undefined;
  try {
    const { train, validation } = heldOutOf(data, trial.heldOut);
    network = await open(trial, train, threads, allowModule, keeping.checkpoint);
    if (!(await advance(network, until, train, validation, keeping, { id, worker }))) return undefined;
    // It may have learned more before the sweep compared so early.
    const history = network.history.filter(({ epoch }) => epoch <= until);
    const curve = curveOf(history);
    const isWhole = until >= recipe.epochs;
    const model = isWhole ? joinChunks(await encodeModel(network, false)) : undefined;
    const outcome: TrialOutcome = {
      ...none,
      error: curve.at(-1)!.error,
      curve,
      trainSeconds: history.at(-1)!.trainSeconds,
      ...(model && { model: digestOfBytes([model]) }),
    };
    return { outcome, ...(model && { model }) };
  } catch (error) {
    if (!isHopeless(error)) throw error;
    return { outcome: { ...none, failure: error.message, curve: curveOf(network?.history ?? []) } };
  } finally {
    await network?.close();
  }
}

/** Whether it would be so wherever it is tried again: not what the system, or another machine, may answer otherwise. */
function isHopeless(error: unknown): error is Error {
  if (error instanceof DivergenceError) return true;
  if (!(error instanceof InputError) || error instanceof Unkept) return false;
  return error.cause === undefined || isHopeless(error.cause);
}

/** A training that could not be kept: not its own fault. */
class Unkept extends InputError {}

/** Whether it names code to be run. */
export function namesModule({ learning }: Recipe): boolean {
  return betweenOf(learning)?.kind === 'module';
}

async function open(
  { recipe, seed, build }: Trial,
  { width: inputs, classes }: Dataset,
  threads: number,
  allowModule: boolean,
  checkpoint?: Uint8Array,
): Promise<Network> {
  if (checkpoint) {
    try {
      return (await decodeWhole(node, checkpoint, 'the checkpoint', { threads, allowModule })).network;
    } catch (error) {
      // A checkpoint that is damaged is none.
      if (!(error instanceof InputError)) throw error;
    }
  }
  return createNetwork(recipe, { inputs, classes, seed, threads, build });
}

/** Milliseconds that have passed, and those that processors have spent on this process. */
interface Moment {
  readonly passed: number;
  readonly spent: number;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { passed: performance.now(), spent: (user + system) / 1000 };
}

/** Asks the system what was spent only where enough has passed: after short epochs, asking would be most of the cost. */
function isDue({ passed, spent }: Moment): boolean {
  return performance.now() >= passed && now().spent >= spent;
}

/** When what took from `start` to `end` may be done again. */
function againAfter(start: Moment, end: Moment): Moment {
  return {
    passed: end.passed + KEEP_SHARE * (end.passed - start.passed),
    spent: end.spent + KEEP_SHARE * (end.spent - start.spent),
  };
}

/** Whether it came to the end of epoch `until`. */
async function advance(
  network: Network,
  until: number,
  train: Dataset,
  validation: Dataset,
  { keep, tell, signal }: Keeping,
  { id, worker }: { readonly id: string; readonly worker: string },
): Promise<boolean> {
  if (network.position.epoch > until) return true;
  const keepNow = async (isNeeded: boolean) =>
    keep(await encodeModel(network, true), network.position.epoch - 1, isNeeded).catch(unkept);
  const isBegun = network.position.epoch > 1;
  const begun = now();
  let next = isBegun ? begun : { passed: begun.passed + UNKEPT, spent: begun.spent + UNKEPT };
  for await (const event of network.fit(train, { validation, signal })) {
    const { epoch, epochs, trainSeconds } = event;
    const isLast = epoch >= until;
    // What others go on from is kept in any case.
    if (isLast ? until < epochs : isDue(next)) {
      const start = now();
      const isKept = await keepNow(isLast);
      const end = now();
      next = isKept ? againAfter(start, end) : { ...end, passed: end.passed + AGAIN };
    }
    const secondsLeft = (trainSeconds / epoch) * (until - epoch);
    const told = { trial: id, epoch, epochs, error: event.validationError!, secondsLeft, worker };
    try {
      await tell(told);
    } catch (error) {
      unkept(error);
    }
    if (isLast) return true;
  }
  await keepNow(true);
  return false;
}

function unkept(error: unknown): never {
  if (error instanceof InputError) throw new Unkept(error.message, { cause: error });
  throw error;
}

/** Of more epochs, some tell as much: an outcome is a message, too. */
const MOST_POINTS = 500;

function curveOf(history: readonly EpochEvent[]): TrialOutcome['curve'] {
  return thin(history, MOST_POINTS).map(({ epoch, trainError, validationError }) => ({
    epoch,
    trainError,
    error: validationError!,
  }));
}
