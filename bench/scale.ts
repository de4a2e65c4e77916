// How cost grows with width and depth, at equal density of the images: nanoseconds per connection and row, and a network of
// more than a billion connections.

import { createNetwork, type Dataset, loadDataset, type Recipe, recipes, slice } from '../src/index.ts';
import { writeResult } from './harness.ts';

const reference = recipes['hinton-supervised'];
const WIDTHS = [250, 500, 1000, 2000, 4000, 8000, 16_000];
const DEPTHS = [2, 4, 8, 16, 32];
const BILLION = { ...reference, layers: [16_000, 16_000, 16_000, 16_000, 16_000] };

interface Measured {
  readonly layers: readonly number[];
  readonly connections: number;
  readonly secondsPerBatch: number;
  /** Per connection and image: three forward passes, two gradients, one step. */
  readonly nanoseconds: number;
  readonly density: readonly number[];
  readonly plannedBytes: number;
  readonly residentBytes: number;
  readonly secondsToCreate: number;
}

/** Times `batches` batches after two to warm up. */
async function measure(recipe: Recipe, data: Dataset, batches: number): Promise<Measured> {
  const startedAt = performance.now();
  const network = await createNetwork(recipe, { inputs: data.width, classes: data.classes });
  const secondsToCreate = (performance.now() - startedAt) / 1000;
  const layers = network.session.plans.map(({ units }) => units);
  const inputs = [data.width, ...layers];
  const connections = layers.reduce((sum, units, l) => sum + units * inputs[l], 0);
  for await (const _event of network.fit(slice(data, 0, 2 * recipe.batch), { epochs: 1 }));
  const before = network.position.trainSeconds;
  for await (const _event of network.fit(slice(data, 0, batches * recipe.batch), { epochs: 2 }));
  const secondsPerBatch = (network.position.trainSeconds - before) / batches;
  const { density } = network.history.at(-1)!;
  const result = {
    layers,
    connections,
    secondsPerBatch,
    nanoseconds: (1e9 * secondsPerBatch) / (connections * recipe.batch),
    density,
    plannedBytes: network.memoryBytes.reduce((a, b) => a + b),
    residentBytes: process.memoryUsage().rss,
    secondsToCreate,
  };
  await network.close();
  const mean = density.reduce((a, b) => a + b) / density.length;
  console.log(
    `${`${layers.length} × ${layers[0]}`.padEnd(10)} ${(connections / 1e6).toFixed(1).padStart(7)} M connections  ` +
      `${(1000 * secondsPerBatch).toFixed(1).padStart(8)} ms a batch  ${(1000 * result.nanoseconds).toFixed(1).padStart(6)} ps each  ` +
      `density ${mean.toFixed(2)}  ${(result.residentBytes / 2 ** 30).toFixed(2)} GiB`,
  );
  return result;
}

export async function run(): Promise<void> {
  const data = (await loadDataset('mnist')).train;
  const widths = [];
  for (const width of WIDTHS) {
    const batches = Math.max(3, Math.min(100, Math.round(2e8 / (width * width))));
    widths.push(await measure({ ...reference, layers: [width, width] }, data, batches));
  }
  const depths = [];
  for (const depth of DEPTHS) {
    depths.push(
      await measure(
        { ...reference, layers: new Array<number>(depth).fill(500) },
        data,
        Math.ceil(200 / depth),
      ),
    );
  }
  const billion = await measure(BILLION, data, 3);
  await writeResult('scale', { recipe: reference, widths, depths, billion });
}
