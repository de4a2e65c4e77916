// One prediction at a time, of a dense network and of one with convolutions: its latency and CPU seconds, against onnxruntime-web and
// TensorFlow.js (both Wasm) with the same weights. Each contender in a process of its own, one thread, in turns; a prediction is all that
// the network answers of one image.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeOnnx } from '../src/export/onnx.ts';
import { readFloats } from '../src/files/int8.ts';
import { parseSafetensors } from '../src/files/safetensors.ts';
import { createNetwork, type Dataset, loadDataset, type Recipe, recipes, slice } from '../src/index.ts';
import { encodeNetwork } from '../src/network/encode.ts';
import { median, writeResult } from './harness.ts';

const ROUNDS = 3;
const IMAGES = 200;
const script = fileURLToPath(new URL('rivals/predict.mjs', import.meta.url));

interface Measured {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  readonly labels: readonly number[];
}

/** Networks, and who answers with their weights. */
const NETWORKS = [
  { recipe: recipes.quick, contenders: ['forward-forward', 'onnxruntime-web', 'tfjs wasm'] },
  { recipe: recipes.conv, contenders: ['forward-forward', 'onnxruntime-web'] },
] as const;

export async function run(): Promise<void> {
  const { train } = await loadDataset('mnist');
  const networks = [];
  for (const { recipe, contenders } of NETWORKS) {
    const folder = mkdtempSync(join(tmpdir(), 'ff-predict-'));
    try {
      await writeModels(folder, recipe, train);
      console.log(`${recipe.name}:`);
      networks.push({ recipe: recipe.name, layers: recipe.layers, results: compare(folder, contenders) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  await writeResult('predict', { images: IMAGES, rounds: ROUNDS, networks });
}

/** Writes a network that has learned a little, in both forms, and images that it has not seen. */
async function writeModels(folder: string, recipe: Recipe, train: Dataset): Promise<void> {
  const sizes = { inputs: 784, classes: 10 };
  const network = await createNetwork(recipe, sizes);
  for await (const _event of network.fit(slice(train, 0, 20_000), { epochs: 1 }));
  const model = await encodeNetwork(network);
  await network.close();
  const { tensors, metadata } = parseSafetensors(model, 'the model');
  const tensor = (name: string, shape: readonly number[]) => readFloats(tensors, name, shape, 'the model');
  const { chunks } = encodeOnnx({ recipe, ...sizes, metadata, tensor });
  writeFileSync(join(folder, 'model.safetensors'), model);
  writeFileSync(join(folder, 'model.onnx'), Buffer.concat(chunks));
  writeFileSync(join(folder, 'images'), train.inputs.subarray(50_000 * 784, (50_000 + IMAGES) * 784));
}

/** What each contender that is installed takes. */
function compare(folder: string, contenders: readonly string[]) {
  const rounds = new Map<string, Measured[]>(contenders.map(name => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, measured] of rounds) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--no-warnings', script, name, folder],
        { encoding: 'utf8' },
      );
      if (status === 3) {
        console.log(`skipped: ${stderr.trim()}`);
        rounds.delete(name);
      } else if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      else measured.push(JSON.parse(stdout.trim().split('\n').at(-1)!));
    }
  }
  const [ours] = rounds.get('forward-forward')!;
  return [...rounds].map(([name, measured]) => {
    const milliseconds = median(measured.map(result => result.milliseconds));
    const cpuMilliseconds = median(measured.map(result => result.cpuMilliseconds));
    const agree = measured[0].labels.filter((label, i) => label === ours.labels[i]).length;
    console.log(
      `${name.padEnd(18)} ${milliseconds.toFixed(3)} ms, ${cpuMilliseconds.toFixed(3)} ms of CPU, same answer on ${agree} of ${IMAGES}`,
    );
    return { name, milliseconds, cpuMilliseconds, agree };
  });
}
