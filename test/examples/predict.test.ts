// examples/predict.py gives the answers of the network, for files of both editions; and refuses those that it would answer
// for otherwise.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, decodeNetwork, encodeNetwork, type Recipe, recipes } from '../../src/index.ts';
import { prototypes } from '../support/data.ts';

const program = fileURLToPath(new URL('../../examples/predict.py', import.meta.url));
const fixture = (name: string) =>
  readFile(new URL(`../fixtures/edition-1/${name}.safetensors`, import.meta.url));

const python = spawnSync('python3', ['-c', 'import numpy']).status === 0;
if (!python) console.log('left out: python3 with numpy is not installed');

const { quick } = recipes;
const small: Recipe = { ...quick, layers: [40, 36], batch: 10, epochs: 2, shift: 0 };
const dense = { kind: 'dense', units: 40, goodness: 'sum-of-squares' } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-python-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function ask(model: Uint8Array, image: Uint8Array) {
  await writeFile(join(folder, 'model'), model);
  await writeFile(join(folder, 'image'), image);
  return spawnSync('python3', [program, 'model', 'image'], { cwd: folder, encoding: 'utf8' });
}

async function expectSame(model: Uint8Array): Promise<void> {
  const network = await decodeNetwork(model, { threads: 1 });
  const { inputs, classes } = network.session;
  const image = prototypes(1, inputs, classes, 3).inputs as Uint8Array;
  const expected = await network.predict(image);
  await network.close();
  const { stdout, stderr } = await ask(model, image);
  expect(stderr).toBe('');
  const { goodness, probabilities } = JSON.parse(stdout);
  expect(goodness).toHaveLength(classes);
  for (let c = 0; c < classes; c++) {
    expect(goodness[c] / expected.goodness![c]).toBeCloseTo(1, 4);
    expect(probabilities[c]).toBeCloseTo(expected.probabilities[c], 5);
  }
}

async function trained(recipe: Recipe, epochs = 2): Promise<Uint8Array> {
  const [inputs, classes] = [48, 4];
  const network = await createNetwork(recipe, { inputs, classes, threads: 1 });
  const data = { ...prototypes(60, inputs, classes, 1), shape: [6, 8] as const };
  for await (const _event of network.fit(data, { epochs }));
  const bytes = await encodeNetwork(network);
  await network.close();
  return bytes;
}

describe.skipIf(!python)('in Python (skipped where numpy is not installed)', () => {
  it.each(['quick', 'hinton-supervised', 'groups', 'own-data'])('first edition: %s', async name => {
    await expectSame(await fixture(name));
  });

  it.each<[string, Recipe]>([
    ['labels in the first inputs', small],
    [
      'labels behind the image, one layer with a goodness of its own',
      {
        ...small,
        layers: [40, dense],
        learning: { ...quick.learning, label: { kind: 'appended', strength: 3 } },
      },
    ],
    [
      'means of channels, all layers read',
      {
        ...small,
        image: [6, 8],
        channelMeans: [0.3],
        learning: { ...quick.learning, readout: { ...quick.learning.readout, from: 0 } },
      },
    ],
  ])('second edition: %s', async (_, recipe) => expectSame(await trained(recipe)));

  it.each(['hybrids', 'local', 'recurrent', 'backprop', 'between-noise'])(
    'first edition, refused: %s',
    async name => {
      const { stderr, stdout, status } = await ask(await fixture(name), new Uint8Array(48));
      expect({ stderr, stdout, status }).toEqual({
        stderr: 'expected dense layers, nothing between them, that learned by contrast or by classes\n',
        stdout: '',
        status: 1,
      });
    },
  );

  it('second edition, refused: another way of learning', async () => {
    const { optimizer, readout } = quick.learning;
    const { from: _, ...steps } = readout;
    const learning = { kind: 'backprop', optimizer, readout: steps } as const;
    const { stderr } = await ask(await trained({ ...small, learning }), new Uint8Array(48));
    expect(stderr).toMatch(/^expected dense layers/);
  });
});
