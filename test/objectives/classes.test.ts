// The objective `classes`: whole steps against the equations in double precision, these against finite differences, and what it
// answers.

import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../src/network/create.ts';
import type { Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';
import type { Classes, Recipe } from '../../src/recipes/recipe.ts';
import { ClassesNetwork, type PlainLayer } from '../support/classes-network.ts';
import { generator, prototypes } from '../support/data.ts';
import { rowsOf } from '../support/matrix.ts';

const [inputs, classes, images] = [40, 5, 24];
const optimizer = { kind: 'momentum', rate: 0.3, momentum: 0, decay: 0 } as const;

function recipeOf(learning: Partial<Classes>, more: Partial<Recipe> = {}): Recipe {
  return {
    name: 'classes',
    about: '',
    layers: [32, 64],
    shift: 0,
    batch: images,
    epochs: 1,
    holdShare: 1,
    ...more,
    learning: {
      kind: 'classes',
      activity: 'linear',
      map: 'learned',
      optimizer,
      readFrom: 0,
      ...learning,
    },
  };
}

/** The network as the plain one has it; fixed maps are not in every file, so those of blocks are written here. */
function plainLayers(network: Network, groups = 1): PlainLayer[] {
  const tensors = new Map(readState(network.session, false).map(({ name, data }) => [name, data]));
  return network.session.plans.map(({ units }, l) => {
    const names =
      groups === 1
        ? [`classes.${l}.weight`]
        : Array.from({ length: groups }, (_, g) => `classes.${l}.group.${g}.weight`);
    return {
      weight: rowsOf(tensors.get(`layers.${l}.weight`)!, units),
      bias: Array.from(tensors.get(`layers.${l}.bias`)!),
      map: names.flatMap(name => rowsOf(tensors.get(name)!, classes)),
    };
  });
}

const data = prototypes(images, inputs, classes, 1);
const rows = rowsOf(
  Float32Array.from(data.inputs, value => value / 255),
  inputs,
);
const labels = Array.from(data.labels);

function largestDifference(found: number[][], expected: number[][]): number {
  return Math.max(...found.flatMap((row, k) => row.map((value, j) => Math.abs(value - expected[k][j]))));
}

const kinds = (['linear', 'squares', 'normalized'] as const).flatMap(activity =>
  (['blocks', 'projection', 'learned'] as const).map(map => ({ activity, map })),
);

describe('the plain equations', () => {
  it.each(['linear', 'squares', 'normalized'] as const)(
    'have the gradient of finite differences (%s)',
    activity => {
      const random = generator(4);
      const draw = (length: number) => Array.from({ length }, () => random() - 0.4);
      const layer: PlainLayer = {
        weight: Array.from({ length: inputs }, () => draw(12)),
        bias: draw(12),
        map: Array.from({ length: 12 }, () => draw(classes)),
      };
      const plain = new ClassesNetwork([layer], activity, activity === 'normalized' ? 1 : 2);
      const gradient = plain.gradient(0, rows, labels);
      const loss = () => plain.logLikelihood(layer, plain.pass(rows)[0].y, labels);
      const step = 1e-5;
      const slope = (row: number[], j: number) => {
        const kept = row[j];
        row[j] = kept + step;
        const more = loss();
        row[j] = kept - step;
        const less = loss();
        row[j] = kept;
        return (more - less) / (2 * step);
      };
      // The constant 2 of the squares is left to the rate.
      const factor = activity === 'squares' ? 2 : 1;
      for (const [k, u] of [
        [3, 0],
        [7, 5],
        [39, 11],
      ]) {
        expect(factor * gradient.weight[k][u]).toBeCloseTo(slope(layer.weight[k], u), 5);
        expect(factor * gradient.bias[u]).toBeCloseTo(slope(layer.bias, u), 5);
        expect(gradient.map[u][2]).toBeCloseTo(slope(layer.map[u], 2), 5);
      }
    },
  );
});

describe('a step', () => {
  it.each(kinds)('is that of the equations: $activity, $map', async ({ activity, map }) => {
    for (const threads of [1, 2]) {
      const network = await createNetwork(recipeOf({ activity, map }), { inputs, classes, threads });
      const before = plainLayers(network);
      const plain = new ClassesNetwork(before, activity);
      for await (const _ of network.fit(data));
      const after = plainLayers(network);
      before.forEach((layer, l) => {
        const gradient = plain.gradient(l, rows, labels);
        const moved = layer.weight.map((row, k) =>
          row.map((w, j) => w + (optimizer.rate / images) * gradient.weight[k][j]),
        );
        const bias = layer.bias.map((b, j) => b + (optimizer.rate / images) * gradient.bias[j]);
        expect(largestDifference(after[l].weight, moved)).toBeLessThan(2e-6);
        expect(largestDifference([after[l].bias], [bias])).toBeLessThan(2e-6);
        const learned = layer.map.map((row, u) =>
          row.map((p, c) => (map === 'learned' ? p + (optimizer.rate / images) * gradient.map[u][c] : p)),
        );
        expect(largestDifference(after[l].map, learned)).toBeLessThan(2e-6);
        // Something has to have moved for this to say anything.
        expect(largestDifference(after[l].weight, layer.weight)).toBeGreaterThan(1e-4);
      });
      await network.close();
    }
  });

  it('is that of each group, where there are several', async () => {
    const network = await createNetwork(recipeOf({ groups: 2 }, { layers: [64, 128] }), {
      inputs,
      classes,
      threads: 1,
    });
    const before = plainLayers(network, 2);
    const plain = new ClassesNetwork(before, 'linear', 2);
    for await (const _ of network.fit(data));
    const after = plainLayers(network, 2);
    before.forEach((layer, l) => {
      const gradient = plain.gradient(l, rows, labels);
      const moved = layer.weight.map((row, k) =>
        row.map((w, j) => w + (optimizer.rate / images) * gradient.weight[k][j]),
      );
      expect(largestDifference(after[l].weight, moved)).toBeLessThan(2e-6);
    });
    await network.close();
  });
});

describe('rows that are settled', () => {
  it('move no weight', async () => {
    const learning = { activity: 'normalized', settled: 1 } as const;
    const network = await createNetwork(recipeOf(learning), { inputs, classes, threads: 1 });
    const before = plainLayers(network);
    for await (const { activeRows } of network.fit(data)) expect(activeRows).toEqual([0, 0]);
    expect(plainLayers(network)).toEqual(before);
    await network.close();
  });

  it('are those whose right class is doubted by less than the recipe says', async () => {
    const learning = { activity: 'normalized', settled: 0.75 } as const;
    const network = await createNetwork(recipeOf(learning), { inputs, classes, threads: 2 });
    const before = plainLayers(network);
    const plain = new ClassesNetwork(before, 'normalized');
    for await (const _ of network.fit(data));
    const after = plainLayers(network);
    before.forEach((layer, l) => {
      const { y } = plain.pass(rows)[l];
      const kept = rows.flatMap((_, i) =>
        1 - plain.probabilities(layer, y[i])[0][labels[i]] < 0.75 ? [] : [i],
      );
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.length).toBeLessThan(images);
      const gradient = plain.gradient(
        l,
        kept.map(i => rows[i]),
        kept.map(i => labels[i]),
      );
      const moved = layer.weight.map((row, k) =>
        row.map((w, j) => w + (optimizer.rate / images) * gradient.weight[k][j]),
      );
      expect(largestDifference(after[l].weight, moved)).toBeLessThan(2e-6);
    });
    await network.close();
  });
});

