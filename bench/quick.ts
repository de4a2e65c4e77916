// Trains the default recipe on all of MNIST with three seeds: error with both readouts, and seconds.

import { createNetwork, loadDataset, recipes } from '../src/index.ts';
import { median, writeResult } from './harness.ts';

export async function run(): Promise<void> {
  const { train, test } = await loadDataset('mnist');
  const runs = [];
  for (const seed of [1, 2, 3]) {
    const network = await createNetwork(recipes.quick, { inputs: train.width, classes: train.classes, seed });
    for await (const _event of network.fit(train));
    const { answers, softmaxReadout } = await network.evaluate(test!);
    const result = {
      seed,
      goodnessError: answers.error,
      softmaxError: softmaxReadout.error,
      trainSeconds: network.position.trainSeconds,
      threads: network.threads,
      build: network.session.build,
      densities: network.history.map(({ density }) => density),
    };
    console.log(
      `seed ${seed}  test ${result.goodnessError.toFixed(2)} / ${result.softmaxError.toFixed(2)} %  ${result.trainSeconds.toFixed(1)} s`,
    );
    runs.push(result);
    await network.close();
  }
  await writeResult('quick', {
    recipe: recipes.quick,
    trainedOn: train.count,
    medianGoodnessError: median(runs.map(({ goodnessError }) => goodnessError)),
    medianSoftmaxError: median(runs.map(({ softmaxError }) => softmaxError)),
    medianTrainSeconds: median(runs.map(({ trainSeconds }) => trainSeconds)),
    runs,
  });
}
