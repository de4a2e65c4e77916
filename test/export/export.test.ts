// What `ff export` writes, run by programs that are not this library: onnxruntime, numpy, plain Node, Deno, Bun and an isolate
// of the kind that serves from the edge. Those that are not installed are left out with a line that says so.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeOnnx } from '../../src/export/onnx.ts';
import { readFloats } from '../../src/files/int8.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import { loadPredictor } from '../../src/predict.ts';
import type { Classes, Contrast } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { keepRow } from '../compatibility/rows.ts';
import { convModels } from '../support/conv-models.ts';
import { prototypes } from '../support/data.ts';
import { randomModel, randomModelOf } from '../support/model.ts';
import { type Changes, quick } from '../support/recipes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const hosts = `${root}test/hosts/node_modules/`;
const [inputs, classes] = [80, 5];
const read = (from: number) => ({ ...quick.learning.readout, from });
const own = { kind: 'dense', units: 40, goodness: 'minus-sum-of-squares' } as const;
const model = randomModel({ layers: [64, own], learning: { readout: read(1) } }, inputs, classes);
const examples = prototypes(6, inputs, classes, 8).inputs as Uint8Array;
const example = (i: number) => examples.slice(i * inputs, (i + 1) * inputs);

/** The first of these programs that runs; says so where there is none. */
function found(name: string, ...paths: string[]): string | undefined {
  const path = paths.find(candidate => spawnSync(candidate, ['--version']).status === 0);
  if (!path) console.log(`left out: ${name} is not installed (npm ci --prefix test/hosts)`);
  return path;
}

const python = spawnSync('python3', ['-c', 'import numpy']).status === 0;
if (!python) console.log('left out: python3 with numpy is not installed');
const deno = found('deno', 'deno', `${hosts}@deno/linux-x64-glibc/deno`, `${hosts}.bin/deno`);
const bun = found('bun', 'bun', `${hosts}@oven/bun-linux-x64/bin/bun`, `${hosts}.bin/bun`);
const workerd = found('workerd', 'workerd', `${hosts}.bin/workerd`);
const hasOnnx = existsSync(`${hosts}onnxruntime-node`);
if (!hasOnnx) console.log('left out: onnxruntime-node is not installed (npm ci --prefix test/hosts)');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-export-'));
  await writeFile(join(folder, 'm.safetensors'), model.bytes);
  await writeFile(join(folder, 'image'), example(0));
});
afterAll(() => rm(folder, { recursive: true }));

