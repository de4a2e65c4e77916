// Runs an experiment: every variant with every seed that has not been finished, from where it was stopped.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { slice, splitValidation } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { type DataSource, loadDataset } from '../data/named/named-datasets.ts';
import { readStrings, STRING } from '../data/text/strings.ts';
import { textDataset } from '../data/text/windows.ts';
import { InputError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { writeFileSafely } from '../files/write.ts';
import type { EpochEvent } from '../network/events.ts';
import { loadNetwork } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import { checkSameData, fingerprintOf } from '../train/fingerprint.ts';
import type { OnSaveTrouble } from '../train/saving.ts';
import { type Experiment, type Extent, type Reproduction, shortened, type Variant } from './experiment.ts';
import { checkSame, FRESH, type Outcome, readOutcome } from './outcome.ts';
import { provenance } from './provenance.ts';
import { type SeenEvent, trainNetwork } from './training.ts';

/** As many as in the paper, and those that follow to test on. */
const STRINGS = 248;
const TEST_STRINGS = 124;

export interface RunOptions extends Extent {
  readonly threads?: number | undefined;
  /** Forgets what was finished or stopped before. */
  readonly fresh?: boolean | undefined;
  /** Where models, checkpoints and outcomes are kept; runs/reproduce by default. */
  readonly folder?: string | undefined;
  /** UTF-8, for experiments on text. */
  readonly text?: string | undefined;
  /** Instead of the experiment's own data. */
  readonly data?: DataSource | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told before a variant is trained with a seed, the `index`-th of `count` such trainings. */
  readonly onRun?: (variant: Variant, seed: number, index: number, count: number) => void;
  readonly onStart?: (network: Network) => void;
  readonly onEvent?: (event: EpochEvent | SeenEvent, variant: Variant, seed: number) => void;
  /** Told of every outcome; `isNew` where it was not there before. */
  readonly onOutcome?: (outcome: Outcome, isNew: boolean) => void;
  /** Told of what was finished or stopped before and does not say what data it is of, as older files do not. */
  readonly onUncompared?: (path: string) => void;
  /** Told where a checkpoint cannot be written; by default the process warns of it. */
  readonly onSaveTrouble?: OnSaveTrouble;
}

/**
 * Runs `experiment`. Whatever a former call with the same options has finished is taken from its folder, and what was stopped goes
 * on to the same bits. Throws an InputError where the data are missing, or where the folder holds runs of other settings or data.
 */
export async function reproduce(experiment: Experiment, options: RunOptions = {}): Promise<Reproduction> {
  const { signal = new AbortController().signal } = options;
  const chosen = chosenOf(experiment, options);
  const data = await loadData(chosen, options);
  const folder = folderOf(experiment, options);
  const test = data.test!;
  const tested = fingerprintOf(test);
  const trained = new Map<number, Fingerprint>();
  const runs = runsOf(chosen).map(({ variant, seed }) => {
    const train = options.short ? firstOf(data.train, variant.short.examples) : data.train;
    const known = { train: trained.get(train.count) ?? fingerprintOf(train), test: tested };
    trained.set(train.count, known.train);
    const settings = { recipe: variant.recipe, seed, examples: train.count };
    return { variant, train, known, settings, files: filesOf(folder, variant, seed) };
  });
  if (options.fresh) {
    for (const { files } of runs) for (const old of Object.values(files)) await rm(old, { force: true });
  }
  // All before the first training, which should not be in vain.
  const before = new Map<string, Outcome>();
  for (const { files, settings, known } of runs) {
    const file = files.outcome;
    if (!existsSync(file)) continue;
    const outcome = await readOutcome(file);
    checkSame(file, outcome, settings);
    const isCompared =
      checkSameData(file, outcome.data?.train, known.train, FRESH) &&
      checkSameData(file, outcome.data?.test, known.test, FRESH);
    if (!isCompared) options.onUncompared?.(file);
    before.set(file, outcome);
  }
  const outcomes: Outcome[] = [];
  for (const [index, { variant, train, known, settings, files }] of runs.entries()) {
    const { model, checkpoint } = files;
    const finished = before.get(files.outcome);
    if (finished) {
      outcomes.push(finished);
      options.onOutcome?.(finished, false);
      continue;
    }
    if (signal.aborted) break;
    options.onRun?.(variant, settings.seed, index + 1, runs.length);
    const learned = await withLock(model, () =>
      (variant.train ?? trainNetwork)({
        ...settings,
        train,
        test,
        isValidation: options.validation !== undefined,
        threads: options.threads,
        signal,
        model,
        checkpoint,
        onStart: network => options.onStart?.(network),
        onEvent: event => options.onEvent?.(event, variant, settings.seed),
        onUncompared: path => options.onUncompared?.(path),
        onSaveTrouble: options.onSaveTrouble,
      }),
    );
    if (!learned) break;
    const outcome: Outcome = {
      variant: variant.name,
      ...settings,
      data: known,
      ...learned,
      made: provenance(),
    };
    await writeFileSafely(files.outcome, JSON.stringify(outcome));
    await rm(checkpoint, { force: true });
    outcomes.push(outcome);
    options.onOutcome?.(outcome, true);
  }
  return {
    experiment: chosen,
    options,
    data,
    outcomes,
    isDone: outcomes.length === runs.length,
    open: variant => loadNetwork(filesOf(folder, variant, variant.seeds[0]).model, { threads: 1 }),
  };
}

/** The files that `reproduce` is going to write: of all that is not finished. */
export function filesToWrite(experiment: Experiment, options: RunOptions): string[] {
  const folder = folderOf(experiment, options);
  return runsOf(chosenOf(experiment, options))
    .map(({ variant, seed }) => filesOf(folder, variant, seed))
    .filter(({ outcome }) => options.fresh || !existsSync(outcome))
    .flatMap(Object.values<string>);
}

function chosenOf(experiment: Experiment, { short, seed }: RunOptions): Experiment {
  const chosen = short ? shortened(experiment) : experiment;
  if (seed === undefined) return chosen;
  const [first, ...others] = chosen.variants.map(variant => ({ ...variant, seeds: [seed] }));
  return { ...chosen, variants: [first, ...others] };
}

function runsOf({ variants }: Experiment): { variant: Variant; seed: number }[] {
  return variants.flatMap(variant => variant.seeds.map(seed => ({ variant, seed })));
}

/** The training set and what the error is reported of. */
async function loadData(experiment: Experiment, options: RunOptions): Promise<DataSource> {
  const source = options.data ?? (await sourceOf(experiment, options));
  if (options.validation !== undefined) {
    const { train, validation } = splitValidation(source.train, options.validation);
    return { train, test: validation };
  }
  if (!source.test) throw new InputError(`${source.train.name} has no test set, which the experiment needs`);
  return source;
}

async function sourceOf({ name, data }: Experiment, { text }: RunOptions): Promise<DataSource> {
  if (data !== 'text') return loadDataset(data);
  if (text === undefined) {
    throw new InputError(
      `${name} learns from a text: name a UTF-8 file of 40,000 letters or more with --text`,
    );
  }
  const strings = await readStrings(text, STRINGS + TEST_STRINGS);
  const border = STRINGS * STRING;
  if (strings.length <= border) {
    const found = strings.length / STRING;
    throw new InputError(
      `${text}: expected more than ${STRINGS} strings of ${STRING} characters, found ${found}`,
    );
  }
  return {
    train: textDataset(strings.subarray(0, border), basename(text)),
    test: textDataset(strings.subarray(border), basename(text)),
  };
}

function firstOf(dataset: DataSource['train'], examples: number): DataSource['train'] {
  return slice(dataset, 0, Math.min(examples, dataset.count));
}

// Of one name: whatever differs in data or length must not be taken for one another.
function folderOf(
  { name }: Experiment,
  { folder = 'runs/reproduce', short, validation }: RunOptions,
): string {
  const kind = [...(short ? ['short'] : []), ...(validation ? [`validation-${validation}`] : [])].join('-');
  return join(folder, name, kind);
}

function filesOf(
  folder: string,
  variant: Variant,
  seed: number,
): Record<'outcome' | 'model' | 'checkpoint', string> {
  const base = join(folder, `${variant.name}-seed-${seed}`);
  return {
    outcome: `${base}.json`,
    model: `${base}.safetensors`,
    checkpoint: `${base}.checkpoint.safetensors`,
  };
}
