// Milliseconds of a training step of `conv-color` on CIFAR-10, a batch of 32 images, against PyTorch, TensorFlow.js (Wasm) and jax-js, each
// in a process of its own, in turns. Ours is what `fit` takes in its second epoch; rivals go on from the weights and moments that our first
// epoch left, with the same images, shifts and flips as random as ours. PyTorch runs in every setting of its threads, of oneDNN and of
// memory format; the fastest counts.
//
// Before that, each rival takes a step from the same state and batch as ours (rivals-conv-check.ts). Where what comes of it differs by more
// than rounding, nothing is measured. One that is not installed is skipped with a line that says so.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Dataset, loadDataset, type Recipe, saveNetwork, slice } from '../src/index.ts';
import { forImages } from '../src/recipes/images.ts';
import { findRecipe } from '../src/recipes/recipes.ts';
import { median, writeResult } from './harness.ts';
import { ask, rivalsFolder, writeImages } from './rival.ts';
import { differencesFrom, LIMITS, ourStep, type Step } from './rivals-conv-check.ts';

/** Images of an epoch of ours. */
const IMAGES = 10_000;
const ROUNDS = 3;
/** Of each rival, in each round. */
const SECONDS = 12;

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly threads: number;
}

/** What a rival's process says of its batches. */
interface Steps extends Step {
  readonly framework: string;
  readonly milliseconds: readonly number[];
}

function rivals(): Contender[] {
  const cores = availableParallelism();
  const node = (file: string) => [process.execPath, '--no-warnings', `${rivalsFolder}${file}`];
  const pytorch = [1, cores].flatMap(threads =>
    [['--onednn'], []].flatMap(oneDnn =>
      [['--channels-last'], []].map(format => ({
        name: ['pytorch', `${threads} threads`, ...oneDnn, ...format].join(' '),
        command: ['/usr/bin/python3', `${rivalsFolder}pytorch_conv.py`, ...oneDnn, ...format],
        threads,
      })),
    ),
  );
  return [
    ...pytorch,
    // Its threads are of pages only.
    { name: 'tfjs wasm', command: node('tfjs-conv.mjs'), threads: 1 },
    ...[1, cores].map(threads => ({
      name: `jax-js wasm ${threads} threads`,
      command: node('jax-conv.mjs'),
      threads,
    })),
  ];
}

export async function run(): Promise<void> {
  try {
    execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], {
      cwd: rivalsFolder,
      stdio: 'inherit',
    });
  } catch {
    console.log('the rivals in Node cannot be installed: they are skipped');
  }
  const folder = mkdtempSync(join(tmpdir(), 'ff-rivals-conv-'));
  try {
    const { train: all } = await loadDataset('cifar10');
    const train = slice(all, 0, IMAGES);
    const recipe = forImages(findRecipe('conv-color'), train);
    const checked = await check(recipe, train, folder);
    writeImages(folder, 'train', train);
    const ours: number[] = [];
    const rounds = checked.map(({ contender }) => ({ contender, measured: [] as number[] }));
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await measure(recipe, train, folder));
      for (const { contender, measured } of rounds) {
        const { milliseconds } = steps(contender, folder, 'train', SECONDS)!;
        // The first third warms up.
        measured.push(median(milliseconds.slice(milliseconds.length / 3)));
      }
    }
    const results = [
      tell('forward-forward', availableParallelism(), ours),
      ...rounds.map(({ contender: { name, threads }, measured }) => tell(name, threads, measured)),
    ];
    const pytorch = results.filter(({ name }) => name.startsWith('pytorch'));
    const [best] = pytorch.toSorted((a, b) => a.milliseconds - b.milliseconds);
    if (best) console.log(`the best of PyTorch: ${best.name}`);
    await writeResult('rivals-conv', {
      recipe,
      images: IMAGES,
      limits: LIMITS,
      checked: checked.map(({ contender: { name }, ...found }) => ({ name, ...found })),
      bestOfPytorch: best?.name ?? null,
      results,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rivals that are installed, and by how much a step of theirs differs from ours; throws where that is more than rounding. */
async function check(recipe: Recipe, train: Dataset, folder: string) {
  const ours = await ourStep(recipe, train, folder);
  return rivals().flatMap(contender => {
    const found = steps(contender, folder, 'check', 0);
    if (!found) return [];
    const differences = differencesFrom(ours, found, folder);
    const text = differences.map(({ what, difference }) => `${what} ${difference.toExponential(0)}`);
    console.log(`${contender.name.padEnd(44)} differs in ${text.join(', ')}`);
    const tooFar = differences.filter(({ what, difference }) => !(difference <= LIMITS[what]));
    if (tooFar.length > 0) {
      const named = tooFar.map(({ what }) => what).join(' and ');
      throw new Error(`${contender.name} does not compute the same ${named}: nothing is measured`);
    }
    return [{ contender, framework: found.framework, differences }];
  });
}

/** Runs a rival for so many seconds, at least a step, from the state and on the images called `state`; undefined where it is not installed. */
function steps(
  { name, command, threads }: Contender,
  folder: string,
  state: 'check' | 'train',
  seconds: number,
) {
  return ask<Steps>(name, command, { folder, state, threads, seconds });
}

function tell(name: string, threads: number, rounds: readonly number[]) {
  const milliseconds = median(rounds);
  console.log(`${name.padEnd(44)} ${milliseconds.toFixed(1).padStart(8)} ms a batch`);
  return { name, threads, milliseconds, rounds };
}

/** Two epochs, of which the second counts; leaves the state after the first in `folder`, for the rivals. */
async function measure(recipe: Recipe, train: Dataset, folder: string): Promise<number> {
  const network = await createNetwork(recipe, { inputs: train.width, classes: train.classes });
  for await (const { epoch } of network.fit(train)) {
    if (epoch === 2) break;
    await saveNetwork(network, join(folder, 'train.safetensors'), true);
  }
  await network.close();
  const [first, { examples, trainSeconds }] = network.history;
  return (1000 * (trainSeconds - first.trainSeconds) * recipe.batch) / examples!;
}
