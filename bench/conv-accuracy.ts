// Test error against training seconds of the recipes with convolutions, and of the same layers trained by backpropagation in PyTorch.
// Whoever learns less knows less: every target has epochs of its own, over which the rate falls to zero, and a last run shows how good
// it gets. Each run is a process of its own and looks at the test set once, at its end; a target is reached where the median error of the
// seeds is at or below it. Seconds are those of training alone. PyTorch runs in the fastest of its settings of threads and memory format,
// which a few steps of each find first.
//
// `npm run bench -- conv-accuracy choose` finds the epochs in TASKS, and the rate and normalisation of PyTorch, on images held out of
// the training set (an hour and a half). The name of a task as the last word takes that alone; each has a file of its own.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDataset, type Recipe } from '../src/index.ts';
import { forImages } from '../src/recipes/images.ts';
import { findRecipe } from '../src/recipes/recipes.ts';
import { median, writeResult } from './harness.ts';
import { ask, rivalsFolder, writeImages } from './rival.ts';

/** What backpropagation is given beside the recipe. */
interface Backprop {
  readonly rate: number;
  readonly normalise: (typeof NORMALISE)[number];
}

interface Task {
  readonly name: string;
  readonly data: string;
  readonly recipe: string;
  readonly images: number;
  readonly heldOut: number;
  readonly seeds: readonly number[];
  /** Percent of test error. */
  readonly targets: readonly number[];
  /** For each target; what comes after is how good it gets. */
  readonly epochs: readonly number[];
  /** Whether a run that was stopped goes on where it was, when it is asked for again. */
  readonly isResumed?: boolean;
  /** Absent where it is not compared, and nothing is chosen. */
  readonly against?: Against;
}

/** The same layers by backpropagation. */
interface Against {
  readonly backprop: Backprop;
  readonly backpropEpochs: readonly number[];
  /** Training seconds of one trial of a rate and a normalisation. */
  readonly trialSeconds: number;
}

const TASKS: readonly Task[] = [
  {
    name: 'mnist',
    data: 'mnist',
    recipe: 'conv',
    images: 60_000,
    heldOut: 10_000,
    seeds: [1, 2, 3],
    targets: [1, 0.6],
    epochs: [2, 6, 15],
    against: { backprop: { rate: 0.003, normalise: 'batch' }, backpropEpochs: [1, 3], trialSeconds: 40 },
  },
  {
    name: 'cifar10-minute',
    data: 'cifar10',
    recipe: 'conv-color',
    images: 50_000,
    heldOut: 5000,
    seeds: [1, 2, 3],
    targets: [22],
    epochs: [2],
    against: { backprop: { rate: 0.003, normalise: 'batch' }, backpropEpochs: [2], trialSeconds: 200 },
  },
  {
    name: 'cifar10',
    data: 'cifar10',
    recipe: 'conv-color',
    images: 50_000,
    heldOut: 5000,
    seeds: [1],
    targets: [17],
    epochs: [24],
  },
  {
    name: 'cifar10-hour',
    data: 'cifar10',
    recipe: 'conv-color-wide',
    images: 50_000,
    heldOut: 5000,
    seeds: [1],
    targets: [16],
    epochs: [18],
  },
  {
    name: 'cifar10-long',
    data: 'cifar10',
    recipe: 'conv-color-wide',
    images: 50_000,
    heldOut: 5000,
    seeds: [1],
    targets: [11.5],
    epochs: [28],
    isResumed: true,
  },
  {
    name: 'fashion-mnist',
    data: 'fashion-mnist',
    recipe: 'conv-things',
    images: 60_000,
    heldOut: 10_000,
    seeds: [1, 2, 3],
    targets: [7],
    epochs: [24],
  },
];

/** What `choose` tries. */
const RATES = [0.001, 0.003];
const NORMALISE = ['nothing', 'batch'] as const;
const EPOCHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16];

/** Steps by which the fastest setting of PyTorch is found. */
const TRIAL_STEPS = 40;

/** What a process says of its training. */
interface Training {
  readonly error: number;
  readonly trainSeconds: number;
  readonly threads: number;
}

/** PyTorch in one of its settings. */
interface Setting {
  readonly threads: number;
  readonly words: readonly string[];
}

