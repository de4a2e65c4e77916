// Backpropagation and perturbation as schedules: whole steps against the same in double precision, threads, resuming, and
// learning.

import { describe, expect, it } from 'vitest';
import { slice } from '../src/data/dataset.ts';
import { shuffledOrder } from '../src/data/shuffle.ts';
import { loadDataset } from '../src/data/sources.ts';
import { InputError } from '../src/errors.ts';
import { bindKernels } from '../src/kernels/kernels.ts';
import { createNetwork } from '../src/network/create.ts';
import { encodeNetwork } from '../src/network/encode.ts';
import { decodeNetwork } from '../src/network/model.ts';
import type { Network } from '../src/network/network.ts';
import { readState, writeState } from '../src/network/state.ts';
import { describeRecipe } from '../src/recipes/describe.ts';
import { layerUnits, type Recipe } from '../src/recipes/recipe.ts';
import { quick } from '../src/recipes/recipes.ts';
import { noiseStream, stream } from '../src/schedule/job.ts';
import { gain } from '../src/schedule/rates.ts';
import {
  eachRow,
  flat,
  gradient,
  logLikelihood,
  type Matrix,
  nearestBend,
  weightsOf,
} from './support/classifier.ts';
import { generator, prototypes } from './support/data.ts';
import { fitUntil } from './support/stop.ts';

const [inputs, classes, seed] = [45, 5, 3];
const recipe: Recipe = {
  ...quick,
  name: 'plain',
  layers: [37, 40, 24],
  shift: 0,
  labelStrength: 0,
  negatives: 'none',
  schedule: { kind: 'backprop' },
  optimizer: { kind: 'momentum', rate: 0.3, momentum: 0.9, decay: 0.01 },
  readout: { rate: 0.5, momentum: 0.8, decay: 0.02 },
  readFrom: 3,
  batch: 9,
  epochs: 3,
  hold: 0.5,
};
const perturbation: Recipe = {
  ...recipe,
  layers: [13, 10],
  readFrom: 2,
  schedule: { kind: 'perturbation', deviation: 0.02 },
  optimizer: { kind: 'momentum', rate: 0.01, momentum: 0, decay: 0 },
  readout: { rate: 0.05, momentum: 0, decay: 0 },
};
const both: [string, Recipe][] = [
  ['backprop', recipe],
  ['perturbation', perturbation],
];

const open = (used: Recipe, more: { threads?: number; build?: 'simd' | 'relaxed' } = {}) =>
  createNetwork(used, { inputs, classes, seed, threads: 1, ...more });

/** Gives the head, which is zero at first, and the biases something to be. */
function disturb(network: Network): void {
  const state = new Map(readState(network.session, true).map(tensor => [tensor.name, tensor.data]));
  const random = generator(5);
  for (const [name, data] of state) {
    if (/^readout.*weight$|bias$/.test(name))
      state.set(
        name,
        data.map(() => random() - 0.5),
      );
  }
  writeState(network.session, true, name => state.get(name)!);
}

async function drain(network: Network, data: ReturnType<typeof prototypes>, epochs?: number): Promise<void> {
  for await (const _event of network.fit(data, epochs === undefined ? {} : { epochs }));
}

const weights = (network: Network) => weightsOf(readState(network.session, false));
const rowsOf = (data: ReturnType<typeof prototypes>): Matrix =>
  Array.from({ length: data.count }, (_, i) =>
    Array.from(data.inputs.subarray(i * data.width, (i + 1) * data.width), value => value / 255),
  );

/** Single precision over a few steps: 1e-4 of the largest value leaves room for rounding, and for nothing else. */
function expectClose(found: number[], expected: number[], what: string, tolerance = 1e-4): void {
  expect(found.length, what).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(found[i] - expected[i]));
  expect(worst / largest, what).toBeLessThan(tolerance);
}

