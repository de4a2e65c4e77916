// ff train on somebody's own data: what was decided on the way is said, and what was held out.

import { basename, extname, resolve } from 'node:path';
import { isTable, type OpenedData } from '../data/examples/examples.ts';
import { readExamples } from '../data/examples/open-examples.ts';
import type { ImageOptions } from '../data/images/images.ts';
import { DENSE_SIDE } from '../data/images/stack-images.ts';
import type { Note } from '../data/notes.ts';
import { type PreprocessedData, type PreprocessOptions, preprocess } from '../data/preprocess.ts';
import { InputError } from '../errors.ts';
import { removeFile } from '../files/write.ts';
import type { Network } from '../network/network.ts';
import { recipeFor } from '../recipes/defaults.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { forImages } from '../recipes/images.ts';
import { noteOnImages, recipeForImages } from '../recipes/own-images.ts';
import { isConvolutional, type Recipe } from '../recipes/recipe.ts';
import { reportOf } from '../report/collect.ts';
import { type Checkpoint, openCheckpoint } from '../train/checkpoint.ts';
import { saveSomewhere } from '../train/saving.ts';
import { trainModel } from '../train/train-model.ts';
import { NothingLearned } from '../train/training.ts';
import { machineOf, perClass, verdict } from './describe.ts';
import { openFile } from './open.ts';
import { print, printJson, warn, warnOf } from './output.ts';
import { defaultModel, saveReport, type TrainingFiles, tellTrouble, withTrainingFiles } from './outputs.ts';
import { Progress } from './progress.ts';
import { columnOptions, textOptions } from './reading.ts';
import { ReadingProgress } from './reading-progress.ts';
import { recipeNamed } from './recipe-file.ts';
import { shell } from './shell.ts';
import { Stop } from './stop.ts';
import { colors, duration, pairs, visible } from './text.ts';
import { resumeCommand, type TrainOptions, warnUncompared } from './train.ts';

export async function trainOwn(source: string, options: TrainOptions): Promise<void> {
  refuse(options);
  const startedAt = performance.now();
  const path = options.out ?? defaultModel(basename(resolve(source), extname(source)));
  const inputs = [source, ...(options.test === undefined ? [] : [options.test])];
  await withTrainingFiles(path, inputs, options.resume, async files => {
    const resume = options.resume === undefined ? undefined : await openCheckpoint(options.resume);
    const asked = options.recipe === undefined ? undefined : await recipeNamed(options.recipe);
    const learning = resume
      ? { label: resume.learning.encoding.label, seed: resume.description.seed }
      : { label: options.label, seed: options.seed };
    const given = resume?.description.recipe ?? asked;
    const pixels = given && (isConvolutional(given) ? 'plain' : 'centred');
    const choices = { ...columnOptions(options), ...learning, pixels } as const;
    const data = await readData(source, options, choices, mostSide(given, resume));
    const ofImages = given ? undefined : recipeForImages(data);
    const recipe = resume?.description.recipe ?? chooseRecipe(data, asked, ofImages, options);
    const chosenFor = ofImages && noteOnImages(data);
    const notes = [...data.notes, ...(chosenFor ? [chosenFor] : [])];
    await trainAndSave(
      { ...files, source, path, startedAt, data, notes, recipe, seed: choices.seed, resume },
      options,
    );
  });
}

/** What is learned from, how, and what is written of it. */
interface Work extends TrainingFiles {
  readonly source: string;
  readonly path: string;
  /** In milliseconds of `performance.now`. */
  readonly startedAt: number;
  readonly data: PreprocessedData;
  readonly notes: readonly Note[];
  readonly recipe: Recipe;
  readonly seed: number | undefined;
  readonly resume: Checkpoint | undefined;
}

