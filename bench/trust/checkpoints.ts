// What a checkpoint costs: seconds to write it, to flush it and to read it again, against the minute that lies between two.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Recipe, recipes, saveNetwork } from '../../src/index.ts';
import { median, writeResult } from '../harness.ts';

const ROUNDS = 5;
/** Seconds from one to the next, as src/train/turns.ts has it at least. */
const PAUSE = 60;

const cases: readonly [Recipe, inputs: number][] = [
  [recipes.quick, 784],
  [recipes.conv, 784],
  [recipes['conv-color'], 3072],
  [recipes['hinton-supervised-4x2000'], 784],
];

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-checkpoints-'));
  const path = join(folder, 'm.safetensors');
  const results = [];
  try {
    for (const [recipe, inputs] of cases) {
      const network = await createNetwork(recipe, { inputs, classes: 10 });
      const seconds: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const startedAt = performance.now();
        await saveNetwork(network, path, true);
        seconds.push((performance.now() - startedAt) / 1000);
      }
      await network.close();
      const bytes = statSync(path).size;
      const share = median(seconds) / PAUSE;
      console.log(
        `${recipe.name}: ${(bytes / 1e6).toFixed(1)} MB in ${median(seconds).toFixed(2)} s, ${(100 * share).toFixed(2)} % of a minute`,
      );
      results.push({ recipe: recipe.name, bytes, seconds, median: median(seconds), shareOfAMinute: share });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  await writeResult('trust/checkpoints', { pauseSeconds: PAUSE, rounds: ROUNDS, results });
}
