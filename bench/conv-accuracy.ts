// How good the recipes with convolutions get, and in how many training seconds: the median of three seeds where that takes minutes. Each
// run is a process of its own and looks at the test set once, at its end.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findRecipe } from '../src/recipes/recipes.ts';
import { median, writeResult } from './harness.ts';

interface Plan {
  readonly data: string;
  readonly recipe: string;
  readonly images: number;
  readonly epochs: number;
  readonly seeds: readonly number[];
}

/** Epochs were chosen on held-out training images; rates fall to zero over them. */
const PLANS: readonly Plan[] = [
  { data: 'mnist', recipe: 'conv', images: 60_000, epochs: 3, seeds: [1, 2, 3] },
  { data: 'mnist', recipe: 'conv', images: 60_000, epochs: 15, seeds: [1, 2, 3] },
  { data: 'cifar10', recipe: 'conv-color', images: 50_000, epochs: 12, seeds: [1] },
];

export async function run(): Promise<void> {
  const results = PLANS.map(plan => {
    const runs = plan.seeds.map(seed => train(plan, seed));
    const [testError, trainSeconds] = [
      median(runs.map(({ error }) => error)),
      median(runs.map(({ trainSeconds }) => trainSeconds)),
    ];
    const { data, recipe, epochs } = plan;
    console.log(
      `${recipe} on ${data}, ${epochs} epochs: ${testError.toFixed(2)} % in ${trainSeconds.toFixed(1)} s`,
    );
    return { ...plan, testError, trainSeconds, runs };
  });
  const recipes = [...new Set(PLANS.map(({ recipe }) => recipe))].map(findRecipe);
  await writeResult('conv-accuracy', { results, recipes });
}

/** Trains once, in a process of its own. */
function train({ data, recipe, images, epochs }: Plan, seed: number) {
  const script = fileURLToPath(new URL('train-once.ts', import.meta.url));
  const words = [recipe, epochs, seed, images, 0, data].map(String);
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', script, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${recipe} on ${data}: ${stderr}`);
  const result = JSON.parse(stdout) as { error: number; trainSeconds: number; threads: number };
  console.log(`  seed ${seed}  ${result.error.toFixed(2)} %  ${result.trainSeconds.toFixed(1)} s`);
  return { seed, ...result };
}
