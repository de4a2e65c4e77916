// ff train: data in; model, report and test errors out.

import { basename, resolve } from 'node:path';
import { type Dataset, splitValidation } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { loadDataset } from '../data/named/named-datasets.ts';
import { InputError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { removeFile } from '../files/write.ts';
import { createNetwork } from '../network/create.ts';
import { loadDescribed, saveNetwork } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { forImages } from '../recipes/images.ts';
import { type Recipe, readoutOf } from '../recipes/recipe.ts';
import { reportOf } from '../report/collect.ts';
import { checkSameData, fingerprintOf } from '../train/fingerprint.ts';
import { fitAndSave, saveSomewhere } from '../train/saving.ts';
import { machineOf, perClass, verdict } from './describe.ts';
import { openFile } from './open.ts';
import { print, printJson, warn } from './output.ts';
import { defaultModel, saveReport, type TrainingFiles, tellTrouble, withTrainingFiles } from './outputs.ts';
import { Progress } from './progress.ts';
import { type LearningOptions, readingWords, refuseReading } from './reading.ts';
import { recipeNamed } from './recipe-file.ts';
import { optionWords, shell } from './shell.ts';
import { Stop } from './stop.ts';
import { colors, duration, pairs } from './text.ts';

export interface TrainOptions extends LearningOptions {
  readonly recipe?: string;
  readonly epochs?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly validation?: number;
  readonly test?: string;
  readonly label?: string;
  readonly skipBad?: boolean;
  readonly open?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export async function train(source: string, options: TrainOptions): Promise<void> {
  refuse(options);
  const startedAt = performance.now();
  const { resume } = options;
  const stopped = resume === undefined ? undefined : await openStopped(resume, options);
  let network = stopped?.network;
  try {
    const chosen = network?.session.recipe ?? (await chooseRecipe(options));
    const model = options.out ?? defaultModel(`${basename(resolve(source))}-${chosen.name}`);
    const inputs = [source, ...(options.test === undefined ? [] : [options.test])];
    await withTrainingFiles(model, inputs, resume, async files => {
      const found = await loadData(source, options);
      if (stopped) compareData(resume!, stopped.description.data, found.data);
      network ??= await createNetwork(forImages(chosen, found.data), {
        inputs: found.data.width,
        classes: found.data.classes,
        ...(options.seed !== undefined && { seed: options.seed }),
        ...threadsOf(options),
      });
      const task = { ...found, ...files, source, model, startedAt };
      await withLock(files.checkpoint, () => trainAndSave(network!, task, options));
    });
  } finally {
    await network?.close();
  }
}

/** What a network learns from, and what is written of it. */
interface Work extends TrainingFiles {
  readonly data: Dataset;
  readonly validation?: Dataset | undefined;
  readonly test?: Dataset | undefined;
  readonly source: string;
  readonly model: string;
  /** In milliseconds of `performance.now`. */
  readonly startedAt: number;
}

async function trainAndSave(network: Network, work: Work, options: TrainOptions): Promise<void> {
  const { data, validation, test, source, startedAt } = work;
  const say = options.quiet || options.json ? () => {} : print;
  const sayJson = options.json ? printJson : () => {};
  const { recipe, seed, build } = network.session;
  const stop = new Stop();
  say(colors.bold(`${recipe.name} on ${data.name}`));
  say(pairs([...describeRecipe(recipe), ['machine', machineOf(network)]]));
  const trained = await stop.during(() => trainToEnd(network, work, stop, options, sayJson));
  const { trainSeconds, epoch } = network.position;
  if (trained.checkpoint !== undefined) {
    const { checkpoint } = trained;
    sayJson({ event: 'stopped', epoch, trainSeconds, checkpoint });
    const command = resumeCommand(source, checkpoint, work.model, options);
    stop.tell(`stopped in epoch ${epoch}; to go on: ${colors.bold(command)}`, say);
    return;
  }
  const { model } = trained;
  const judged = test ?? validation;
  const evaluation = judged && (await network.evaluate(judged));
  let report: string | undefined;
  if (judged && evaluation) {
    say(
      `\n${perClass(evaluation, recipe.learning, judged)}\n\n${verdict(judged.name, evaluation, recipe.learning)}`,
    );
    report = await saveReport(work.report, await reportOf(network, judged, evaluation));
  }
  const totalSeconds = (performance.now() - startedAt) / 1000;
  say(`trained in ${duration(trainSeconds)}, ${duration(totalSeconds)} in all\n`);
  say(pairs(nextSteps(model, report, source)));
  if (options.open && report !== undefined) await openFile(report);
  sayJson({
    event: 'done',
    ...(evaluation && {
      [test ? 'testError' : 'validationError']: evaluation.answers.error,
      softmaxError: evaluation.softmaxReadout.error,
    }),
    trainSeconds,
    totalSeconds,
    readout: readoutOf(recipe.learning),
    seed,
    threads: network.threads,
    simd: build,
    model,
  });
}

/** How a training goes on that was stopped. */
export function resumeCommand(
  source: string,
  checkpoint: string,
  model: string,
  { validation, test, skipBad, ...reading }: TrainOptions,
): string {
  const command = shell`npx ff train ${source} --resume ${checkpoint} --out ${model}`;
  const words = optionWords({ validation, test, 'skip-bad': skipBad });
  return [command, ...words, ...readingWords(reading)].join(' ');
}

/** Says where a checkpoint cannot tell what it has learned from. */
export function warnUncompared(path: string, name: string): void {
  warn(`${path} does not say of which data it is, as older checkpoints do not: going on with ${name}`);
}

function refuse({ label, resume, recipe, seed, epochs, skipBad = false, ...others }: TrainOptions): void {
  refuseReading({ skipBad, ...others });
  if (label !== undefined) {
    throw new InputError('--label names a column of a table: give the table, such as data.csv');
  }
  if (resume !== undefined && [recipe, seed, epochs].some(option => option !== undefined)) {
    throw new InputError(
      '--resume goes on with the recipe, the seed and the epochs of the checkpoint: leave out --recipe, --seed and --epochs',
    );
  }
}

async function loadData(source: string, options: TrainOptions) {
  const { train: all, test: own } = await loadDataset(source);
  const test = options.test === undefined ? own : await testSetOf(options.test);
  if (!options.validation) return { data: all, test };
  const { train: data, validation } = splitValidation(all, options.validation);
  return { data, validation, test };
}

/** The test set of a source, or all of it where it has only one set. */
export async function testSetOf(source: string): Promise<Dataset> {
  const { train: all, test } = await loadDataset(source);
  return test ?? all;
}

function threadsOf({ threads }: TrainOptions): { threads?: number } {
  return threads === undefined ? {} : { threads };
}

async function chooseRecipe({ recipe = 'one-pass', epochs }: TrainOptions): Promise<Recipe> {
  const found = await recipeNamed(recipe);
  return epochs === undefined ? found : { ...found, epochs };
}

async function openStopped(path: string, options: TrainOptions) {
  const { network, description } = await loadDescribed(path, threadsOf(options));
  if (network.position.examples > 0) return { network, description };
  await network.close();
  throw new InputError(
    `${path} is a finished model: expected a checkpoint, which holds the optimizer's state to go on with`,
  );
}

function compareData(path: string, kept: Fingerprint | undefined, data: Dataset): void {
  const advice = 'to go on, give the same data as before, and hold out as many with --validation';
  if (!checkSameData(path, kept, fingerprintOf(data), advice)) warnUncompared(path, data.name);
}

/** Where the model of a training is that came to its end, or the checkpoint of one that was stopped. */
type Trained = { readonly model: string; readonly checkpoint?: undefined } | { readonly checkpoint: string };

/** Trains, and saves what was learned; the model before it is judged, which may take long. */
async function trainToEnd(
  network: Network,
  { data, validation, test, model, checkpoint }: Work,
  stop: Stop,
  options: TrainOptions,
  sayJson: (event: object) => void,
): Promise<Trained> {
  const progress = options.quiet || options.json ? undefined : new Progress(network);
  let kept = checkpoint;
  try {
    const epochs = fitAndSave(network, data, checkpoint, {
      ...(validation ? { validation } : test ? { test } : {}),
      signal: stop.signal,
      onSaveTrouble: (text, keptIn) => {
        kept = keptIn ?? kept;
        tellTrouble(text, keptIn);
      },
    });
    let step = await epochs.next();
    for (; !step.done; step = await epochs.next()) {
      sayJson(step.value);
      progress?.epoch(step.value);
    }
    if (!step.value) return { checkpoint: kept };
    const saved = await saveSomewhere(model, path => saveNetwork(network, path), tellTrouble);
    if (saved === model) await removeFile(checkpoint);
    return { model: saved };
  } finally {
    progress?.end();
  }
}

function nextSteps(model: string, report: string | undefined, source: string): [string, string][] {
  return [
    ['model', model],
    ...(report === undefined ? [] : [['report', `${report} (open it in a browser)`] as [string, string]]),
    ['try next', shell`npx ff predict ${model} digit.png`],
    ['', shell`npx ff evaluate ${model} ${source}`],
    ['', 'npx ff train --recipe hinton-supervised'],
  ];
}