async function trainAndSave(work: Work, options: TrainOptions): Promise<void> {
  const { source, path, checkpoint, startedAt, data, recipe, seed, resume } = work;
  const say = options.quiet || options.json ? () => {} : print;
  const sayJson = options.json ? printJson : () => {};
  const stop = new Stop();
  let kept = checkpoint;
  let progress: Progress | undefined;
  let inTraining: Network | undefined;
  const tellStop = (model?: string) => {
    const { epoch, trainSeconds } = inTraining!.position;
    sayJson({ event: 'stopped', epoch, trainSeconds, checkpoint: kept, ...(model && { model }) });
    const command = resumeCommand(source, kept, path, options);
    stop.tell(`stopped in epoch ${epoch}; to go on: ${colors.bold(command)}`, say);
  };
  const train = async () => {
    const learned = await trainModel(data, {
      recipe,
      seed,
      threads: options.threads,
      signal: stop.signal,
      checkpoint,
      resume,
      onSaveTrouble: (text, keptIn) => {
        kept = keptIn ?? kept;
        tellTrouble(text, keptIn);
      },
      onStart: network => {
        inTraining = network;
        tellStart(work, network, options, say, sayJson);
        if (!options.quiet && !options.json) progress = new Progress(network);
      },
      onEpoch: event => {
        sayJson(event);
        // Epochs of small data pass by the dozen: those are told after which the network was looked at.
        if (event.validationError !== undefined) progress?.epoch(event);
      },
    });
    // Before it is judged, which may take long.
    const model = await saveSomewhere(path, place => learned.model.save(place), tellTrouble);
    return { learned, model };
  };
  const done = await stop
    .during(train)
    .catch(error => {
      // Too early for a model, but not for a checkpoint.
      if (!(inTraining && error instanceof NothingLearned)) throw error;
      return undefined;
    })
    .finally(() => progress?.end());
  if (!done) {
    tellStop();
    return;
  }
  const { learned, model } = done;
  const { bestEpoch, isRetrained, trainSeconds, divergence } = learned;
  const { network } = learned.model;
  try {
    if (divergence) warn(`${divergence}; the weights of epoch ${bestEpoch}, the best until then, are kept`);
    const evaluation = await network.evaluate(data.test);
    const again = isRetrained ? '; trained so far again, on them too' : '';
    say(`\nepoch ${bestEpoch} was the best on the validation examples${again}`);
    const { learning } = network.session.recipe;
    say(`\n${perClass(evaluation, learning, data.test)}\n\n${verdict(data.test.name, evaluation, learning)}`);
    const report = await saveReport(work.report, await reportOf(network, data.test, evaluation, learned));
    const totalSeconds = (performance.now() - startedAt) / 1000;
    say(`trained in ${duration(trainSeconds)}, ${duration(totalSeconds)} in all\n`);
    say(
      pairs([
        ['model', model],
        ['report', `${report} (open it in a browser)`],
        ['try next', shell`npx ff predict ${model} ${source} --out answers.csv`],
      ]),
    );
    if (options.open) await openFile(report);
    if (learned.isStopped) {
      tellStop(model);
      return;
    }
    if (model === path) await removeFile(checkpoint);
    sayJson({
      event: 'done',
      testError: evaluation.answers.error,
      softmaxError: evaluation.softmaxReadout.error,
      trainSeconds,
      totalSeconds,
      readout: evaluation.readout,
      seed: network.session.seed,
      threads: network.threads,
      simd: network.session.build,
      model,
      bestEpoch,
    });
  } finally {
    await learned.model.close();
  }
}

/** Says what is learned from, what was decided on the way, and how. */
function tellStart(
  { source, data, notes, recipe, resume }: Work,
  network: Network,
  options: TrainOptions,
  say: (text: string) => void,
  sayJson: (event: object) => void,
): void {
  if (resume && !resume.description.data) warnUncompared(resume.path, data.name);
  say(colors.bold(`${recipe.name} on ${source}`));
  for (const note of notes) sayJson({ event: 'note', ...note });
  if (options.quiet) warnOf(notes);
  say(notes.map(({ text, isWarning }) => `  ${isWarning ? 'warning: ' : ''}${visible(text)}`).join('\n'));
  say(`\n${pairs([...describeRecipe(recipe), ['machine', machineOf(network)]])}`);
}

async function readData(
  source: string,
  options: TrainOptions,
  choices: PreprocessOptions,
  mostSide: ImageOptions['mostSide'],
): Promise<PreprocessedData> {
  const progress = new ReadingProgress(options, process.stdout);
  try {
    const read = await readSource(source, options, mostSide, progress);
    progress.prepare();
    return preprocess(read, choices);
  } finally {
    progress.end();
  }
}

async function readSource(
  source: string,
  { test, skipBad, ...options }: TrainOptions,
  mostSide: ImageOptions['mostSide'],
  { tell }: ReadingProgress,
): Promise<OpenedData> {
  const reading = { ...textOptions(options), skipBad, mostSide, onProgress: tell };
  const found = await readExamples(source, reading);
  if (test === undefined) return found;
  const { examples } = found;
  // Images to test on become as large as those that are learned from.
  const size = isTable(examples) ? undefined : examples;
  return { examples, test: (await readExamples(test, { ...reading, size })).examples };
}

function refuse({ resume, recipe, label, seed, epochs, validation }: TrainOptions): void {
  if (resume !== undefined && [recipe, label, seed, epochs].some(option => option !== undefined)) {
    throw new InputError(
      '--resume goes on with the recipe, label, seed and epochs of the checkpoint: leave out --recipe, --label, --seed and --epochs',
    );
  }
  if (validation !== undefined) {
    throw new InputError(
      '--validation is for mnist and its like; of your own data 15 % are held out anyway: leave it out',
    );
  }
}

/** Sides of images that dense layers were asked for, or that were learned before the stop. */
function mostSide(given: Recipe | undefined, resume: Checkpoint | undefined): ImageOptions['mostSide'] {
  const encoding = resume?.learning.encoding;
  if (encoding?.kind === 'image') return Math.max(encoding.height, encoding.width);
  return given && !isConvolutional(given) ? DENSE_SIDE : undefined;
}

function chooseRecipe(
  { train }: PreprocessedData,
  asked: Recipe | undefined,
  ofImages: Recipe | undefined,
  options: TrainOptions,
): Recipe {
  const recipe = asked ? forImages(asked, train) : (ofImages ?? recipeFor(train));
  const epochs = options.epochs ?? recipe.epochs;
  // A recipe that moves images serves those without rows and columns, too.
  return { ...recipe, epochs, shift: train.shape ? recipe.shift : 0 };
}