describe.each(['simd', 'relaxed'] as const)('backprop in the %s build', build => {
  it('a step at rate 1 is the gradient of finite differences, in every weight', async () => {
    const used: Recipe = {
      ...recipe,
      layers: [33, 20],
      readFrom: 2,
      optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
      readout: { rate: 1, momentum: 0, decay: 0 },
      epochs: 1,
      hold: 1,
    };
    const data = prototypes(used.batch - 2, inputs, classes, 1);
    const network = await open(used, { build });
    disturb(network);
    const before = weights(network);
    await drain(network, data);
    const moved = flat(weights(network));
    await network.close();

    const [images, labels] = [rowsOf(data), Array.from(data.labels)];
    const h = 1e-5;
    expect(nearestBend(before, images)).toBeGreaterThan(10 * h);
    const old = flat(before);
    const slopes: number[] = [];
    eachRow(before, row => {
      for (let j = 0; j < row.length; j++) {
        const weight = row[j];
        row[j] = weight + h;
        const up = logLikelihood(before, images, labels);
        row[j] = weight - h;
        slopes.push((up - logLikelihood(before, images, labels)) / (2 * h));
        row[j] = weight;
      }
    });
    // A weight of size 1 moves to a multiple of 2^−24.
    slopes.forEach((slope, i) => {
      expect(Math.abs(moved[i] - old[i] - slope)).toBeLessThan(2e-6);
    });
    expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it.each([
    ['momentum', {}],
    ['adam', { optimizer: { ...quick.optimizer, rate: 0.01, decay: 0.1 } }],
    ['one layer', { layers: [50], readFrom: 1 }],
    ['a last batch of one', { batch: 11 }],
  ] as [string, Partial<Recipe>][])(
    'training equals the same in double precision: %s',
    async (_, changes) => {
      const used = { ...recipe, ...changes };
      const data = prototypes(34, inputs, classes, 1);
      const network = await open(used, { build });
      disturb(network);
      const expected = weights(network);
      const zeros = () => {
        const rows: number[][] = [];
        eachRow(expected, row => rows.push(row.map(() => 0)));
        return rows;
      };
      const [first, second] = [zeros(), zeros()];
      const { randomBits } = bindKernels(network.session.module, network.session.readoutMemory);
      const images = rowsOf(data);
      let time = 0;
      for (let epoch = 1; epoch <= used.epochs; epoch++) {
        const order = shuffledOrder(data.count, epoch, counter => randomBits(seed, stream.shuffle, counter));
        const factor = gain(epoch, used.epochs, used.hold);
        for (let begin = 0; begin < data.count; begin += used.batch) {
          const batch = Array.from(order.slice(begin, begin + used.batch));
          const slope = gradient(
            expected,
            batch.map(i => images[i]),
            batch.map(i => data.labels[i]),
          );
          time++;
          const slopes: number[][] = [];
          eachRow(slope, row => slopes.push(row));
          eachRow(expected, (row, r, decays, isHead) => {
            const { optimizer, readout } = used;
            for (let j = 0; j < row.length; j++) {
              const g = slopes[r][j];
              if (!isHead && optimizer.kind === 'adam') {
                first[r][j] = optimizer.beta1 * first[r][j] + (1 - optimizer.beta1) * g;
                second[r][j] = optimizer.beta2 * second[r][j] + (1 - optimizer.beta2) * g * g;
                const m = first[r][j] / (1 - optimizer.beta1 ** time);
                const v = second[r][j] / (1 - optimizer.beta2 ** time);
                const loss = decays ? optimizer.decay * row[j] : 0;
                row[j] += factor * optimizer.rate * (m / (Math.sqrt(v) + optimizer.epsilon) - loss);
              } else {
                const { rate, momentum, decay } = isHead
                  ? readout
                  : (optimizer as Extract<Recipe['optimizer'], { kind: 'momentum' }>);
                first[r][j] = momentum * first[r][j] + (1 - momentum) * g;
                row[j] += factor * rate * (first[r][j] - (decays ? decay * row[j] : 0));
              }
            }
          });
        }
      }
      await drain(network, data);
      expectClose(flat(weights(network)), flat(expected), 'weights');
      await network.close();
    },
  );
});

describe.each(['simd', 'relaxed'] as const)('perturbation in the %s build', build => {
  it('a step goes along the noise by the difference that the noise and its opposite make', async () => {
    const used: Recipe = { ...perturbation, epochs: 1 };
    const { deviation } = used.schedule as Extract<Recipe['schedule'], { kind: 'perturbation' }>;
    const data = prototypes(used.batch, inputs, classes, 1);
    const network = await open(used, { build });
    disturb(network);
    const before = weights(network);
    await drain(network, data);

    // What the kernel adds to nothing, in weights of the same shapes.
    const noisy = await open(used, { build });
    const { session } = noisy;
    writeState(session, true, (_, shape) => new Float32Array(shape.reduce((a, b) => a * b)));
    session.plans.forEach((plan, l) => {
      if (plan.kind !== 'dense') throw new Error('a layer of another kind');
      const { at, inputs: K, units, panels, head } = plan;
      const k = bindKernels(session.module, session.memories[l]);
      k.perturbWeights(at.weights, 0, panels, K, units, seed, noiseStream(l), 1, 1);
      if (head)
        k.perturbWeights(head.weights, 0, 1, units, classes, seed, noiseStream(session.plans.length), 1, 0);
    });
    const noise = weights(noisy);
    const shifted = (scale: number) => {
      const copy = structuredClone(before);
      const parts: number[][] = [];
      eachRow(noise, row => parts.push(row));
      eachRow(copy, (row, r) =>
        row.forEach((_, j) => {
          row[j] += scale * parts[r][j];
        }),
      );
      return logLikelihood(copy, rowsOf(data), Array.from(data.labels));
    };
    const slope = (shifted(deviation) - shifted(-deviation)) / (2 * deviation);
    expect(Math.abs(slope)).toBeGreaterThan(0.05);
    const steps: number[] = [];
    const gained = gain(1, 1, used.hold);
    eachRow(noise, (row, _r, _d, isHead) => {
      for (const n of row)
        steps.push(gained * (isHead ? used.readout.rate : used.optimizer.rate) * slope * n);
    });
    const old = flat(before);
    // Four roundings of weights of size 1, and the reward's.
    const found = flat(weights(network)).map((weight, i) => weight - old[i]);
    found.forEach((step, i) => {
      expect(Math.abs(step - steps[i])).toBeLessThan(1e-6);
    });
    expect(Math.max(...steps.map(Math.abs))).toBeGreaterThan(1e-3);
    await network.close();
    await noisy.close();
  });

  it('over many steps it goes up the gradient', async () => {
    const steps = 3000;
    const [rate, tiny] = [1e-5, { ...perturbation, layers: [4], readFrom: 1, hold: 1, epochs: steps }];
    const used: Recipe = {
      ...tiny,
      optimizer: { kind: 'momentum', rate, momentum: 0, decay: 0 },
      readout: { rate, momentum: 0, decay: 0 },
    };
    const narrow = prototypes(9, 12, 3, 4);
    const network = await createNetwork(used, { inputs: 12, classes: 3, seed, threads: 1, build });
    disturb(network);
    const before = weights(network);
    const expected = flat(gradient(before, rowsOf(narrow), Array.from(narrow.labels)));
    await drain(network, narrow);
    const old = flat(before);
    const found = flat(weights(network)).map((weight, i) => (weight - old[i]) / (rate * steps));
    await network.close();
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    // The 64 weights are off by |gradient| · √(64 / steps) = 0.15 |gradient| together.
    const error = found.map((x, i) => x - expected[i]);
    expect(Math.sqrt(dot(error, error) / dot(expected, expected))).toBeLessThan(0.25);
  });
});

describe.each(both)('%s', (_, used) => {
  const data = prototypes(1510, inputs, classes, 1);
  const large: Recipe = {
    ...used,
    layers: used.layers.map(layer => layerUnits(layer) * 3),
    batch: 20,
    shift: 0,
  };

  it('learns the same bits with 1 and 3 threads', async () => {
    const results = [];
    for (const threads of [1, 3]) {
      const network = await open(large, { threads });
      await drain(network, data);
      const { probabilities } = await network.evaluate(data);
      const history = network.history.map(({ trainSeconds, imagesPerSecond, ...rest }) => rest);
      results.push({ state: readState(network.session, true), probabilities, history });
      await network.close();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it.each([1, 2])('goes on from a checkpoint to the same bits, %i threads', async threads => {
    // Enough that an epoch takes several of the slices in which one thread works.
    const many = prototypes(6010, inputs, classes, 1);
    const whole = await open(large, { threads });
    await drain(whole, many);
    let network = await open(large, { threads });
    await fitUntil(network, many, 1, 20);
    expect(network.position.batch).toBeGreaterThan(0);
    const bytes = await encodeNetwork(network, true);
    await network.close();
    network = await decodeNetwork(bytes, { threads });
    await drain(network, many);
    expect(readState(network.session, true)).toEqual(readState(whole.session, true));
    await network.close();
    await whole.close();
  });

  it('tells of an epoch without goodness, and answers by the softmax', async () => {
    const network = await open(large);
    for await (const event of network.fit(data, { epochs: 1, validation: data })) {
      expect([event.positiveGoodness, event.negativeGoodness]).toEqual([[], []]);
      expect(event.density.every(share => share > 0 && share < 1)).toBe(true);
      expect(event.activeRows).toEqual(large.layers.map(() => 1));
    }
    const evaluation = await network.evaluate(data);
    expect(evaluation.goodnessReadout).toBeUndefined();
    expect(evaluation.answers).toBe(evaluation.softmaxReadout);
    const { label, probabilities } = await network.predict(data.inputs.subarray(0, inputs));
    expect(label).toBe(evaluation.answers.predictions[0]);
    // To rounding: how a batch is multiplied depends on how full it is.
    probabilities.forEach((p, c) => {
      expect(p).toBeCloseTo(evaluation.probabilities[c], 5);
    });
    await network.close();
  });

  it('says so when training diverges', async () => {
    const network = await open({ ...large, optimizer: { ...large.optimizer, rate: 1e30 } });
    await expect(network.fit(data).next()).rejects.toThrow(/training diverged in epoch 1/);
    await network.close();
  });

  it('refuses settings that would mean nothing', async () => {
    const bad: [Partial<Recipe>, string][] = [
      [{ negatives: 'hard' }, 'negatives with'],
      [{ labelStrength: 1 }, 'labelStrength with'],
      [{ peer: 0.1 }, 'peer with'],
      [{ readFrom: 1 }, 'readFrom with'],
      [
        { schedule: { kind: 'guessing' } as never },
        'schedule.kind must be recurrent, backprop or perturbation',
      ],
      [{ schedule: { kind: 'perturbation', deviation: 0 } }, 'deviation must be a number above 0'],
    ];
    for (const [changes, message] of bad) {
      await expect(open({ ...used, ...changes })).rejects.toThrow(InputError);
      await expect(open({ ...used, ...changes })).rejects.toThrow(message);
    }
    await expect(open({ ...perturbation, optimizer: quick.optimizer })).rejects.toThrow('momentum 0');
    await expect(open({ ...quick, negatives: 'none' })).rejects.toThrow('negatives must be');
    const { schedule: _, ...without } = used;
    await expect(open(without)).rejects.toThrow('negatives must be');
  });

  it('is described without what it does not use', () => {
    const names = describeRecipe(used).map(([name]) => name);
    expect(names).toContain('schedule');
    for (const name of ['label', 'negatives', 'goodness', 'objective']) expect(names).not.toContain(name);
  });
});

describe('on digits', () => {
  it.each([
    ['backprop', { ...recipe, layers: [100, 100], readFrom: 2, optimizer: quick.optimizer }, 12],
    [
      'perturbation',
      {
        ...perturbation,
        layers: [30],
        readFrom: 1,
        schedule: { kind: 'perturbation', deviation: 0.003 },
        optimizer: { ...perturbation.optimizer, rate: 0.002 },
        readout: { ...perturbation.readout, rate: 0.002 },
      },
      70,
    ],
  ] as [string, Recipe, number][])('%s learns', async (_, used, error) => {
    const { train } = await loadDataset('mnist');
    const [some, others] = [slice(train, 0, 2000), slice(train, 2000, 3000)];
    const network = await createNetwork(
      { ...used, batch: 50, epochs: 12, hold: 1 },
      { inputs: 784, classes: 10, threads: 1 },
    );
    await drain(network, some);
    expect((await network.evaluate(others)).answers.error).toBeLessThan(error);
    expect(network.history.at(-1)!.trainError).toBeLessThan(error);
    await network.close();
  });
});
