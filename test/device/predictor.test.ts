// The predictor against the network that it stands for: the same bits. And what it says to files that are none.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeSafetensors } from '../../src/files/safetensors.ts';
import { node } from '../../src/network/create.ts';
import { decodeDescribed } from '../../src/network/encode.ts';
import { InputError, loadPredictor } from '../../src/predict.ts';
import type { Contrast } from '../../src/recipes/recipe.ts';
import { fateOfDamaged } from '../support/damaged-models.ts';
import { prototypes } from '../support/data.ts';
import { watchMemories } from '../support/memories.ts';
import { type RandomModel, randomModel } from '../support/model.ts';
import { type Changes, quick } from '../support/recipes.ts';

const engine = node.detectBuild();
const kernels = (build: string) =>
  new WebAssembly.Module(
    readFileSync(fileURLToPath(new URL(`../../build/predict-${build}.wasm`, import.meta.url))),
  );

const read = (from: number) => ({ ...quick.learning.readout, from });
const nets: [string, Changes<Contrast>, inputs: number, classes: number, bias: number][] = [
  ['quick', { layers: [64, 64] }, 80, 5, 0],
  ['one layer', { layers: [33], learning: { readout: read(0), goodness: 'sum-of-squares' } }, 17, 2, 0],
  ['four layers of odd sizes', { layers: [31, 65, 7, 90], learning: { readout: read(2) } }, 50, 3, 0],
  [
    'all layers read',
    { layers: [40, 50, 60], learning: { readout: read(0), goodness: 'minus-sum-of-squares' } },
    61,
    10,
    0,
  ],
  [
    'layers that differ in goodness',
    {
      layers: [
        { kind: 'dense', units: 40, goodness: 'minus-sum-of-squares' },
        { kind: 'dense', units: 50, goodness: 'sum-of-squares' },
        60,
      ],
      learning: { readout: read(0) },
    },
    61,
    10,
    0,
  ],
  ['nearly all units on', { layers: [64, 96, 32], learning: { readout: read(1) } }, 80, 10, 2],
  [
    '32 classes and two other inputs',
    { layers: [20, 20], learning: { label: { kind: 'first', strength: 1 } } },
    34,
    32,
    0,
  ],
  ['more than a cache block of inputs', { layers: [64, 64] }, 784, 10, 0],
];

describe.each(['simd', 'relaxed'] as const)('with the %s kernels', build => {
  it.skipIf(build === 'relaxed' && engine === 'simd').each(nets)(
    'gives the bits of the network, floats and bytes alike: %s (skipped where the engine has no relaxed SIMD)',
    async (_, settings, inputs, classes, bias) => {
      const { bytes, quantized } = randomModel(settings, inputs, classes, bias);
      const { inputs: examples } = prototypes(12, inputs, classes, 3);
      for (const file of [bytes, quantized]) {
        const host = { ...node, detectBuild: () => build };
        const { network } = await decodeDescribed(host, file, 'm', { threads: 1 });
        const predictor = await loadPredictor(file, { wasmModule: kernels(build) });
        expect(predictor).toMatchObject({ inputs, classes });
        for (let i = 0; i < 12; i++) {
          const example = examples.slice(i * inputs, (i + 1) * inputs);
          const floats = Float32Array.from(example, value => (value - 9) / 200);
          expect(predictor.predict(example)).toEqual(await network.predict(example));
          expect(predictor.predict(floats)).toEqual(await network.predict(floats));
        }
        const dark = new Uint8Array(inputs);
        expect(predictor.predict(dark)).toEqual(await network.predict(dark));
        await network.close();
      }
    },
  );
});