describe('answers', () => {
  it('of the softmax over both layers are the product of what they say', async () => {
    const network = await createNetwork(recipeOf({ activity: 'normalized' }), {
      inputs,
      classes,
      threads: 2,
    });
    for await (const _ of network.fit(data));
    const { goodnessSums, probabilities } = await network.evaluate(data);
    for (let i = 0; i < images; i++) {
      const row = Array.from(goodnessSums.subarray(i * classes, (i + 1) * classes), Math.exp);
      const sum = row.reduce((a, b) => a + b);
      row.forEach((value, c) => {
        expect(probabilities[i * classes + c]).toBeCloseTo(value / sum, 4);
      });
    }
    await network.close();
  });

  it('are the sum of the log probabilities over the layers that are read', async () => {
    const network = await createNetwork(recipeOf({ readFrom: 1 }, { layers: [32, 64, 32] }), {
      inputs,
      classes,
      threads: 1,
    });
    for await (const _ of network.fit(data));
    const plain = new ClassesNetwork(plainLayers(network), 'linear');
    const { goodness, goodnessSums } = await network.evaluate(data);
    const passes = plain.pass(rows);
    for (let i = 0; i < images; i++) {
      const logs = passes.map(({ y }, l) =>
        plain.probabilities(plain.layers[l], y[i])[0].map(p => Math.log(p)),
      );
      for (let c = 0; c < classes; c++) {
        logs.forEach((layer, l) => {
          expect(goodness[(i * 3 + l) * classes + c]).toBeCloseTo(layer[c], 4);
        });
        expect(goodnessSums[i * classes + c]).toBeCloseTo(logs[1][c] + logs[2][c], 4);
      }
    }
    await network.close();
  });

  it('are soon right, whatever the map, of dense layers and of local ones', { timeout: 60_000 }, async () => {
    const train = { ...prototypes(600, 48, classes, 2), shape: [6, 8] as const };
    const test = { ...prototypes(200, 48, classes, 3), shape: [6, 8] as const };
    const field = { size: 3, stride: 1, overhang: 0 };
    const local = { kind: 'local', height: 4, width: 6, channels: 9, field } as const;
    const adam = { kind: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 } as const;
    for (const { activity, map } of kinds) {
      for (const layers of [
        [60, 60],
        [local, 60],
      ]) {
        const more = { layers, image: [6, 8], epochs: 4, batch: 20 } as Partial<Recipe>;
        const recipe = recipeOf({ activity, map, optimizer: adam }, more);
        const network = await createNetwork(recipe, { inputs: 48, classes, threads: 1 });
        for await (const _ of network.fit(train));
        const { goodnessReadout } = await network.evaluate(test);
        await network.close();
        expect(goodnessReadout!.error, `${activity} ${map}`).toBeLessThan(15);
      }
    }
  });
});

it('maps of layers with other counts of groups share no random numbers', async () => {
  const field = { size: 3, stride: 1, overhang: 0 };
  const layers = [
    { kind: 'local', height: 4, width: 6, channels: 9, field },
    { kind: 'local', height: 2, width: 4, channels: 9, field },
  ] as const;
  const recipe = recipeOf({ map: 'projection', groups: 'positions' }, { layers, image: [6, 8] });
  const network = await createNetwork(recipe, { inputs: 48, classes, threads: 1 });
  const maps = readState(network.session, false).filter(({ name }) => name.startsWith('classes.'));
  await network.close();
  expect(maps.length).toBe(4 * 6 + 2 * 4);
  expect(new Set(maps.map(({ data: [first] }) => first)).size).toBe(maps.length);
});