function ff(...words: string[]) {
  return spawnSync(process.execPath, [`${root}dist/cli/main.js`, 'export', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
}

describe.skipIf(!hasOnnx)('as ONNX (skipped where onnxruntime-node is not installed)', () => {
  const cases: [string, Changes<Contrast>, inputs: number, classes: number][] = [
    ['two layers', { layers: [64, 40] }, 80, 5],
    ['one layer', { layers: [33], learning: { readout: read(0), goodness: 'sum-of-squares' } }, 17, 2],
    [
      'three',
      {
        layers: [30, 50, 20],
        learning: {
          readout: read(0),
          goodness: 'minus-sum-of-squares',
          label: { kind: 'first', strength: 1 },
        },
      },
      50,
      10,
    ],
    [
      'layers that differ in goodness',
      {
        layers: [{ kind: 'dense', units: 30, goodness: 'minus-sum-of-squares' }, 50],
        learning: { readout: read(0) },
      },
      50,
      10,
    ],
    ['means that are subtracted', { layers: [30, 20], channelMeans: [0.3] }, 50, 10],
  ];
  const { learning: onePass, ...around } = recipes['one-pass'];
  const ofClasses: [string, Partial<Classes>, inputs: number, classes: number][] = [
    ['normalized', {}, 80, 5],
    ['linear, of the last layer', { activity: 'linear', readFrom: 1 }, 17, 2],
    [
      'squares, with a readout',
      { activity: 'squares', readout: { rate: 0.1, momentum: 0.9, decay: 0 } },
      50,
      40,
    ],
  ];
  it.each([
    ...cases.map(([name, settings, ...sizes]) => [name, randomModel(settings, ...sizes)] as const),
    ...ofClasses.map(([name, settings, ...sizes]) => {
      const recipe = { ...around, layers: [30, 50], learning: { ...onePass, ...settings } };
      return [`classes, ${name}`, randomModelOf<Classes>(recipe, ...sizes)] as const;
    }),
    ...convModels.map(([name, recipe, count]) => {
      const [height, width, channels = 1] = recipe.image!;
      const model = randomModelOf<Classes>(recipe, height * width * channels, count);
      return [`convolutions, ${name}`, model] as const;
    }),
  ])(
    'answers the same to 1e-4, both readouts, any number of images: %s',
    async (_, { bytes, quantized, recipe, metadata, inputs: width, classes: count }) => {
      const ort = createRequire(`${hosts}_`)('onnxruntime-node');
      for (const file of [bytes, quantized]) {
        const { tensors } = parseSafetensors(file, 'm');
        const tensor = (name: string, shape: readonly number[]) => readFloats(tensors, name, shape, 'm');
        const { chunks } = encodeOnnx({ recipe, inputs: width, classes: count, metadata, tensor });
        const session = await ort.InferenceSession.create(Buffer.concat(chunks));
        expect(session.outputNames).toEqual(['label', 'goodness', 'probabilities']);
        const predictor = await loadPredictor(file);
        for (const images of [1, 7]) {
          const values = Float32Array.from(prototypes(images, width, count, 3).inputs, value => value / 255);
          values.fill(0, 0, images === 7 ? width : 0);
          const output = await session.run({ input: new ort.Tensor('float32', values, [images, width]) });
          for (let i = 0; i < images; i++) {
            const { label, goodness, probabilities } = predictor.predict(
              values.subarray(i * width, (i + 1) * width),
            );
            expect(Number(output.label.data[i])).toBe(label);
            for (let c = 0; c < count; c++) {
              const sum = output.goodness.data[i * count + c];
              expect(Math.abs(sum - goodness[c])).toBeLessThan(1e-4 * Math.max(1, Math.abs(goodness[c])));
              expect(Math.abs(output.probabilities.data[i * count + c] - probabilities[c])).toBeLessThan(
                1e-4,
              );
            }
          }
        }
      }
    },
  );

  it('doubts a class no more than the network does', async () => {
    const { bytes, recipe, metadata } = randomModelOf<Classes>(
      { ...around, layers: [30, 50], learning: onePass },
      60,
      8,
    );
    const { tensors } = parseSafetensors(bytes, 'm');
    // Maps so large that most probabilities are nothing in single precision.
    for (const { name, data } of tensors.values()) {
      if (name.startsWith('classes')) data.set((data as Float32Array).map(value => 100 * value));
    }
    const tensor = (name: string, shape: readonly number[]) => readFloats(tensors, name, shape, 'm');
    const { chunks } = encodeOnnx({ recipe, inputs: 60, classes: 8, metadata, tensor });
    const ort = createRequire(`${hosts}_`)('onnxruntime-node');
    const session = await ort.InferenceSession.create(Buffer.concat(chunks));
    const predictor = await loadPredictor(Buffer.concat(encodeSafetensors([...tensors.values()], metadata)));
    const values = Float32Array.from(prototypes(1, 60, 8, 3).inputs, value => value / 255);
    const { goodness } = await session.run({ input: new ort.Tensor('float32', values, [1, 60]) });
    const expected = predictor.predict(values).goodness;
    expect(Math.min(...expected)).toBeLessThan(-69);
    expected.forEach((sum, c) => {
      expect(Math.abs(goodness.data[c] - sum)).toBeLessThan(1e-3 * Math.abs(sum) + 1e-3);
    });
  });
});

describe.skipIf(!python)('in Python (skipped where numpy is not installed)', () => {
  it.each(['m.safetensors', 'm.int8.safetensors'])('%s predicts with numpy alone', async name => {
    if (name.includes('int8')) expect(ff('m.safetensors', '--int8').status).toBe(0);
    const output = execFileSync('python3', [`${root}examples/predict.py`, name, 'image'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const { goodness, probabilities } = JSON.parse(output);
    const expected = (await loadPredictor(await readFile(join(folder, name)))).predict(example(0));
    expect(goodness).toHaveLength(classes);
    for (let c = 0; c < classes; c++) {
      expect(goodness[c]).toBeCloseTo(expected.goodness[c], 4);
      expect(probabilities[c]).toBeCloseTo(expected.probabilities[c], 5);
    }
  });
});

/** Prints what an exported module and the two entries think of the first example, and what learning changes. */
const script = (learn: string) => `
  import { predict, inputs, classes } from './m.js';
  import { openLearner } from '${learn}';
  const example = Uint8Array.from([${example(0)}]);
  const learner = await openLearner(MODEL, { batch: 2 });
  const before = learner.predict(example);
  learner.learn(example, [3]);
  const isChanged = learner.predict(example).goodness[3] !== before.goodness[3];
  console.log(JSON.stringify([inputs, classes, predict(example), before.label, isChanged]));
`;

async function expectAnswers(output: string): Promise<void> {
  const [width, count, prediction, label, isChanged] = JSON.parse(output);
  const expected = (await loadPredictor(model.bytes)).predict(example(0));
  expect([width, count, label, isChanged]).toEqual([inputs, classes, expected.label, true]);
  expect(prediction.label).toBe(expected.label);
  // Engines with relaxed SIMD round otherwise.
  for (let c = 0; c < classes; c++) expect(prediction.goodness[c]).toBeCloseTo(expected.goodness[c], 4);
}

const runtimes: [string, string | undefined, ...string[]][] = [
  ['node', process.execPath],
  ['deno', deno, 'run', '--allow-read', '--no-config', '--no-npm'],
  ['bun', bun, 'run'],
];
it.each(runtimes)('as JavaScript, predicts and learns in %s', async (_, program, ...words) => {
  if (!program) return;
  expect(ff('m.safetensors', '--js').status).toBe(0);
  await build({
    entryPoints: [`${root}dist/device/learn.js`],
    outfile: join(folder, 'learn.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  const bytes = `Uint8Array.from(atob('${Buffer.from(model.bytes).toString('base64')}'), c => c.charCodeAt(0))`;
  await writeFile(join(folder, 'run.mjs'), script('./learn.js').replace('MODEL', bytes));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await expectAnswers(execFileSync(program, [...words, 'run.mjs'], { cwd: folder, encoding: 'utf8' }));
});

it.skipIf(!workerd)(
  'predicts in an isolate without files or code that is compiled as it runs (skipped without workerd)',
  async () => {
    await build({
      entryPoints: [`${root}dist/device/predict.js`],
      outfile: join(folder, 'predict.js'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'warning',
    });
    await copyFile(`${root}build/predict-simd.wasm`, join(folder, 'kernels.wasm'));
    await writeFile(
      join(folder, 'isolate.js'),
      `import { loadPredictor } from './predict.js';
     import wasmModule from './kernels.wasm';
     import model from './m.safetensors';
     export default { async test() {
       let refusal = 'none';
       await loadPredictor(new Uint8Array(model)).catch(error => { refusal = error.message; });
       const predictor = await loadPredictor(new Uint8Array(model), { wasmModule });
       console.log('ANSWER ' + JSON.stringify([refusal, predictor.predict(Uint8Array.from([${example(0)}]))]));
     } };`,
    );
    await writeFile(
      join(folder, 'isolate.capnp'),
      `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (services = [(name = "main", worker = (
       modules = [
         (name = "isolate.js", esModule = embed "isolate.js"),
         (name = "predict.js", esModule = embed "predict.js"),
         (name = "kernels.wasm", wasm = embed "kernels.wasm"),
         (name = "m.safetensors", data = embed "m.safetensors"),
       ],
       compatibilityDate = "2025-01-01",
     ))]);`,
    );
    const { stdout, stderr } = spawnSync(workerd!, ['test', 'isolate.capnp'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const answer = /ANSWER (.*)/.exec(stdout + stderr)?.[1];
    const [refusal, { label, goodness }] = JSON.parse(answer ?? `no answer: ${stderr}`);
    expect(refusal).toMatch(/disallowed|blocked/);
    // The same build of the kernels, since a fused multiply-add rounds once where others round twice.
    const wasmModule = await WebAssembly.compile(await readFile(`${root}build/predict-simd.wasm`));
    const expected = (await loadPredictor(model.bytes, { wasmModule })).predict(example(0));
    expect({ label, goodness }).toEqual({ label: expected.label, goodness: [...expected.goodness] });
    const { version } = JSON.parse(await readFile(`${hosts}workerd/package.json`, 'utf8'));
    const result = "predicts, Node's bits";
    keepRow({ group: 'runtimes', environment: 'workerd', version, tried: 'predict', result });
  },
);

describe('ff export', () => {
  it('writes what was asked for, and says how large it is', async () => {
    for (const [words, name] of [
      [['--onnx'], 'm.onnx'],
      [['--int8'], 'm.int8.safetensors'],
      [['--js', '--int8'], 'm.int8.js'],
      [['--js', '--out', 'a/b.mjs'], 'a/b.mjs'],
    ] as const) {
      const { status, stdout, stderr } = ff('m.safetensors', ...words);
      expect([status, stderr]).toEqual([0, '']);
      const { size } = await stat(join(folder, name));
      expect(stdout).toBe(
        `${name}: ${size.toLocaleString('en-US')} bytes, ${((100 * size) / model.bytes.length).toFixed(0)} % of the model\n` +
          'takes inputs that are encoded as in training, 80 an example, the first 5 of them left to the label; answers numbers of classes\n',
      );
    }
  });

  it.each([
    ['nothing', ['m.safetensors'], /--onnx, --int8 or --js/],
    ['two at once', ['m.safetensors', '--onnx', '--int8'], /--onnx stands alone/],
    [
      'the model as its own export',
      ['m.safetensors', '--int8', '--out', './m.safetensors'],
      /would replace .*m\.safetensors, which is read/,
    ],
    ['what is not there', ['none.safetensors', '--js'], /none\.safetensors.*no such file/],
    ['what is no model', ['image', '--js'], /image/],
    ['bytes of bytes', ['m.int8.safetensors', '--int8'], /int8 already/],
    ['an option that is none', ['m.safetensors', '--tflite'], /unknown option/],
  ])('refuses %s with one line', (_, words, message) => {
    const { status, stdout, stderr } = ff(...words);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([status, stdout]).toEqual([2, '']);
  });
});
