// Seconds per 10,000 images of the reference network with 1, 2 … threads, taken in turns.

import { availableParallelism } from 'node:os';
import { createNetwork, loadDataset, recipes, slice } from '../src/index.ts';
import { median, writeResult } from './harness.ts';

const WARM_UP = 2;
const ROUNDS = 7;

export async function run(): Promise<void> {
  const train = slice((await loadDataset('mnist')).train, 0, 10_000);
  const recipe = { ...recipes['hinton-supervised'], epochs: WARM_UP + ROUNDS };
  const counts = [1, 2, 4, 8].filter(threads => threads <= availableParallelism());
  const networks = await Promise.all(
    counts.map(threads => createNetwork(recipe, { inputs: train.width, classes: train.classes, threads })),
  );
  const seconds: number[][] = counts.map(() => []);
  for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
    for (const [i, network] of networks.entries()) {
      const before = network.position.trainSeconds;
      for await (const _event of network.fit(train, { epochs: epoch }));
      if (epoch > WARM_UP) seconds[i].push(network.position.trainSeconds - before);
    }
  }
  const results = counts.map((threads, i) => ({
    threads,
    median: median(seconds[i]),
    speedup: median(seconds[0]) / median(seconds[i]),
    seconds: seconds[i],
  }));
  for (const { threads, median, speedup } of results) {
    console.log(`${threads} threads  ${median.toFixed(2)} s  ${speedup.toFixed(2)}×`);
  }
  await writeResult('threads', { recipe, images: train.count, build: networks[0].session.build, results });
  await Promise.all(networks.map(network => network.close()));
}
