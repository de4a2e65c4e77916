// Many classes: clusters of normal points, which straight borders tell apart best, learnt with labels in the input, by layers that
// tell classes apart, and by scikit-learn's LogisticRegression from the same rows. The settings of all three were chosen on a fifth
// held out of the training rows. Then 1,000 and 10,000 classes: what they cost in memory and seconds.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { roomForLabels } from '../src/data/dataset.ts';
import { createNetwork, type Dataset, type Recipe, slice, splitValidation } from '../src/index.ts';
import { npy } from '../test/support/npy.ts';
import { median, writeResult } from './harness.ts';

const CLUSTERS = 100;
const EXAMPLES = 200;
const WIDTH = 64;
/** Deviation of the points of a cluster, where that of the centres is 1. */
const SPREAD = 1.8;
const SEEDS = [1, 2, 3];
/** Points of error that ours may be behind. */
const MARGIN = 2;

const MANY = [1000, 10_000];
const EXAMPLES_OF_MANY = 20;
const UNITS_OF_MANY = 256;
/** Examples that are asked about: with labels in the input, each is tried with all labels. */
const ASKED = 20;

const SCRIPT = fileURLToPath(new URL('clusters.py', import.meta.url));

const adam = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8 } as const;

const contrast: Recipe = {
  name: 'clusters-contrast',
  about: 'labels behind the inputs, right ones against wrong ones',
  layers: [1500],
  shift: 0,
  learning: {
    kind: 'contrast',
    label: { kind: 'appended', strength: 10 },
    negatives: 'hard',
    goodness: 'mean-of-squares',
    objective: { kind: 'swish', alpha: 3 },
    optimizer: { ...adam, rate: 0.002, decay: 0.3 },
    readout: { rate: 0.2, momentum: 0.9, decay: 0, from: 0 },
  },
  batch: 100,
  epochs: 8,
  holdShare: 0.3,
};

const classes: Recipe = {
  name: 'clusters-classes',
  about: 'each layer tells the classes apart by itself',
  layers: [500],
  shift: 0,
  learning: {
    kind: 'classes',
    activity: 'normalized',
    map: 'learned',
    readFrom: 0,
    optimizer: { ...adam, rate: 0.0005, decay: 3 },
  },
  batch: 100,
  epochs: 10,
  holdShare: 0.3,
};

export async function run(): Promise<void> {
  const all = clusters(CLUSTERS, EXAMPLES);
  const border = 0.8 * all.count;
  const [train, test] = [slice(all, 0, border), slice(all, border, all.count)];
  const theirs = await rival(train, test);
  const ours = [];
  for (const recipe of [contrast, classes]) ours.push(await learn(recipe, train, test));
  const many = [];
  for (const count of MANY) {
    const data = clusters(count, EXAMPLES_OF_MANY);
    for (const recipe of [contrast, classes]) many.push(await measure(recipe, data));
  }
  const behind = theirs && Math.max(...ours.map(({ error }) => error - theirs.error));
  if (behind !== undefined && behind > MARGIN) {
    console.log(`${behind.toFixed(2)} points behind LogisticRegression, more than ${MARGIN}`);
    process.exitCode = 1;
  }
  const data = {
    clusters: CLUSTERS,
    width: WIDTH,
    examples: EXAMPLES,
    spread: SPREAD,
    trainedOn: train.count,
  };
  await writeResult('clusters', { data, logisticRegression: theirs, ours, many });
}

/** The median of three seeds, and what each came to. */
async function learn(recipe: Recipe, train: Dataset, test: Dataset) {
  const runs = [];
  for (const seed of SEEDS) {
    const network = await createNetwork(recipe, { inputs: WIDTH, classes: train.classes, seed });
    for await (const _event of network.fit(train));
    const { answers, softmaxReadout } = await network.evaluate(test);
    const { trainSeconds } = network.position;
    runs.push({ seed, error: answers.error, softmaxError: softmaxReadout.error, trainSeconds });
    await network.close();
  }
  const error = median(runs.map(run => run.error));
  const seconds = median(runs.map(run => run.trainSeconds));
  tell(recipe.name, error, seconds);
  return { recipe, error, seconds, runs };
}

