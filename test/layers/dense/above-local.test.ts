// A dense layer above one of local fields, whose panels have gaps between their units: it is as fast as any dense layer, and
// its tensors know nothing of the gaps.

import { describe, expect, it } from 'vitest';
import { type Dataset, slice } from '../../../src/data/dataset.ts';
import { bindKernels } from '../../../src/kernels/kernels.ts';
import { PairedLayer } from '../../../src/layers/dense/paired-layer.ts';
import type { DensePlan } from '../../../src/layers/dense/plan.ts';
import { unitGrid } from '../../../src/layers/grid.ts';
import type { LocalSpec } from '../../../src/layers/local/spec.ts';
import { createNetwork } from '../../../src/network/create.ts';
import { encodeNetwork } from '../../../src/network/encode.ts';
import { decodeNetwork } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { readState } from '../../../src/network/state.ts';
import type { Recipe } from '../../../src/recipes/recipe.ts';
import { recipes } from '../../../src/recipes/recipes.ts';
import { prototypes } from '../../support/data.ts';
import { PlainNetwork } from '../../support/local-network.ts';
import { detected } from '../../support/memory.ts';

const [side, classes, units] = [7, 5, 100];
const batch = 12;

const builds = detected === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);

const fields = (height: number, channels: number, size: number, stride: number): LocalSpec => ({
  kind: 'local',
  height,
  width: height,
  channels,
  field: { size, stride, overhang: 0 },
});

// Blocks of 3 × 3 positions share a panel; every position has one; or two.
const below: [string, LocalSpec][] = [
  ['3 channels', fields(6, 3, 2, 1)],
  ['9 channels', fields(3, 9, 3, 2)],
  ['40 channels', fields(3, 40, 3, 2)],
];

function recipeOf(layer: LocalSpec): Recipe {
  const { optimizer, objective, goodness, peerNormalisation, readout } =
    recipes['hinton-supervised'].learning;
  return {
    name: 'mixed',
    about: 'for this test',
    layers: [layer, units],
    image: [side, side],
    shift: 0,
    learning: {
      kind: 'unsupervised',
      negatives: { kind: 'hybrids', blurs: 1 },
      optimizer,
      objective,
      goodness,
      peerNormalisation,
      readout: { ...readout, from: 0 },
    },
    batch,
    epochs: 2,
    holdShare: 0.5,
  };
}

const data: Dataset = { ...prototypes(3 * batch, side * side, classes, 1), shape: [side, side] };

async function open(layer: LocalSpec, build?: 'simd' | 'relaxed'): Promise<Network> {
  const options = { inputs: side * side, classes, threads: 1, seed: 2 };
  return createNetwork(recipeOf(layer), { ...options, ...(build && { build }) });
}

/** The numbers of the inputs that there are, as kernels count them, ascending. */
function inputsOf({ height, width, channels }: LocalSpec): number[] {
  const { index } = unitGrid(height, width, channels);
  const inputs = Array.from({ length: height * width * channels }, (_, i) => {
    const position = Math.floor(i / channels);
    return index(Math.floor(position / width), position % width, i % channels);
  });
  return inputs.sort((a, b) => a - b);
}

describe.each(below)('above %s', (_, layer) => {
  const count = layer.height * layer.width * layer.channels;

  it.each(builds)('is planned and multiplied as any, with the %s kernels', async build => {
    const network = await open(layer, build);
    for await (const _event of network.fit(data, { epochs: 1 }));
    const { plans, memories, module } = network.session;
    expect(plans.map(({ kind }) => kind)).toEqual(['local', 'dense']);
    const plan = plans[1] as DensePlan;
    expect(plan).toMatchObject({ pairs: batch, fanIn: count, units });
    expect(plan.inputs).toBeGreaterThan(count);

    const images = Array.from({ length: batch }, (_, i) =>
      Array.from(data.inputs.subarray(i * data.width, (i + 1) * data.width), value => value / 255),
    );
    const expected = new PlainNetwork(network).bottomUp(images)[1].computed;
    // Leaves the rows of the images where the dense layer has its input.
    await network.evaluate(slice(data, 0, batch));
    const dense = new PairedLayer(plan, bindKernels(module, memories[1]), memories[1], build);
    const { at, stride, panels } = plan;
    const density = dense.density(0, batch);
    const alone = () => dense.forwardSparse(0, batch, density, 0, panels);
    const inPairs = () => {
      dense.pairRows(0, batch, batch / 2, 0, batch / 2);
      dense.forwardPairs(0, batch, batch / 2, density, 0, panels);
    };
    for (const multiply of build === 'relaxed' ? [alone, inPairs] : [alone]) {
      dense.f32.fill(0, at.activity >>> 2, (at.activity >>> 2) + panels * stride * 32);
      multiply();
      for (let i = 0; i < batch; i++) {
        const largest = Math.max(...expected[i]);
        for (let unit = 0; unit < units; unit++) {
          const found = dense.f32[(at.activity >>> 2) + ((unit >> 5) * stride + i) * 32 + (unit & 31)];
          expect(Math.abs(found - expected[i][unit])).toBeLessThan(1e-5 * largest);
        }
      }
    }
    await network.close();
  });

  it('begins with weights of the deviation 1 / √(units below)', async () => {
    const network = await open(layer);
    const { data: weights } = readState(network.session, false, 'layers.1.weight')[0];
    const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    expect(Math.abs(deviation * Math.sqrt(count) - 1)).toBeLessThan(0.05);
    await network.close();
  });

  it('has a row of each tensor for each unit below, in ascending order of the inputs', async () => {
    const network = await open(layer);
    for await (const _event of network.fit(data, { epochs: 1 }));
    const { plans, memories } = network.session;
    const plan = plans[1] as DensePlan;
    const f32 = new Float32Array(memories[1].buffer);
    for (const [name, at] of [
      ['weight', plan.at.weights],
      ['weight.first', plan.at.first],
    ] as const) {
      const [tensor] = readState(network.session, true, `layers.1.${name}`);
      expect(tensor.shape).toEqual([count, units]);
      const expected = inputsOf(layer).flatMap(input =>
        Array.from(
          { length: units },
          (_, unit) => f32[(at >>> 2) + ((unit >> 5) * (plan.inputs + 1) + input) * 32 + (unit & 31)],
        ),
      );
      expect(Array.from(tensor.data)).toEqual(expected);
    }
    expect(readState(network.session, false, 'readout.0.weight')[0].shape).toEqual([count, classes]);
    await network.close();
  });

  it('survives being saved: the same answers, and training that goes on to the same bits', async () => {
    const network = await open(layer);
    for await (const _event of network.fit(data, { epochs: 1 }));
    const model = await decodeNetwork(await encodeNetwork(network), { threads: 1 });
    const checkpoint = await decodeNetwork(await encodeNetwork(network, true), { threads: 1 });
    const { probabilities } = await network.evaluate(data);
    expect((await model.evaluate(data)).probabilities).toEqual(probabilities);
    for (const going of [network, checkpoint]) for await (const _event of going.fit(data));
    expect(readState(checkpoint.session, true)).toEqual(readState(network.session, true));
    for (const open of [network, model, checkpoint]) await open.close();
  });
});
