// Networks with convolutions on devices: the bits of the network itself, in either build.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLearner } from '../../src/device/learner.ts';
import { encodeSafetensors } from '../../src/files/safetensors.ts';
import { node } from '../../src/network/create.ts';
import { decodeDescribed } from '../../src/network/encode.ts';
import { InputError, loadPredictor } from '../../src/predict.ts';
import type { Classes } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { convModels } from '../support/conv-models.ts';
import { fateOfDamaged } from '../support/damaged-models.ts';
import { prototypes } from '../support/data.ts';
import { watchMemories } from '../support/memories.ts';
import { type RandomModel, randomModelOf } from '../support/model.ts';
import type { RecipeOf } from '../support/recipes.ts';

const engine = node.detectBuild();
const kernels = (build: string) =>
  new WebAssembly.Module(
    readFileSync(fileURLToPath(new URL(`../../build/predict-${build}.wasm`, import.meta.url))),
  );
const inputsOf = ({ image }: RecipeOf<Classes>) => image!.reduce<number>((size, n = 1) => size * n, 1);

describe.each(['simd', 'relaxed'] as const)('with the %s kernels', build => {
  it.skipIf(build === 'relaxed' && engine === 'simd').each(convModels)(
    'gives the bits of the network, floats and bytes alike: %s (skipped where the engine has no relaxed SIMD)',
    async (_, recipe, classes) => {
      const inputs = inputsOf(recipe);
      const { bytes, quantized } = randomModelOf<Classes>(recipe, inputs, classes);
      const { inputs: examples } = prototypes(4, inputs, classes, 3);
      for (const file of [bytes, quantized]) {
        const host = { ...node, detectBuild: () => build };
        const { network } = await decodeDescribed(host, file, 'm', { threads: 1 });
        const predictor = await loadPredictor(file, { wasmModule: kernels(build) });
        expect(predictor).toMatchObject({ inputs, classes });
        const answers = new Set<number>();
        for (let i = 0; i < 4; i++) {
          const example = examples.slice(i * inputs, (i + 1) * inputs);
          const floats = Float32Array.from(example, value => (value - 9) / 200);
          const found = predictor.predict(example);
          expect(found).toEqual(await network.predict(example));
          expect(predictor.predict(floats)).toEqual(await network.predict(floats));
          answers.add(found.goodness[0]);
        }
        expect(answers.size).toBeGreaterThan(1);
        const dark = new Uint8Array(inputs);
        expect(predictor.predict(dark)).toEqual(await network.predict(dark));
        await network.close();
      }
    },
  );
});

describe('a predictor', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('says how much memory it takes, and takes no other', async () => {
    const [, recipe, classes] = convModels[2];
    const inputs = inputsOf(recipe);
    const memories = watchMemories();
    const predictor = await loadPredictor(randomModelOf<Classes>(recipe, inputs, classes).bytes);
    for (let i = 0; i < 10; i++) predictor.predict(new Uint8Array(inputs).fill(i));
    expect(memories.map(({ buffer }) => buffer.byteLength)).toEqual([predictor.bytes]);
  });

  it('of dense layers subtracts the means of channels, too, and so does a learner', async () => {
    const onePass: RecipeOf<Classes> = { ...recipes['one-pass'], layers: [20], channelMeans: [0.3] };
    const { quick } = recipes;
    for (const recipe of [onePass, { ...quick, layers: [20, 12], channelMeans: [0.3] }]) {
      const { bytes } = randomModelOf(recipe as RecipeOf<Classes>, 40, 5);
      const { network } = await decodeDescribed(node, bytes, 'm', { threads: 1 });
      const { inputs } = prototypes(1, 40, 5, 3);
      const expected = await network.predict(inputs);
      await network.close();
      // Networks, predictors and learners take the same build where nobody asks for another.
      for (const device of [await loadPredictor(bytes), await openLearner(bytes)]) {
        expect(device.predict(inputs as Uint8Array)).toEqual(expected);
      }
    }
  });
});

