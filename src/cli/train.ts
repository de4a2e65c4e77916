// ff train: data in; model, report and test errors out.

import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Dataset, splitValidation } from '../data/dataset.ts';
import { loadDataset } from '../data/sources.ts';
import { InputError } from '../errors.ts';
import { writeFileSafely } from '../files/write.ts';
import { createNetwork } from '../network/create.ts';
import { loadNetwork, saveNetwork } from '../network/model.ts';
import type { Network } from '../network/network.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { hasLabel } from '../recipes/recipe.ts';
import { findRecipe } from '../recipes/recipes.ts';
import { reportOf } from '../report/collect.ts';
import { renderReport } from '../report/report.ts';
import { fitAndSave } from '../train/saving.ts';
import { machineOf, perClass, verdict } from './describe.ts';
import { Progress } from './progress.ts';
import { colors, duration, pairs } from './text.ts';

export interface TrainOptions {
  readonly recipe?: string;
  readonly epochs?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly validation?: number;
  readonly test?: string;
  readonly label?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export async function train(source: string, options: TrainOptions): Promise<void> {
  if (options.label !== undefined) {
    throw new InputError('--label names a column of a table: give the table, such as data.csv');
  }
  const startedAt = performance.now();
  const say = options.quiet || options.json ? () => {} : (text: string) => console.log(text);
  const sayJson = options.json ? (event: object) => console.log(JSON.stringify(event)) : () => {};
  const { data, validation, test } = await loadData(source, options);
  const network = await openNetwork(data, options);
  const { recipe, seed, build } = network.session;
  const name = `${basename(source)}-${recipe.name}`;
  const model = options.out ?? `runs/${name}.safetensors`;
  const checkpoint = `${model.replace(/\.safetensors$/, '')}.checkpoint.safetensors`;
  try {
    say(colors.bold(`${recipe.name} on ${data.name}`));
    say(pairs([...describeRecipe(recipe), ['machine', machineOf(network)]]));
    if (!(await trainToEnd(network, data, validation, test, checkpoint, options, sayJson))) {
      const words = ['npx ff train', source, '--resume', checkpoint, '--out', model];
      if (options.validation) words.push('--validation', String(options.validation));
      if (options.test) words.push('--test', options.test);
      const { epoch, trainSeconds } = network.position;
      sayJson({ event: 'stopped', epoch, trainSeconds, checkpoint });
      say(`stopped in epoch ${epoch}; to go on: ${colors.bold(words.join(' '))}`);
      process.exitCode = 130;
      return;
    }
    const judged = test ?? validation;
    const evaluation = judged && (await network.evaluate(judged));
    await saveNetwork(network, model);
    const report = `${model.replace(/\.safetensors$/, '')}.html`;
    if (judged && evaluation) {
      await writeFileSafely(report, renderReport(reportOf(network, judged, evaluation)));
    }
    await rm(checkpoint, { force: true });
    const { trainSeconds } = network.position;
    const totalSeconds = (performance.now() - startedAt) / 1000;
    if (judged && evaluation)
      say(`\n${perClass(evaluation, judged.classNames)}\n\n${verdict(judged.name, evaluation)}`);
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
      readout: hasLabel(recipe) ? 'goodness' : 'softmax',
      seed,
      threads: network.threads,
      simd: build,
      model,
    });
  } finally {
    await network.close();
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

async function openNetwork(data: Dataset, options: TrainOptions): Promise<Network> {
  const { seed, threads, epochs } = options;
  const chosen = threads === undefined ? {} : { threads };
  if (options.resume !== undefined) {
    if (seed !== undefined || epochs !== undefined) {
      throw new InputError(
        '--resume goes on with the seed and the epochs of the checkpoint: leave out --seed and --epochs',
      );
    }
    const network = await loadNetwork(options.resume, chosen);
    if (network.position.examples === 0) {
      await network.close();
      throw new InputError(
        `${options.resume} is a finished model: expected a checkpoint, which holds the optimizer's state to go on with`,
      );
    }
    return network;
  }
  const recipe = findRecipe(options.recipe ?? 'quick');
  return createNetwork(epochs === undefined ? recipe : { ...recipe, epochs }, {
    inputs: data.width,
    classes: data.classes,
    ...(seed === undefined ? {} : { seed }),
    ...chosen,
  });
}

/** Trains to the end; false where the user stopped it before. */
async function trainToEnd(
  network: Network,
  data: Dataset,
  validation: Dataset | undefined,
  test: Dataset | undefined,
  checkpoint: string,
  options: TrainOptions,
  sayJson: (event: object) => void,
): Promise<boolean> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const progress = options.quiet || options.json ? undefined : new Progress(network, data.count);
  try {
    const watched = validation ? { validation } : test ? { test } : {};
    const epochs = fitAndSave(network, data, checkpoint, { ...watched, signal: stop.signal });
    let step = await epochs.next();
    for (; !step.done; step = await epochs.next()) {
      sayJson(step.value);
      progress?.epoch(step.value);
    }
    return step.value;
  } finally {
    progress?.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function nextSteps(model: string, report: string, source: string, hasReport: boolean): [string, string][] {
  return [
    ['model', model],
    ...(hasReport ? [['report', `${report} (open it in a browser)`] as [string, string]] : []),
    ['try next', `npx ff predict ${model} digit.png`],
    ['', `npx ff evaluate ${model} ${source}`],
    ['', 'npx ff train --recipe hinton-supervised'],
  ];
}
