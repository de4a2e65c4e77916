// Seconds per epoch of 50,000 images, batch 100, all cores: the reference recipe in both sizes, and the fastest recipe. An epoch
// gets cheaper as rows leave the gradient, so the first ones are listed one by one. Of the last one, how near its products came
// to the cores' limit: that of one core, times the threads.

import {
  createNetwork,
  type Dataset,
  type EpochEvent,
  loadDataset,
  type Recipe,
  recipes,
  splitValidation,
} from '../src/index.ts';
import { alternate, writeResult } from './harness.ts';
import { peakLoop } from './peak.ts';

const PLAN: readonly (readonly [recipe: Recipe, epochs: number])[] = [
  [recipes.quick, 6],
  [recipes['hinton-supervised'], 6],
  [recipes['hinton-supervised-4x2000'], 3],
];

export async function run(): Promise<void> {
  const { train } = splitValidation((await loadDataset('mnist')).train, 10_000);
  const pixelsOn = onPerImage(train);
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
    const last = network.history.at(-1)!;
    const { density, activeRows } = last;
    const { threads } = network;
    const units = network.session.plans.map(plan => plan.units);
    const peak = peakLoop(network.session.build);
    const productGF = (train.count * productFlops(units, pixelsOn, last)) / seconds.at(-1)! / 1e9;
    const limitGF = (threads * peak.flops) / alternate([peak.run], 5)[0].median / 1e9;
    console.log(
      `${recipe.name.padEnd(26)} ${seconds.map(s => s.toFixed(2)).join('  ')} s  products ${productGF.toFixed(0)} of ${limitGF.toFixed(0)} GF`,
    );
    results.push({
      recipe: recipe.name,
      threads,
      build: network.session.build,
      seconds,
      density,
      activeRows,
      productGF,
      limitGF,
    });
    await network.close();
  }
  await writeResult('epoch', { images: train.count, results });
}

/** How many pixels of an image are not zero, on average. */
function onPerImage({ inputs, count }: Dataset): number {
  let isOn = 0;
  for (const value of inputs) if (value !== 0) isOn++;
  return isOn / count;
}

/**
 * Floating-point operations in the products for one image, without those that zeros and what versions of an image share save:
 * every layer's activities of three versions (the first layer's product with the image counts once), and the gradients of the
 * rows that still moved the weights. As many units count as on for each version as are for the neutral one.
 */
function productFlops(
  layers: readonly number[],
  pixelsOn: number,
  { density, activeRows }: EpochEvent,
): number {
  let [inputs, forward, gradient] = [pixelsOn, 0, 0];
  layers.forEach((units, l) => {
    forward += (l === 0 ? 1 : 3) * inputs * units;
    gradient += (l === 0 ? 1 : 2) * activeRows[l] * inputs * units;
    inputs = density[l] * units;
  });
  return 2 * (forward + gradient);
}
