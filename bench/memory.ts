// Resident memory of a training process after each of twenty epochs: it must not grow.

import { createNetwork, loadDataset, recipes, slice } from '../src/index.ts';
import { writeResult } from './harness.ts';

export async function run(): Promise<void> {
  const train = slice((await loadDataset('mnist')).train, 0, 20_000);
  const recipe = { ...recipes.quick, epochs: 20 };
  const network = await createNetwork(recipe, { inputs: train.width, classes: train.classes });
  const planned = network.memoryBytes;
  const resident: number[] = [];
  for await (const { epoch } of network.fit(train)) {
    resident.push(process.memoryUsage().rss);
    console.log(`epoch ${epoch}  ${(resident[epoch - 1] / 2 ** 20).toFixed(1)} MiB resident`);
  }
  const allocated = network.session.memories.map(memory => memory.buffer.byteLength);
  await writeResult('memory', {
    recipe,
    plannedBytes: planned,
    allocatedBytesAfterTraining: allocated,
    residentBytesByEpoch: resident,
  });
  await network.close();
}
