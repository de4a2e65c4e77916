// Resident memory of a training process after each of twenty epochs: it must not grow. And what the recipe for images in colour is planned to take
// with batches of 128, against what it takes.

import { createNetwork, type Dataset, loadDataset, type Recipe, recipes, slice } from '../src/index.ts';
import { generator } from '../test/support/data.ts';
import { writeResult } from './harness.ts';

async function watched(train: Dataset, recipe: Recipe) {
  const before = process.memoryUsage().rss;
  const network = await createNetwork(recipe, { inputs: train.width, classes: train.classes });
  const planned = network.memoryBytes;
  const resident: number[] = [];
  for await (const { epoch } of network.fit(train)) {
    resident.push(process.memoryUsage().rss);
    console.log(`${recipe.name}, epoch ${epoch}  ${(resident[epoch - 1] / 2 ** 20).toFixed(1)} MiB resident`);
  }
  const allocated = network.session.memories.map(memory => memory.buffer.byteLength);
  await network.close();
  return {
    recipe,
    plannedBytes: planned,
    allocatedBytesAfterTraining: allocated,
    residentBytesBefore: before,
    residentBytesByEpoch: resident,
  };
}

/** Noise of the shape of CIFAR-10: what is in the images changes no memory. */
function colours(count: number): Dataset {
  const random = generator(1);
  const inputs = Uint8Array.from({ length: count * 3072 }, () => 256 * random());
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  return { name: 'noise', count, width: 3072, classes: 10, shape: [32, 32, 3], inputs, labels };
}

export async function run(): Promise<void> {
  const train = slice((await loadDataset('mnist')).train, 0, 20_000);
  const dense = await watched(train, { ...recipes.quick, epochs: 20 });
  const convolutions = await watched(colours(2560), { ...recipes['conv-color'], batch: 128, epochs: 3 });
  await writeResult('memory', { dense, convolutions });
}
