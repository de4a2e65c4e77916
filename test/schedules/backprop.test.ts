// Backpropagation: whole steps against finite differences and against the same in double precision, and learning.

import { describe, expect, it } from 'vitest';
import { slice } from '../../src/data/dataset.ts';
import { loadDataset } from '../../src/data/named/named-datasets.ts';
import { shuffledOrder } from '../../src/data/shuffle.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { stream } from '../../src/kernels/random-streams.ts';
import type { Optimizer } from '../../src/layers/optimizer.ts';
import { createNetwork } from '../../src/network/create.ts';
import { gain } from '../../src/schedules/rates.ts';
import { eachRow, flat, gradient, logLikelihood, nearestBend } from '../support/classifier.ts';
import {
  backprop,
  classes,
  disturb,
  drain,
  inputs,
  open,
  rowsOf,
  seed,
  weights,
} from '../support/classifier-networks.ts';
import { expectClose } from '../support/close.ts';
import { prototypes } from '../support/data.ts';
import { type Changes, changed, quick } from '../support/recipes.ts';

describe.each(['simd', 'relaxed'] as const)('backprop in the %s build', build => {
  it('a step at rate 1 is the gradient of finite differences, in every weight', async () => {
    const used = changed(backprop, {
      layers: [33, 20],
      learning: {
        optimizer: { kind: 'momentum', rate: 1, momentum: 0, decay: 0 },
        readout: { rate: 1, momentum: 0, decay: 0 },
      },
      epochs: 1,
      holdShare: 1,
    });
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
    ['adam', { learning: { optimizer: { ...quick.learning.optimizer, rate: 0.01, decay: 0.1 } } }],
    ['one layer', { layers: [50] }],
    ['a last batch of one', { batch: 11 }],
  ] as [string, Changes<typeof backprop.learning>][])(
    'training equals the same in double precision: %s',
    async (_, changes) => {
      const used = changed(backprop, changes);
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
        const factor = gain(epoch, used.epochs, used.holdShare);
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
            const { optimizer, readout } = used.learning;
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
                  : (optimizer as Extract<Optimizer, { kind: 'momentum' }>);
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

it('learns digits', async () => {
  const { train } = await loadDataset('mnist');
  const [some, others] = [slice(train, 0, 2000), slice(train, 2000, 3000)];
  const used = changed(backprop, {
    layers: [100, 100],
    learning: { optimizer: quick.learning.optimizer },
    batch: 50,
    epochs: 12,
    holdShare: 1,
  });
  const network = await createNetwork(used, { inputs: 784, classes: 10, threads: 1 });
  await drain(network, some);
  expect((await network.evaluate(others)).answers.error).toBeLessThan(12);
  expect(network.history.at(-1)!.trainError).toBeLessThan(12);
  await network.close();
});
