// Shortcuts between convolutions against the equations in double precision: what each layer hands on, whole steps, answers.

import { describe, expect, it } from 'vitest';
import { PANEL, ROW_BYTES } from '../../../src/kernels/panels.ts';
import type { ConvPlan } from '../../../src/layers/conv/plan.ts';
import type { ConvSpec } from '../../../src/layers/conv/spec.ts';
import { createNetwork } from '../../../src/network/create.ts';
import { encodeNetwork } from '../../../src/network/encode.ts';
import { decodeNetwork } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { readState } from '../../../src/network/state.ts';
import type { Classes, SelfContrast } from '../../../src/recipes/recipe.ts';
import { stateBits } from '../../support/bits.ts';
import {
  activities,
  type Image,
  imagesOf,
  logProbabilities,
  type PlainConv,
  positionsNormalized,
  wholeNormalized,
} from '../../support/conv-network.ts';
import { prototypes } from '../../support/data.ts';
import { rowsOf } from '../../support/matrix.ts';
import type { RecipeOf } from '../../support/recipes.ts';
import { stepsOn } from '../../support/slope.ts';

const [height, width, channels, classes, images] = [7, 6, 2, 3, 6];
const inputs = height * width * channels;
const data = { ...prototypes(images, inputs, classes, 1), shape: [height, width, channels] as const };
const labels = Array.from(data.labels);
const pictures = imagesOf(data.inputs, data.shape).map(wholeNormalized);

type Normalization = ConvSpec['normalization'];

/** One shortcut over a layer of other channels, and one right behind it. */
function layersOf(normalization: Normalization): ConvSpec[] {
  const common = { kind: 'conv', size: 3, channels: 36, ...(normalization && { normalization }) } as const;
  return [
    { ...common, averagePool: 2 },
    { ...common, channels: 12 },
    { ...common, shortcut: 2, ...(normalization !== 'blocks' && { triangle: true }) },
    { ...common, shortcut: 1 },
    { ...common, channels: 9 },
  ];
}

function recipeOf(normalization: Normalization, more: Partial<RecipeOf<Classes>> = {}): RecipeOf<Classes> {
  return {
    name: 'shortcuts',
    about: '',
    layers: layersOf(normalization),
    image: [height, width, channels],
    shift: 0,
    batch: images,
    epochs: 1,
    holdShare: 1,
    learning: {
      kind: 'classes',
      activity: normalization === undefined ? 'normalized' : 'linear',
      map: 'learned',
      readFrom: 0,
      optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
    },
    ...more,
  };
}