describe('a predictor', () => {
  const { bytes, inputs } = randomModel({ layers: [64, 64] }, 80, 5);
  afterEach(() => void vi.unstubAllGlobals());

  it('carries its kernels with it, and ignores what stands in the inputs of the label', async () => {
    const predictor = await loadPredictor(bytes);
    const example = new Float32Array(inputs).fill(0.5);
    const first = predictor.predict(example);
    example.fill(7, 0, 5);
    expect(predictor.predict(example)).toEqual(first);
    expect(first.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(first.label).toBe(first.goodness.indexOf(Math.max(...first.goodness)));
  });

  it('says how much memory it takes, and takes no other', async () => {
    const memories = watchMemories();
    const predictor = await loadPredictor(bytes);
    for (let i = 0; i < 100; i++) predictor.predict(new Uint8Array(inputs).fill(i));
    expect(memories.map(({ buffer }) => buffer.byteLength)).toEqual([predictor.bytes]);
  });

  it('fetches its kernels from a folder when told to, or says why it cannot', async () => {
    const file = new Uint8Array(
      readFileSync(fileURLToPath(new URL('../../build/predict-simd.wasm', import.meta.url))),
    );
    const fetched: string[] = [];
    vi.stubGlobal('fetch', async (url: URL) => {
      fetched.push(String(url));
      if (url.host === 'down') throw new TypeError('fetch failed');
      return url.host === 'good' ? new Response(file) : new Response(null, { status: 404 });
    });
    try {
      expect((await loadPredictor(bytes, { wasmUrl: 'https://good/build/' })).bytes).toBeGreaterThan(0);
      expect(fetched[0]).toMatch(/^https:\/\/good\/build\/predict-(simd|relaxed)\.wasm$/);
      await expect(loadPredictor(bytes, { wasmUrl: 'https://bad/' })).rejects.toThrow(/cannot fetch .* 404/);
      await expect(loadPredictor(bytes, { wasmUrl: 'https://down/' })).rejects.toThrow(
        /fetch failed; wasmUrl/,
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('refuses examples that are none', async () => {
    const predictor = await loadPredictor(bytes);
    expect(() => predictor.predict(new Uint8Array(3))).toThrow(/expected 1 × 80 inputs, found 3/);
    expect(() => predictor.predict(new Float32Array(80).fill(Number.NaN))).toThrow(
      /input 0 of example 0 is NaN/,
    );
    expect(() => predictor.predict([1, 2] as never)).toThrow(/expected examples as a Uint8Array/);
    expect(() => predictor.predict(undefined as never)).toThrow(InputError);
  });
});

describe('a file that is none is refused', () => {
  const model = randomModel({ layers: [16, 16] }, 20, 4);
  const described = (change: (description: Record<string, never>) => unknown) => {
    const description = JSON.parse(model.metadata.description);
    return withDescription(model, JSON.stringify(change(description) ?? description));
  };
  const learned = (changes: object) =>
    described(({ recipe }) => void Object.assign((recipe as { learning: object }).learning, changes));
  const cases: [string, Uint8Array, RegExp][] = [
    ['nothing', new Uint8Array(), /the model: not a safetensors file/],
    [
      'another format',
      Buffer.concat(encodeSafetensors(model.tensors, {})),
      /expected the format "forward-forward 2"/,
    ],
    ['no JSON', withDescription(model, '{'), /expected a description in JSON/],
    ['a list', described(() => []), /classes from 2 to 10,000/],
    ['null', described(() => 'null' as never), /classes from 2 to 10,000/],
    ['one class', described(d => void Object.assign(d, { classes: 1 })), /classes from 2 to 10,000/],
    [
      '10,001 classes',
      described(d => void Object.assign(d, { classes: 10_001 })),
      /classes from 2 to 10,000/,
    ],
    ['few inputs', described(d => void Object.assign(d, { inputs: 4 })), /more inputs than classes/],
    [
      'other inputs',
      described(d => void Object.assign(d, { inputs: 21 })),
      /layers\.0\.weight of F32 \[21,16\]/,
    ],
    [
      'a billion units',
      described(d => void Object.assign(d.recipe, { layers: [1e9, 1e9] })),
      /layers\.0\.weight of F32 \[20,1000000000\], found F32 \[20,16\]/,
    ],
    ['no recipe', described(d => void Object.assign(d, { recipe: 3 })), /a list of layers/],
    [
      'no units',
      described(d => void Object.assign(d.recipe, { layers: [0] })),
      /layers of one or more units/,
    ],
    ['a strange goodness', learned({ goodness: 'cubes' }), /a goodness of sum-of-squares/],
    ['no strength', learned({ label: { kind: 'first', strength: 0 } }), /label strength/],
    ['labels elsewhere', learned({ label: { kind: 'appended', strength: 1 } }), /found labels elsewhere/],
    [
      'another way of learning',
      learned({ kind: 'unsupervised' }),
      /found learning by unsupervised; only loadNetwork/,
    ],
    ['readouts beyond', learned({ readout: { from: 2 } }), /readouts begin with/],
    ['nothing read', learned({ readout: { from: null } }), /readouts begin with/],
  ];
  it.each(cases)('%s', async (_, bytes, message) => {
    await expect(loadPredictor(bytes)).rejects.toThrow(InputError);
    await expect(loadPredictor(bytes)).rejects.toThrow(message);
  });

  it('weights that are not finite', async () => {
    const tensors = model.tensors.map(tensor =>
      tensor.name === 'layers.1.bias' ? { ...tensor, data: new Float32Array(16).fill(Number.NaN) } : tensor,
    );
    const bytes = Buffer.concat(encodeSafetensors(tensors, model.metadata));
    await expect(loadPredictor(bytes)).rejects.toThrow(
      /^the model: layers\.1\.bias is NaN at index 0, expected finite numbers/,
    );
  });

  it('scales that are missing', async () => {
    const text = Buffer.from(model.quantized)
      .toString('latin1')
      .replace('layers.1.weight.scale', 'layers.1.weight.scales');
    await expect(loadPredictor(Buffer.from(text, 'latin1'))).rejects.toThrow(InputError);
  });

  it('and damaged ones predict numbers or are refused, never anything else', async () => {
    const outcomes = await fateOfDamaged(model, { rounds: 1500, inHeader: 0.4, isCut: true });
    expect(outcomes.loaded).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(500);
  });
});

function withDescription({ tensors, metadata }: RandomModel, description: string): Uint8Array {
  return Buffer.concat(encodeSafetensors(tensors, { ...metadata, description }));
}