/** An epoch and a few questions: bytes of the network, and seconds for an example. */
async function measure(given: Recipe, data: Dataset) {
  const recipe = { ...given, layers: [UNITS_OF_MANY], epochs: 1 };
  const network = await createNetwork(recipe, { inputs: WIDTH, classes: data.classes });
  for await (const _event of network.fit(data));
  const { trainSeconds } = network.position;
  const startedAt = performance.now();
  await network.evaluate(slice(data, 0, ASKED));
  const answerSeconds = (performance.now() - startedAt) / 1000;
  const bytes = network.memoryBytes.reduce((a, b) => a + b);
  await network.close();
  const [toLearn, toAnswer] = [trainSeconds / data.count, answerSeconds / ASKED];
  console.log(
    `${`${data.classes}`.padStart(6)} classes  ${recipe.name.padEnd(18)} ${(bytes / 2 ** 20).toFixed(1).padStart(7)} MiB` +
      `  an epoch ${trainSeconds.toFixed(1)} s  an example ${(1e3 * toLearn).toFixed(2)} ms to learn, ${(1e3 * toAnswer).toFixed(2)} ms to answer`,
  );
  const { name, layers } = recipe;
  return {
    classes: data.classes,
    recipe: name,
    layers,
    examples: data.count,
    bytes,
    trainSeconds,
    toLearn,
    toAnswer,
  };
}

/** What logistic regression comes to; undefined where it is not installed. */
async function rival(train: Dataset, test: Dataset) {
  const { train: learned, validation } = splitValidation(train, 0.2 * train.count);
  const folder = await mkdtemp(join(tmpdir(), 'ff-clusters-'));
  try {
    for (const [part, { inputs, labels, count, width }] of Object.entries({ learned, validation, test })) {
      await writeFile(join(folder, `${part}-inputs.npy`), npy('<f4', [count, width], bytesOf(inputs)));
      await writeFile(join(folder, `${part}-labels.npy`), npy('|u1', [count], bytesOf(labels)));
    }
    const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [SCRIPT, folder], { encoding: 'utf8' });
    if (status === 3) {
      console.log('skipped: scikit-learn is not there (apt-get install python3-sklearn)');
      return undefined;
    }
    if (status !== 0) throw new Error(`scikit-learn ended with ${status}: ${stderr}`);
    const result: { readonly error: number; readonly seconds: number } = JSON.parse(stdout);
    tell('LogisticRegression', result.error, result.seconds);
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tell(name: string, error: number, seconds: number): void {
  console.log(`${name.padEnd(18)} ${error.toFixed(2).padStart(6)} %  ${seconds.toFixed(1)} s`);
}

function bytesOf({ buffer, byteOffset, byteLength }: Dataset['inputs'] | Dataset['labels']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Clusters in turns: any stretch of a multiple of `count` rows has as many of each. */
function clusters(count: number, examples: number): Dataset {
  const normal = normalNumbers(1);
  const centres = Float32Array.from({ length: count * WIDTH }, normal);
  const inputs = new Float32Array(count * examples * WIDTH);
  const labels = roomForLabels(count * examples, count);
  for (let i = 0; i < labels.length; i++) {
    labels[i] = i % count;
    const centre = centres.subarray(labels[i] * WIDTH, (labels[i] + 1) * WIDTH);
    for (let k = 0; k < WIDTH; k++) inputs[i * WIDTH + k] = centre[k] + SPREAD * normal();
  }
  return { name: `${count} clusters`, count: labels.length, width: WIDTH, classes: count, inputs, labels };
}

/** Standard normal numbers, by Box and Muller from mulberry32. */
function normalNumbers(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  // 1 − u is above 0, as a logarithm wants it.
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
