// What a report is made of.

import { expect, it } from 'vitest';
import { createNetwork } from '../../src/network/create.ts';
import { readState } from '../../src/network/state.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { classEvidence } from '../../src/report/class-evidence.ts';
import { firstLayerFields, reportOf } from '../../src/report/collect.ts';
import { renderReport } from '../../src/report/report.ts';
import { prototypes } from '../support/data.ts';

const shape = [6, 7, 3] as const;
const data = { ...prototypes(10, 126, 2, 1), shape };

it('shows convolutions as the windows that they look through', async () => {
  const recipe: Recipe = {
    ...recipes.conv,
    image: shape,
    layers: [{ kind: 'conv', channels: 33, size: 3 }, 40],
  };
  const network = await createNetwork(recipe, { inputs: 126, classes: 2, threads: 1 });
  const fields = firstLayerFields(network, data)!;
  const [{ data: weights }] = readState(network.session, false, 'layers.0.weight');
  await network.close();
  expect([fields.height, fields.width, fields.channels]).toEqual([3, 3, 3]);
  expect(fields.units).toHaveLength(33);
  const norms = Array.from({ length: 33 }, (_, u) =>
    Array.from({ length: 27 }, (_, k) => weights[k * 33 + u] ** 2).reduce((sum, square) => sum + square, 0),
  );
  const strongest = norms.indexOf(Math.max(...norms));
  expect(Array.from(fields.units[0])).toEqual(
    Array.from({ length: 27 }, (_, k) => weights[k * 33 + strongest]),
  );
  expect(fields.caption).toBe(
    'The 33 units with the strongest weights of the 33 that look everywhere through windows of 3 × 3 pixels.',
  );
});

it('says where in an image its class is seen, in each layer of convolutions that is read', async () => {
  const recipe: Recipe = {
    ...recipes.conv,
    image: shape,
    layers: [
      { kind: 'conv', channels: 12, size: 3 },
      { kind: 'conv', channels: 33, size: 3, cells: 3 },
      { kind: 'conv', channels: 40, size: 3, maxPool: 2, cells: 2 },
      20,
    ],
    learning: { ...recipes.conv.learning, readFrom: 1 },
    batch: 4,
    epochs: 3,
  };
  const classes = 3;
  const three = { ...prototypes(30, 126, classes, 1), shape };
  const network = await createNetwork(recipe, { inputs: 126, classes, threads: 1 });
  for await (const _event of network.fit(three));
  const evaluation = await network.evaluate(three);
  for (const example of [0, 7]) {
    const maps = await classEvidence(network, three, example);
    expect(maps.map(({ layer, cells }) => [layer, cells])).toEqual([
      [2, 3],
      [3, 2],
    ]);
    for (const { layer, cells, values } of maps) {
      expect(values).toHaveLength(cells * cells);
      const sum = values.reduce((a, b) => a + b, 0);
      const first = (example * 4 + layer - 1) * classes;
      const logs = Array.from(evaluation.goodness.subarray(first, first + classes));
      const mean = logs.reduce((a, b) => a + b, 0) / classes;
      expect(sum).toBeCloseTo(logs[three.labels[example]] - mean, 3);
    }
  }
  const html = renderReport(await reportOf(network, three, evaluation));
  expect(html).toContain('Where it sees the class');
  expect(html).toContain('the weights of the window of 3 × 3 pixels');
  expect(html.match(/<th scope="row">layer \d/g)).toEqual(
    [2, 3].map(layer => `<th scope="row">layer ${layer}`),
  );
  await network.close();
});

it('puts evidence where in the image it is', async () => {
  // Two classes that a dot tells apart, always in the same corner.
  const size = [8, 8, 1] as const;
  const count = 40;
  const inputs = new Float32Array(count * 64);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  for (let i = 0; i < count; i++) {
    inputs[i * 64 + 3 * 8 + 4] = 1;
    if (labels[i] === 1) inputs[i * 64 + 6 * 8 + 6] = 2;
  }
  const dots = { name: 'dots', count, width: 64, classes: 2, shape: size, inputs, labels };
  const recipe: Recipe = {
    ...recipes.conv,
    image: size,
    shift: 0,
    layers: [{ kind: 'conv', channels: 16, size: 3, cells: 4 }],
    batch: 10,
    epochs: 20,
  };
  const network = await createNetwork(recipe, { inputs: 64, classes: 2, threads: 1 });
  for await (const _event of network.fit(dots));
  const [{ values }] = await classEvidence(network, dots, 1);
  await network.close();
  expect(values.indexOf(Math.max(...values))).toBe(15);
});

it('says nothing of that where layers have no places', async () => {
  const network = await createNetwork(recipes['one-pass'], { inputs: 126, classes: 2, threads: 1 });
  expect(await classEvidence(network, data, 0)).toEqual([]);
  await network.close();
});