interface Rival extends Setting {
  readonly folder: string;
  readonly backprop: Backprop;
}

interface Job {
  readonly epochs: number;
  readonly seed: number;
  readonly images: number;
  readonly heldOut: number;
}

export async function run(): Promise<void> {
  const words = process.argv.slice(3);
  const isChoosing = words[0] === 'choose';
  const only = words[isChoosing ? 1 : 0];
  const possible = TASKS.filter(({ against }) => !isChoosing || against);
  const tasks = possible.filter(({ name }) => only === undefined || name === only);
  if (tasks.length === 0)
    throw new Error(`no task ${isChoosing ? 'in which epochs are chosen ' : ''}is called ${only}`);
  for (const task of tasks) {
    const folder = mkdtempSync(join(tmpdir(), 'ff-conv-accuracy-'));
    try {
      const recipe = await writeTask(task, folder);
      const found = isChoosing ? choose(task, task.against!, folder) : compare(task, folder);
      await writeResult(`conv-accuracy-${isChoosing ? 'choose-' : ''}${task.name}`, { ...found, recipe });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** Writes what PyTorch reads; gives the recipe. */
async function writeTask({ data, recipe: name }: Task, folder: string): Promise<Recipe> {
  const { train, test } = await loadDataset(data);
  writeImages(folder, 'train', train);
  writeImages(folder, 'test', test!);
  const recipe = forImages(findRecipe(name), train);
  writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
  return recipe;
}

// ----- what is measured ------------------------------------------------------------------------------------------------

function compare(task: Task, folder: string) {
  const { images, seeds, targets, against } = task;
  const rival = against && fastest(task, folder, against.backprop)?.rival;
  const backpropEpochs = against?.backpropEpochs ?? [];
  const contenders = [
    { name: task.recipe, epochs: task.epochs, rival: undefined },
    ...(rival ? [{ name: 'pytorch backprop', epochs: backpropEpochs, rival }] : []),
  ];
  const runs: (Training & { name: string; epochs: number; seed: number })[] = [];
  for (const seed of seeds) {
    for (let turn = 0; turn < Math.max(task.epochs.length, backpropEpochs.length); turn++) {
      for (const { name, epochs, rival } of contenders) {
        if (turn >= epochs.length) continue;
        const job = { epochs: epochs[turn], seed, images, heldOut: 0 };
        runs.push({ name, epochs: epochs[turn], seed, ...train(task, job, rival) });
      }
    }
  }
  const curves = contenders.map(({ name, epochs, rival }) => ({
    name,
    ...(rival && { threads: rival.threads, words: rival.words }),
    points: epochs.map((count, i) => {
      const own = runs.filter(run => run.name === name && run.epochs === count);
      const testError = median(own.map(({ error }) => error));
      const trainSeconds = median(own.map(run => run.trainSeconds));
      const target = targets[i] ?? null;
      const isReached = target === null || testError <= target;
      console.log(
        `${task.data}  ${name.padEnd(18)} ${count} epochs: ${testError.toFixed(2)} % in ${trainSeconds.toFixed(1)} s` +
          (target === null ? '' : `, ${isReached ? '' : 'not '}at ${target} %`),
      );
      return { epochs: count, target, isReached, testError, trainSeconds };
    }),
  }));
  const { name: _, recipe: name, against: __, ...others } = task;
  return { ...others, ...against, name, curves, runs };
}

/** The setting of PyTorch that takes the shortest step, and milliseconds of each; undefined where it is not installed. */
function fastest(task: Task, folder: string, backprop: Backprop) {
  const settings: Setting[] = [...new Set([1, availableParallelism()])].flatMap(threads =>
    [['--channels-last'], []].map(words => ({ threads, words })),
  );
  const tries = [];
  for (const setting of settings) {
    const rival = { ...setting, folder, backprop };
    const job = { epochs: 1, seed: 1, images: task.images, heldOut: 0 };
    const found = backpropagate(job, rival, TRIAL_STEPS);
    if (!found) return undefined;
    tries.push({ rival, milliseconds: (1000 * found.trainSeconds) / TRIAL_STEPS });
  }
  const [best] = tries.toSorted((a, b) => a.milliseconds - b.milliseconds);
  const { threads, words } = best.rival;
  console.log(
    `pytorch on ${task.data}, ${backprop.normalise} normalised: ${best.milliseconds.toFixed(0)} ms a step with ${[`${threads} threads`, ...words].join(' ')}`,
  );
  return best;
}

// ----- what is chosen --------------------------------------------------------------------------------------------------

/** On held-out images: what backpropagation gets farthest with in a given time, and for each target the fewest epochs that reach it. */
function choose(task: Task, { trialSeconds }: Against, folder: string) {
  const { images, heldOut, seeds, targets } = task;
  const sizes = { images: images - heldOut, heldOut };
  const batches = Math.ceil(sizes.images / findRecipe(task.recipe).batch);
  const trials = NORMALISE.flatMap(normalise => {
    const best = fastest(task, folder, { rate: RATES[0], normalise });
    if (!best) throw new Error('PyTorch is needed to choose (apt-get install python3-torch)');
    const epochs = Math.max(1, Math.round((1000 * trialSeconds) / (best.milliseconds * batches)));
    return RATES.map(rate => {
      const rival = { ...best.rival, backprop: { rate, normalise } };
      return { rival, ...train(task, { epochs, seed: 1, ...sizes }, rival) };
    });
  });
  const [{ rival }] = trials.toSorted((a, b) => a.error - b.error);
  const chosen = [undefined, rival].map(rival => {
    const tries = new Map<number, number>();
    const errorOf = (epochs: number) => {
      const known = tries.get(epochs);
      if (known !== undefined) return known;
      const error = median(seeds.map(seed => train(task, { epochs, seed, ...sizes }, rival).error));
      tries.set(epochs, error);
      return error;
    };
    const epochs = targets.map(target => {
      let [low, high] = [0, EPOCHS.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (errorOf(EPOCHS[middle]) <= target) high = middle;
        else low = middle + 1;
      }
      return EPOCHS[low] ?? null;
    });
    const name = rival ? 'pytorch backprop' : task.recipe;
    console.log(`${name}: epochs ${JSON.stringify(epochs)} for ${targets.join(', ')} %`);
    return { name, ...rival?.backprop, epochs, tries: [...tries] };
  });
  return {
    data: task.data,
    heldOut,
    trials: trials.map(({ rival, ...trial }) => ({ ...rival.backprop, ...trial })),
    chosen,
  };
}

// ----- one training ----------------------------------------------------------------------------------------------------

const OURS = fileURLToPath(new URL('train-once.ts', import.meta.url));
/** Of runs that go on where they were stopped. */
const CHECKPOINTS = fileURLToPath(new URL('../runs/conv-accuracy/', import.meta.url));

/** Trains once in a process of its own, ours where there is no rival. */
function train({ name: task, data, recipe, isResumed }: Task, job: Job, rival?: Rival): Training {
  const { epochs, seed, images, heldOut } = job;
  const words = [recipe, epochs, seed, images, heldOut, data].map(String);
  if (isResumed) {
    mkdirSync(CHECKPOINTS, { recursive: true });
    words.push(join(CHECKPOINTS, `${task}-${epochs}-${seed}.safetensors`));
  }
  const training = rival
    ? backpropagate(job, rival, 0)!
    : ask<Training>(recipe, [process.execPath, ...process.execArgv, OURS, ...words], {})!;
  const name = rival ? `backprop ${rival.backprop.normalise} ${rival.backprop.rate}` : recipe;
  const { error, trainSeconds, threads } = training;
  console.log(
    `  ${data}  ${name.padEnd(26)} ${`${epochs}`.padStart(3)} epochs, seed ${seed}, ${threads} threads  ${error.toFixed(2)} %  ${trainSeconds.toFixed(1)} s`,
  );
  return training;
}

/** Undefined where PyTorch is not installed. */
function backpropagate({ heldOut, ...job }: Job, rival: Rival, trial: number): Training | undefined {
  const { threads, words, folder, backprop } = rival;
  const command = ['/usr/bin/python3', `${rivalsFolder}pytorch_conv_backprop.py`, ...words];
  return ask('pytorch backprop', command, {
    folder,
    ...job,
    'held-out': heldOut,
    threads,
    ...backprop,
    trial,
  });
}
