// ff train: data in; model, report and test errors out.

import { rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Dataset, splitValidation } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { loadDataset } from '../data/named/named-datasets.ts';
import { InputError } from '../errors.ts';
import { writeFileSafely } from '../files/write.ts';
import { createNetwork } from '../network/create.ts';
import { loadDescribed, saveNetwork } from '../network/model.ts';
import type { FitOptions, Network } from '../network/network.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { forImages } from '../recipes/images.ts';
import { type Recipe, readoutOf } from '../recipes/recipe.ts';
import { findRecipe } from '../recipes/recipes.ts';
import { reportOf } from '../report/collect.ts';
import { renderReport } from '../report/report.ts';
import { checkSameData, fingerprintOf } from '../train/fingerprint.ts';
import { fitAndSave } from '../train/saving.ts';
import { machineOf, perClass, verdict } from './describe.ts';
import { print, printJson, warn } from './output.ts';
import { defaultModel, trainingFiles } from './outputs.ts';
import { Progress } from './progress.ts';
import { type LearningOptions, readingWords, refuseReading } from './reading.ts';
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
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export async function train(source: string, options: TrainOptions): Promise<void> {
  refuse(options);
  const startedAt = performance.now();
  const say = options.quiet || options.json ? () => {} : print;
  const sayJson = options.json ? printJson : () => {};
  const { resume } = options;
  const stopped = resume === undefined ? undefined : await openStopped(resume, options);
  let network = stopped?.network;
  try {
    const chosen = network?.session.recipe ?? chooseRecipe(options);
    const model = options.out ?? defaultModel(`${basename(resolve(source))}-${chosen.name}`);
    const inputs = [source, ...(options.test === undefined ? [] : [options.test])];
    const { report, checkpoint } = await trainingFiles(model, inputs, resume);
    const { data, validation, test } = await loadData(source, options);
    if (stopped) compareData(resume!, stopped.description.data, data);
    const recipe = network ? chosen : forImages(chosen, data);
    network ??= await createNetwork(recipe, {
      inputs: data.width,
      classes: data.classes,
      ...(options.seed !== undefined && { seed: options.seed }),
      ...threadsOf(options),
    });
    const stop = new Stop();
    say(colors.bold(`${recipe.name} on ${data.name}`));
    say(pairs([...describeRecipe(recipe), ['machine', machineOf(network)]]));
    const watched = validation ? { validation } : test ? { test } : {};
    if (!(await trainToEnd(network, data, watched, checkpoint, stop, options, sayJson))) {
      const { epoch, trainSeconds } = network.position;
      sayJson({ event: 'stopped', epoch, trainSeconds, checkpoint });
      const command = resumeCommand(source, checkpoint, model, options);
      stop.tell(`stopped in epoch ${epoch}; to go on: ${colors.bold(command)}`, say);
      return;
    }
    const judged = test ?? validation;
    const evaluation = judged && (await network.evaluate(judged));
    await saveNetwork(network, model);
    if (judged && evaluation) {
      await writeFileSafely(report, renderReport(await reportOf(network, judged, evaluation)));
    }
    await rm(checkpoint, { force: true });
    const { trainSeconds } = network.position;
    const totalSeconds = (performance.now() - startedAt) / 1000;
    if (judged && evaluation)
      say(
        `\n${perClass(evaluation, recipe.learning, judged)}\n\n${verdict(judged.name, evaluation, recipe.learning)}`,
      );
    say(`trained in ${duration(trainSeconds)}, ${duration(totalSeconds)} in all\n`);
    say(pairs(nextSteps(model, report, source, judged !== undefined)));
    sayJson({
      event: 'done',
      ...(evaluation && {
        [test ? 'testError' : 'validationError']: evaluation.answers.error,
        softmaxError: evaluation.softmaxReadout.error,
      }),
      trainSeconds,
      totalSeconds,
      readout: readoutOf(network.session.recipe.learning),
      seed: network.session.seed,
      threads: network.threads,
      simd: network.session.build,
      model,
    });
  } finally {
    await network?.close();
  }
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

function chooseRecipe({ recipe = 'one-pass', epochs }: TrainOptions): Recipe {
  const found = findRecipe(recipe);
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

/** Trains to the end; false where it was stopped before. */
async function trainToEnd(
  network: Network,
  data: Dataset,
  watched: Pick<FitOptions, 'validation' | 'test'>,
  checkpoint: string,
  stop: Stop,
  options: TrainOptions,
  sayJson: (event: object) => void,
): Promise<boolean> {
  const progress = options.quiet || options.json ? undefined : new Progress(network);
  try {
    return await stop.during(async () => {
      const epochs = fitAndSave(network, data, checkpoint, { ...watched, signal: stop.signal });
      let step = await epochs.next();
      for (; !step.done; step = await epochs.next()) {
        sayJson(step.value);
        progress?.epoch(step.value);
      }
      return step.value;
    });
  } finally {
    progress?.end();
  }
}

function nextSteps(model: string, report: string, source: string, hasReport: boolean): [string, string][] {
  return [
    ['model', model],
    ...(hasReport ? [['report', `${report} (open it in a browser)`] as [string, string]] : []),
    ['try next', shell`npx ff predict ${model} digit.png`],
    ['', shell`npx ff evaluate ${model} ${source}`],
    ['', 'npx ff train --recipe hinton-supervised'],
  ];
}
