// Training seconds until the test error (goodness readout) is first at or below each target, median of three seeds: the quick
// recipe as it is, and for fewer and more epochs, since rates that fall to zero sooner reach a modest target sooner. The numbers of
// epochs were chosen on a validation split of the training set; evaluation after each epoch is not counted.

import { createNetwork, loadDataset, type Recipe, recipes } from '../src/index.ts';
import { median, writeResult } from './harness.ts';

const TARGETS = [2, 1.5, 1.36, 1];
const SEEDS = [1, 2, 3];

interface Point {
  readonly trainSeconds: number;
  readonly testError: number;
}

const PLAN: readonly Recipe[] = [3, 6, 12, 20].map(epochs => ({ ...recipes.quick, epochs }));

export async function run(): Promise<void> {
  const { train, test } = await loadDataset('mnist');
  const results = [];
  for (const recipe of PLAN) {
    const curves: { seed: number; threads: number; build: string; curve: Point[] }[] = [];
    for (const seed of SEEDS) {
      const network = await createNetwork(recipe, { inputs: train.width, classes: train.classes, seed });
      const curve: Point[] = [];
      for await (const { trainSeconds, testError } of network.fit(train, { test: test! })) {
        curve.push({ trainSeconds, testError: testError! });
      }
      console.log(
        `${recipe.epochs} epochs, seed ${seed}  ${curve.map(({ testError }) => testError.toFixed(2)).join('  ')} %`,
      );
      curves.push({ seed, threads: network.threads, build: network.session.build, curve });
      await network.close();
    }
    const reached = TARGETS.map(target => {
      const seconds = curves.map(
        ({ curve }) =>
          curve.find(({ testError }) => testError <= target)?.trainSeconds ?? Number.POSITIVE_INFINITY,
      );
      const middle = median(seconds);
      const isReached = Number.isFinite(middle);
      console.log(`${target.toFixed(2)} %  ${isReached ? `${middle.toFixed(1)} s` : 'not reached'}`);
      return { target, medianSeconds: isReached ? middle : null };
    });
    results.push({ recipe, reached, curves });
  }
  await writeResult('time-to-accuracy', { trainedOn: train.count, results });
}