describe('a file that is none is refused', () => {
  const [, recipe, classes] = convModels[4];
  const model = randomModelOf<Classes>(recipe, inputsOf(recipe), classes);
  const described = (change: (description: never) => void) => {
    const description = JSON.parse(model.metadata.description);
    change(description as never);
    return withDescription(model, description);
  };
  const layer = (changes: object) =>
    described(({ recipe }: { recipe: RecipeOf<Classes> }) => void Object.assign(recipe.layers[1], changes));
  const whole = (changes: object) =>
    described(({ recipe }: { recipe: RecipeOf<Classes> }) => void Object.assign(recipe, changes));
  it.each<[string, Uint8Array, RegExp]>([
    ['an even size', layer({ size: 4 }), /convolutions of an odd size/],
    ['no channels', layer({ channels: undefined }), /convolutions of an odd size/],
    ['half a stride', layer({ stride: 0.5 }), /convolutions of an odd size/],
    ['few channels', layer({ channels: 8 }), /its layers\[1\]: channels must be at least 9, found 8/],
    ['other channels', layer({ channels: 21 }), /layers\.1\.weight of F32 \[90,21\], found F32 \[90,20\]/],
    ['too large a pool', layer({ maxPool: 6 }), /its layers\[1\]: maxPool must be at most 4/],
    ['too many cells', layer({ cells: 5 }), /its layers\[1\]: cells must be at most 4/],
    ['other cells', layer({ cells: 2 }), /classes\.1\.weight of F32 \[80,6\]/],
    ['no image', whole({ image: undefined }), /images, for convolutions/],
    ['another image', whole({ image: [9, 11, 4] }), /images of 495 values, its inputs/],
    ['a strange image', whole({ image: [9, 11, 5, 1] }), /images of rows, columns and channels/],
    [
      'means of positions',
      layer({ averagePool: 2 }),
      /no averagePool, overlapPool, .*, no normalization but 'none', and no batchNorm but 'before': only/,
    ],
    [
      'other scales',
      layer({ normalization: 'image' }),
      /no averagePool, overlapPool, .*, no normalization but 'none', and no batchNorm but 'before': only/,
    ],
    [
      'batch normalisation of activities',
      layer({ batchNorm: 'after' }),
      /no normalization but 'none', and no batchNorm but 'before': only/,
    ],
    ['half a shortcut', layer({ shortcut: 0.5 }), /shortcuts that are counts of layers/],
    [
      'a shortcut from the image',
      layer({ shortcut: 2 }),
      /the model: the shortcut of its layers\[1\] must be a count of layers down to a convolution of as many positions and channels, found 2/,
    ],
    [
      'a shortcut from other channels',
      layer({ shortcut: 1 }),
      /a convolution of as many positions and channels, found 1/,
    ],
    [
      'no running means',
      layer({ batchNorm: 'before' }),
      /the model: expected the tensor layers\.1\.norm\.mean of F32 \[20\], found none/,
    ],
    [
      'activities as they are, of which normalized ones are read',
      described(({ recipe }: { recipe: RecipeOf<Classes> }) => {
        Object.assign(recipe.learning, { activity: 'normalized' });
        Object.assign(recipe.layers[1], { normalization: 'none' });
      }),
      /the model: the normalization of its layers\[1\] must be absent beside normalized activities/,
    ],
    [
      'a variance below 0',
      damagedVariance(),
      /the model: layers\.0\.norm\.variance has -0\.5, expected variances of at least 0/,
    ],
    [
      'a map with a bias',
      whole({ learning: { ...recipe.learning, map: 'affine-projection' } }),
      /maps without a bias: only loadNetwork/,
    ],
    ['its own mean', whole({ channelMeans: 'image' }), /a mean for each channel of its images/],
    ['few means', whole({ channelMeans: [0.1] }), /a mean for each channel of its images/],
    ['means of words', whole({ channelMeans: ['a', 0, 0, 0, 0] }), /a mean for each channel of its images/],
    [
      'labels in the input',
      whole({ learning: recipes.quick.learning }),
      /found conv layers; only loadNetwork/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(loadPredictor(bytes)).rejects.toThrow(InputError);
    await expect(loadPredictor(bytes)).rejects.toThrow(message);
  });

  it('and one that is larger than a memory', async () => {
    const side = 20_000;
    const bytes = described(description => {
      const { recipe } = Object.assign(description, { inputs: side * side * 5 }) as typeof model;
      Object.assign(recipe, { image: [side, side, 5] });
    });
    await expect(loadPredictor(bytes)).rejects.toThrow(/predicting with this model needs .* GiB/);
  });

  it('and damaged ones predict numbers or are refused, never anything else', async () => {
    const outcomes = await fateOfDamaged(model, { rounds: 700, inHeader: 0.5, isCut: false });
    expect(outcomes.loaded).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(200);
  });
});

it('learning on a device refuses convolutions', async () => {
  const [, recipe, classes] = convModels[0];
  const { bytes } = randomModelOf<Classes>(recipe, inputsOf(recipe), classes);
  await expect(openLearner(bytes)).rejects.toThrow(/expected dense layers .* found conv layers/);
});

/** A network whose channels are standardised, one of them by a variance that there cannot be. */
function damagedVariance(): Uint8Array {
  const [, recipe, classes] = convModels.find(([about]) => about.includes('standardised'))!;
  const { tensors, metadata } = randomModelOf<Classes>(recipe, inputsOf(recipe), classes);
  const damaged = tensors.map(tensor =>
    tensor.name === 'layers.0.norm.variance'
      ? { ...tensor, data: tensor.data.map((value, c) => (c === 3 ? -0.5 : value)) }
      : tensor,
  );
  return Buffer.concat(encodeSafetensors(damaged as typeof tensors, metadata));
}

function withDescription({ tensors, metadata }: RandomModel<Classes>, description: object): Uint8Array {
  return Buffer.concat(encodeSafetensors(tensors, { ...metadata, description: JSON.stringify(description) }));
}
