// Runs an experiment: every variant with every seed that has not been finished, from where it was stopped.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { slice, splitValidation } from '../data/dataset.ts';
import { type DataSource, loadDataset } from '../data/sources.ts';
import { readStrings, STRING, textDataset } from '../data/text.ts';
import { InputError } from '../errors.ts';
import { writeFileSafely } from '../files/write.ts';
import { loadNetwork } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import type { EpochEvent } from '../train/events.ts';
import { type Experiment, type Extent, type Reproduction, shortened, type Variant } from './experiment.ts';
import { checkSame, type Outcome, readOutcome } from './outcome.ts';
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
  readonly onStart?: (network: Network, examples: number) => void;
  readonly onEvent?: (event: EpochEvent | SeenEvent, variant: Variant, seed: number) => void;
  /** Told of every outcome; `isNew` where it was not there before. */
  readonly onOutcome?: (outcome: Outcome, isNew: boolean) => void;
}

/**
 * Runs `experiment`. Whatever a former call with the same options has finished is taken from its folder, and what was stopped goes
 * on to the same bits. Throws an InputError where the data are missing, or where the folder holds runs of other settings.
 */
export async function reproduce(experiment: Experiment, options: RunOptions = {}): Promise<Reproduction> {
  const { seed, signal = new AbortController().signal } = options;
  const chosen = withSeed(options.short ? shortened(experiment) : experiment, seed);
  const data = await loadData(chosen, options);
  const folder = folderOf(experiment, options);
  const runs = chosen.variants.flatMap(variant => variant.seeds.map(each => ({ variant, seed: each })));
  const outcomes: Outcome[] = [];
  for (const [index, run] of runs.entries()) {
    const { variant } = run;
    const train = options.short ? firstOf(data.train, variant.short.examples) : data.train;
    const base = baseOf(folder, variant, run.seed);
    const [file, model, checkpoint] = [
      `${base}.json`,
      `${base}.safetensors`,
      `${base}.checkpoint.safetensors`,
    ];
    if (options.fresh) for (const old of [file, model, checkpoint]) await rm(old, { force: true });
    const settings = { recipe: variant.recipe, seed: run.seed, examples: train.count };
    if (existsSync(file)) {
      const outcome = await readOutcome(file);
      checkSame(file, outcome, settings);
      outcomes.push(outcome);
      options.onOutcome?.(outcome, false);
      continue;
    }
    if (signal.aborted) break;
    options.onRun?.(variant, run.seed, index + 1, runs.length);
    const learned = await (variant.train ?? trainNetwork)({
      ...settings,
      train,
      test: data.test!,
      isValidation: options.validation !== undefined,
      threads: options.threads,
      signal,
      model,
      checkpoint,
      onStart: network => options.onStart?.(network, train.count),
      onEvent: event => options.onEvent?.(event, variant, run.seed),
    });
    if (!learned) break;
    const outcome: Outcome = { variant: variant.name, ...settings, ...learned, made: provenance() };
    await writeFileSafely(file, JSON.stringify(outcome));
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
    open: variant => loadNetwork(`${baseOf(folder, variant, variant.seeds[0])}.safetensors`, { threads: 1 }),
  };
}

function withSeed(experiment: Experiment, seed: number | undefined): Experiment {
  if (seed === undefined) return experiment;
  const [first, ...others] = experiment.variants.map(variant => ({ ...variant, seeds: [seed] }));
  return { ...experiment, variants: [first, ...others] };
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
    train: textDataset(strings.subarray(0, border), 'text'),
    test: textDataset(strings.subarray(border), 'text'),
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

function baseOf(folder: string, variant: Variant, seed: number): string {
  return join(folder, `${variant.name}-seed-${seed}`);
}
