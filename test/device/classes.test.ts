// Models that learned by classes, on devices: the same answers as the network's own, and going on with learning.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLearner } from '../../src/device/learner.ts';
import { loadPredictor } from '../../src/device/predictor.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import type { Classes, Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { prototypes } from '../support/data.ts';

const inputs = 40;

function recipeOf(learning: Partial<Classes>): Recipe {
  const onePass = recipes['one-pass'];
  return {
    ...onePass,
    layers: [36, 70],
    shift: 0,
    batch: 20,
    epochs: 2,
    learning: { ...onePass.learning, ...learning },
  };
}

const kinds: [string, Partial<Classes>, number][] = [
  ['normalized', {}, 5],
  ['linear, with a readout', { activity: 'linear', readout: { rate: 0.1, momentum: 0.9, decay: 0 } }, 5],
  ['squares by blocks, of the last layer', { activity: 'squares', map: 'blocks', readFrom: 1 }, 5],
  ['of more classes than a panel has', {}, 40],
];

it.each(kinds)('are answered alike: %s', async (_, learning, classes) => {
  const data = prototypes(200, inputs, classes, 1);
  const { mapRate: __, ...fixed } = recipeOf(learning).learning as Classes;
  const recipe = learning.map ? { ...recipeOf(learning), learning: fixed } : recipeOf(learning);
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  for await (const _event of network.fit(data));
  const bytes = await encodeNetwork(network);
  const predictor = await loadPredictor(bytes);
  const folder = await mkdtemp(join(tmpdir(), 'classes-'));
  try {
    await writeFile(join(folder, 'model'), bytes);
    for (let i = 0; i < 5; i++) {
      const example = data.inputs.slice(i * inputs, (i + 1) * inputs) as Uint8Array;
      const expected = await network.predict(example);
      const found = predictor.predict(example);
      // To the bit where the build is the same: training has switched relaxed SIMD on where the engine has it.
      expect(found).toEqual(expected);
      await writeFile(join(folder, 'example'), example);
      const python = spawnSync('python3', [
        'examples/predict.py',
        join(folder, 'model'),
        join(folder, 'example'),
      ]);
      // numpy is not everywhere.
      const others = python.status === 0 ? [found, JSON.parse(String(python.stdout))] : [found];
      for (const { goodness, probabilities } of others) {
        for (let c = 0; c < classes; c++) {
          expect(goodness[c]).toBeCloseTo(expected.goodness[c], 3);
          expect(probabilities[c]).toBeCloseTo(expected.probabilities[c], 4);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
    await network.close();
  }
});

it('go on learning, and are saved as models again', async () => {
  const classes = 5;
  const data = prototypes(300, inputs, classes, 1);
  const network = await createNetwork(recipeOf({}), { inputs, classes, threads: 1 });
  const learner = await openLearner(await encodeNetwork(network), { rate: 1 });
  await network.close();
  const wrong = () => {
    let count = 0;
    for (let i = 0; i < data.count; i++) {
      const example = data.inputs.slice(i * inputs, (i + 1) * inputs) as Uint8Array;
      if (learner.predict(example).label !== data.labels[i]) count++;
    }
    return count;
  };
  const before = wrong();
  learner.learn(data.inputs as Uint8Array, data.labels);
  expect(wrong()).toBeLessThan(before / 3);
  const again = await loadPredictor(learner.save());
  const example = data.inputs.slice(0, inputs) as Uint8Array;
  const [found, expected] = [again.predict(example), learner.predict(example)];
  expect(found.label).toBe(expected.label);
  found.goodness.forEach((value, c) => {
    expect(value).toBeCloseTo(expected.goodness[c], 3);
  });
});
