// Networks with convolutions as `ff export` writes them, and what the other commands make of that.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/files/safetensors.ts';
import { loadPredictor } from '../../src/predict.ts';
import type { Classes } from '../../src/recipes/recipe.ts';
import { convModels } from '../support/conv-models.ts';
import { prototypes } from '../support/data.ts';
import { randomModelOf } from '../support/model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [, asDigits, classes] = convModels[0];
const inputs = 28 * 28;
const model = randomModelOf<Classes>({ ...asDigits, image: [28, 28] }, inputs, classes);
const example = prototypes(1, inputs, classes, 8).inputs as Uint8Array;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-conv-export-'));
  await writeFile(join(folder, 'm.safetensors'), model.bytes);
});
afterAll(() => rm(folder, { recursive: true }));

function ff(...words: string[]) {
  return spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
}

describe.each([
  ['m.int8.safetensors', 'model', ['--int8']],
  ['m.js', 'module', ['--js']],
  ['m.int8.js', 'module', ['--js', '--int8']],
  ['m.onnx', 'onnx', ['--onnx']],
])('%s', (name, form, words) => {
  beforeAll(() => {
    const { status, stdout, stderr } = ff('export', 'm.safetensors', ...words);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /\ntakes inputs that are encoded as in training, 784 an example; answers numbers of classes\n$/,
    );
  });

  it('says what it is', () => {
    const { status, stdout } = ff('inspect', name);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /layers +32 channels \(patches of 3 × 3, the largest of 2 × 2, .*\) - 64 channels/,
    );
    expect(stdout).toMatch(/inputs +784, none of them for a label/);
    const { form: found, tensors } = JSON.parse(ff('inspect', name, '--json').stdout);
    expect(found).toBe(form);
    const shape = (tensor: string) =>
      tensors.find((each: { name: string }) => each.name === tensor)?.shape.join(' × ');
    expect(shape('layers.1.weight')).toBe(form === 'onnx' ? '64 × 32 × 3 × 3' : '288 × 64');
    expect(shape('classes.1.weight')).toBe('3136 × 10');
  });
});

it.each(['m.js', 'm.int8.js'])('%s predicts, from nothing but itself', async name => {
  await writeFile(
    join(folder, 'run.mjs'),
    `import { predict, inputs, classes } from './${name}';
     console.log(JSON.stringify([inputs, classes, predict(Uint8Array.from([${example}]))]));`,
  );
  const output = execFileSync(process.execPath, ['run.mjs'], { cwd: folder, encoding: 'utf8' });
  const [width, count, { label, goodness }] = JSON.parse(output);
  const file = name.includes('int8') ? model.quantized : model.bytes;
  const expected = (await loadPredictor(file)).predict(example);
  expect([width, count, label]).toEqual([inputs, classes, expected.label]);
  // Engines with relaxed SIMD round otherwise.
  for (let c = 0; c < classes; c++) expect(goodness[c]).toBeCloseTo(expected.goodness[c], 4);
});

it('ff predict answers of weights that are bytes as forward-forward/predict does', async () => {
  const data = Uint8Array.from({ length: inputs }, (_, k) => {
    const [y, x] = [Math.floor(k / 28), k % 28];
    return y > 4 && y < 23 && x > 12 && x < 16 ? 255 : 0;
  });
  await writeFile(join(folder, 'digit.png'), encode({ width: 28, height: 28, channels: 1, depth: 8, data }));
  const { status, stdout } = ff('predict', 'm.int8.safetensors', 'digit.png', '--json');
  expect(status).toBe(0);
  const { label, goodness } = JSON.parse(stdout);
  expect(goodness).toHaveLength(classes);
  expect(label).toBe(goodness.indexOf(Math.max(...goodness)));
});

it('no weights are lost on the way into bytes but their last digits', async () => {
  const file = await readFile(join(folder, 'm.int8.safetensors'));
  expect(file.length).toBeLessThan(0.3 * model.bytes.length);
  const [found, expected] = await Promise.all(
    [file, model.bytes].map(async bytes => (await loadPredictor(bytes)).predict(example)),
  );
  for (let c = 0; c < classes; c++) expect(found.probabilities[c]).toBeCloseTo(expected.probabilities[c], 1);
});

it.each(
  ['standardised before their', 'shortcuts over'].flatMap(about =>
    ['--int8', '--js'].map(form => [form, about]),
  ),
)('what ff export %s writes has what training knows of: %s', async (form, what) => {
  const [, recipe, count] = convModels.find(([about]) => about.includes(what))!;
  const size = recipe.image!.reduce<number>((product, side = 1) => product * side, 1);
  const { bytes, quantized } = randomModelOf<Classes>(recipe, size, count);
  const example = prototypes(1, size, count, 8).inputs as Uint8Array;
  await writeFile(join(folder, 's.safetensors'), bytes);
  const name = form === '--js' ? 's.js' : 's.int8.safetensors';
  expect(ff('export', 's.safetensors', form)).toMatchObject({ status: 0, stderr: '' });
  const isTold = /plus what goes on 2 below/.test(ff('inspect', name).stdout);
  expect(isTold).toBe(what.includes('shortcuts'));
  if (form === '--int8') {
    const found = (await loadPredictor(await readFile(join(folder, name)))).predict(example);
    expect(found).toEqual((await loadPredictor(quantized)).predict(example));
    return;
  }
  await writeFile(
    join(folder, 'asks.mjs'),
    `import { predict } from './${name}'; console.log(JSON.stringify(predict(Uint8Array.from([${example}])).goodness));`,
  );
  const output = execFileSync(process.execPath, ['asks.mjs'], { cwd: folder, encoding: 'utf8' });
  const { goodness } = (await loadPredictor(bytes)).predict(example);
  const found = JSON.parse(output);
  // Engines with relaxed SIMD round otherwise.
  for (let c = 0; c < count; c++) expect(found[c]).toBeCloseTo(goodness[c], 3);
});

it.each(['--int8', '--js', '--onnx'])('ff export %s refuses a model without running means', async form => {
  const [, recipe, count] = convModels.find(([about]) => about.includes('standardised'))!;
  const size = recipe.image!.reduce<number>((product, side = 1) => product * side, 1);
  const { tensors, metadata } = randomModelOf<Classes>(recipe, size, count);
  const left = tensors.filter(({ name }) => name !== 'layers.1.norm.variance');
  await writeFile(join(folder, 'less.safetensors'), Buffer.concat(encodeSafetensors(left, metadata)));
  const { status, stderr } = ff('export', 'less.safetensors', form);
  expect([status, stderr]).toEqual([
    2,
    'ff: less.safetensors: expected the tensor layers.1.norm.variance of F32 [33], found none\n',
  ]);
});