function plainLayers({ session }: Network): PlainConv[] {
  const tensors = new Map(readState(session, false).map(({ name, data: values }) => [name, values]));
  return layersOf(undefined).map(({ channels: own, size }, l) => ({
    weight: rowsOf(tensors.get(`layers.${l}.weight`)!, own),
    bias: Array.from(tensors.get(`layers.${l}.bias`)!),
    map: rowsOf(tensors.get(`classes.${l}.weight`)!, classes),
    ...{ size, stride: 1, pool: 1, cells: 1 },
  }));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Each of so many blocks of channels less its mean, over its deviation in `whole`. */
function standardised(image: Image, whole: Image, blocks: number): Image {
  const size = whole[0][0].length / blocks;
  const statistics = Array.from({ length: blocks }, (_, k) => {
    const values = whole.flat().flatMap(position => position.slice(k * size, (k + 1) * size));
    const middle = mean(values);
    return [middle, Math.sqrt(mean(values.map(value => (value - middle) ** 2)) + 1e-5)];
  });
  return image.map(row =>
    row.map(position =>
      position.map((value, c) => {
        const [middle, deviation] = statistics[Math.floor(c / size)];
        return (value - middle) / deviation;
      }),
    ),
  );
}

/** What a layer makes of its own, of activities `y`, before anything is added. */
function ownOf(y: Image, { triangle, averagePool, normalization }: ConvSpec): Image {
  let image = y;
  if (triangle) {
    image = y.map(row => row.map(units => units.map(value => Math.max(0, value - mean(units)))));
  }
  if (averagePool) {
    image = Array.from({ length: Math.floor(image.length / 2) }, (_, i) =>
      Array.from({ length: Math.floor(image[0].length / 2) }, (__, j) =>
        image[0][0].map((___, c) => mean([0, 1, 2, 3].map(k => image[2 * i + (k >> 1)][2 * j + (k & 1)][c]))),
      ),
    );
  }
  if (normalization === 'image') return wholeNormalized(image);
  if (normalization === 'layer') return standardised(image, image, 1);
  if (normalization === 'blocks') return standardised(image, y, classes);
  return normalization === 'none' ? image : positionsNormalized(image);
}

const sumOf = (one: Image, other: Image): Image =>
  one.map((row, i) => row.map((units, j) => units.map((value, c) => value + other[i][j][c])));

/** Of each layer what it sees of each picture, and at last what goes on from the uppermost. */
function passedThrough(plain: PlainConv[], specs: ConvSpec[]): Image[][] {
  const passed = [pictures];
  plain.forEach((layer, l) => {
    const { shortcut } = specs[l];
    passed.push(
      passed[l].map((x, i) => {
        const own = ownOf(activities(x, layer), specs[l]);
        return shortcut ? sumOf(own, passed[l + 1 - shortcut][i]) : own;
      }),
    );
  });
  return passed;
}

/** What layer `l` has handed on of image `i` of the last batch, position by position. */
function handedOn({ session }: Network, l: number, i: number): number[] {
  const { outPositions, panels, channels: own, at } = session.plans[l] as ConvPlan;
  const { buffer } = session.memories[l];
  const [u32, f32] = [new Uint32Array(buffer), new Float32Array(buffer)];
  const row = new Array<number>(outPositions * panels * PANEL).fill(0);
  const [begin, end] = [0, 1].map(which => u32[(at.outputRows >>> 2) + 2 * i + which]);
  for (let entry = (at.outputEntries + begin) >>> 2; entry < (at.outputEntries + end) >>> 2; entry += 2) {
    row[u32[entry] / ROW_BYTES] = f32[entry + 1];
  }
  return row.filter((_, k) => k % (panels * PANEL) < own);
}

describe.each([undefined, 'image', 'layer', 'blocks', 'none'] as const)('normalization %s', normalization => {
  const specs = layersOf(normalization);

  it.each(['simd', 'relaxed'] as const)(
    'what is handed on, and a step, are those of the equations: %s',
    { timeout: 60_000 },
    async build => {
      const recipe = recipeOf(normalization);
      const network = await createNetwork(recipe, { inputs, classes, threads: 2, build });
      const plain = plainLayers(network);
      const passed = passedThrough(plain, specs);
      await network.evaluate(data);
      for (let l = 0; l < specs.length; l++) {
        for (let i = 0; i < images; i++) {
          const found = handedOn(network, l, i);
          passed[l + 1][i].flat(2).forEach((value, k) => {
            expect(Math.abs(found[k] - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
          });
        }
      }
      for await (const _ of network.fit(data));
      const after = plainLayers(network);
      await network.close();
      const { activity } = recipe.learning;
      plain.forEach((layer, l) => {
        const seen = passed[l];
        // No gradient comes through what is added.
        const likely = () =>
          mean(seen.map((x, i) => logProbabilities(activities(x, layer), layer, activity)[labels[i]]));
        const { compare, haveMoved } = stepsOn(likely, 5e-6);
        for (let k = 0; k < layer.weight.length; k += 23) {
          compare(layer.weight[k], after[l].weight[k], k % layer.bias.length);
        }
        for (let u = 0; u < layer.bias.length; u += 7) compare(layer.bias, after[l].bias, u);
        for (let f = 0; f < layer.map.length; f += 7) compare(layer.map[f], after[l].map[f], f % classes);
        haveMoved();
      });
    },
  );
});

describe('a network with shortcuts', () => {
  const learning = {
    ...recipeOf(undefined).learning,
    optimizer: { kind: 'momentum', rate: 0.05, momentum: 0.9, decay: 0 },
    readout: { rate: 0.1, momentum: 0.9, decay: 0 },
  } as const;
  const many = { ...prototypes(50, inputs, classes, 2), shape: data.shape };
  const contrast: SelfContrast = {
    kind: 'self-contrast',
    optimizer: learning.optimizer,
    margins: Array.from({ length: 5 }, () => ({ positive: 0, negative: 1, penalty: 0.1 })),
    readout: { ...learning.readout, from: 0 },
  };

  it.each([
    ['classes', recipeOf(undefined, { learning })],
    ['classes, blocks', recipeOf('blocks', { learning: { ...learning, activity: 'linear' } })],
    [
      'self-contrast, the readout of parts',
      {
        ...recipeOf('image'),
        learning: contrast,
        layers: layersOf('image').map(layer => ({ ...layer, readCells: 2 })),
      },
    ],
  ])('comes to the same bits by 1, 2 and 3 threads, and from its file: %s', async (_, recipe) => {
    const found: unknown[] = [];
    for (const threads of [1, 2, 3]) {
      const changed = { ...recipe, epochs: 3, batch: 20 };
      const network = await createNetwork(changed, { inputs, classes, threads, seed: 4 });
      const before = stateBits(network);
      for await (const _event of network.fit(many));
      const answers = await network.probabilities(many);
      expect(stateBits(network)).not.toBe(before);
      const again = await decodeNetwork(await encodeNetwork(network), { threads });
      expect(again.recipe.layers).toEqual(recipe.layers);
      expect(await again.probabilities(many)).toEqual(answers);
      found.push([stateBits(network), answers]);
      await again.close();
      await network.close();
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });
});
