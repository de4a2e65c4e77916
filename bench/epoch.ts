// Seconds per epoch of 50,000 images, batch 100, all cores: the reference recipe in both sizes, and the fastest recipe. An epoch
// gets cheaper as rows leave the gradient, so the first ones are listed one by one.

import { createNetwork, loadDataset, type Recipe, recipes, splitValidation } from '../src/index.ts';
import { writeResult } from './harness.ts';

const PLAN: readonly (readonly [recipe: Recipe, epochs: number])[] = [
  [recipes.quick, 6],
  [recipes['hinton-supervised'], 6],
  [recipes['hinton-supervised-4x2000'], 3],
];

export async function run(): Promise<void> {
  const { train } = splitValidation((await loadDataset('mnist')).train, 10_000);
  const results = [];
  for (const [recipe, epochs] of PLAN) {
    const network = await createNetwork(recipe, { inputs: train.width, classes: train.classes });
    // The schedule of the whole recipe; only its first epochs are run.
    const seconds: number[] = [];
    let before = 0;
    for await (const { trainSeconds, epoch } of network.fit(train)) {
      seconds.push(trainSeconds - before);
      before = trainSeconds;
      if (epoch === epochs) break;
    }
    console.log(`${recipe.name.padEnd(26)} ${seconds.map(s => s.toFixed(2)).join('  ')} s`);
    const { density, activeRows } = network.history.at(-1)!;
    const { threads } = network;
    results.push({
      recipe: recipe.name,
      threads,
      build: network.session.build,
      seconds,
      density,
      activeRows,
    });
    await network.close();
  }
  await writeResult('epoch', { images: train.count, results });
}
