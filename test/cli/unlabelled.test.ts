// Networks that are not given labels, as the command meets them: there is no goodness of a label to speak of.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNetwork } from '../../src/network/create.ts';
import { loadModel, saveNetwork } from '../../src/network/model.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { quick } from '../../src/recipes/recipes.ts';
import { writeBlocks } from '../support/blocks.ts';
import { parseLines, runCommand } from '../support/command.ts';
import { prototypes } from '../support/data.ts';

let folder: string;
const ff = (...words: string[]) => runCommand(folder, words);

const bare = { ...quick, layers: [12, 9], shift: 0 };
const { goodness, objective, optimizer, readout } = quick.learning;
const { from: _, ...topReadout } = readout;
const recipes: [string, Recipe][] = [
  [
    'hybrids',
    {
      ...bare,
      name: 'hybrids',
      image: [28, 28],
      learning: {
        kind: 'unsupervised',
        negatives: { kind: 'hybrids', blurs: 1 },
        goodness,
        objective,
        optimizer,
        readout,
      },
    },
  ],
  ['backprop', { ...bare, name: 'backprop', learning: { kind: 'backprop', optimizer, readout: topReadout } }],
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-unlabelled-'));
  await writeBlocks(join(folder, 'blocks'), 100, 100);
  const data = new Uint8Array(400).fill(255);
  data.fill(0, 100, 140);
  await writeFile(join(folder, 'digit.png'), encode({ width: 20, height: 20, data, depth: 8, channels: 1 }));
  for (const [name, recipe] of recipes) {
    const network = await createNetwork(recipe, { inputs: 784, classes: 10, threads: 1 });
    const train = { ...prototypes(200, 784, 10, 1), shape: [28, 28] as const };
    for await (const _event of network.fit(train, { epochs: 1 }));
    await saveNetwork(network, join(folder, `${name}.safetensors`));
    await network.close();
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(recipes)('%s', name => {
  it('answers by its softmax', async () => {
    const { code, stdout, stderr } = await ff('predict', `${name}.safetensors`, 'digit.png');
    expect([code, stderr]).toEqual([0, '']);
    const [heading, ...rows] = stdout.slice(stdout.indexOf('  label')).trimEnd().split('\n');
    expect(heading).toBe('  label  softmax');
    expect(rows).toHaveLength(10);
    const shares = rows.map(row => Number(/^ +\d+ +(\d+\.\d) %( {2}←)?$/.exec(row)?.[1]));
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 0);
    const marked = rows.findIndex(row => row.endsWith('←'));
    expect(shares[marked]).toBe(Math.max(...shares));
    expect(stdout).toContain(`digit.png: ${marked}\n`);
    const [answer] = parseLines((await ff('predict', `${name}.safetensors`, 'digit.png', '--json')).stdout);
    expect(answer).not.toHaveProperty('goodness');
    expect(answer.probabilities).toHaveLength(10);
  });

  it('is inspected without a label among its inputs', async () => {
    const { stdout } = await ff('inspect', `${name}.safetensors`);
    expect(stdout).toMatch(/^ +inputs +784, none of them for a label$/m);
    expect(stdout).toMatch(/^ +classes +10$/m);
  });

  it('is evaluated with one count of what is wrong', async () => {
    const { stdout } = await ff('evaluate', `${name}.safetensors`, 'blocks');
    expect(stdout).toMatch(/^class +examples +wrong +error +taken for$/m);
    expect(stdout).not.toMatch(/goodness/);
  });

  it('as a model of own data answers by its softmax, too', async () => {
    const network = await createNetwork(recipes.find(([each]) => each === name)![1], {
      inputs: 784,
      classes: 10,
      threads: 1,
    });
    const train = { ...prototypes(200, 784, 10, 1), shape: [28, 28] as const };
    for await (const _event of network.fit(train, { epochs: 1 }));
    const { probabilities } = await network.evaluate(train);
    const path = join(folder, 'own.safetensors');
    const classNames = Array.from({ length: 10 }, (_, c) => `kind ${c}`);
    const encoding = { kind: 'image' as const, classNames, height: 27, width: 28, channels: 1 as const };
    await saveNetwork(network, path, false, { encoding, calibration: { temperature: 2 } });
    await network.close();
    const model = await loadModel(path, { threads: 1 });
    const answers = await model.answer(train);
    await model.close();
    answers.forEach((answer, i) => {
      const row = Array.from(probabilities.subarray(10 * i, 10 * i + 10));
      expect(answer.probabilities).toEqual(row);
      expect(answer.confidence).toBe(Math.max(...row));
      expect(answer.label).toBe(`kind ${row.indexOf(answer.confidence)}`);
    });
  });
});

it('a recurrent network has its label at the top', async () => {
  const network = await createNetwork(
    {
      ...quick,
      layers: [12, 9],
      shift: 0,
      learning: {
        kind: 'recurrent',
        iterations: 3,
        damping: 0.3,
        firstStep: 2,
        lastStep: 3,
        labelStrength: 3,
        negatives: 'hard',
        goodness,
        objective,
        optimizer,
        readout,
      },
    },
    { inputs: 784, classes: 10, threads: 1 },
  );
  await saveNetwork(network, join(folder, 'recurrent.safetensors'));
  await network.close();
  const { stdout } = await ff('inspect', 'recurrent.safetensors');
  expect(stdout).toMatch(/^ +inputs +784, and 10 at the top for the label$/m);
});
