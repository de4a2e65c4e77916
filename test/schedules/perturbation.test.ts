// Learning from rewarded noise: a step, where many of them go, and learning.

import { describe, expect, it } from 'vitest';
import { slice } from '../../src/data/dataset.ts';
import { loadDataset } from '../../src/data/named/named-datasets.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { noiseStream } from '../../src/kernels/random-streams.ts';
import type { DensePlan } from '../../src/layers/dense/plan.ts';
import { createNetwork } from '../../src/network/create.ts';
import { writeState } from '../../src/network/state.ts';
import { gain } from '../../src/schedules/rates.ts';
import { eachRow, flat, gradient, logLikelihood } from '../support/classifier.ts';
import {
  classes,
  disturb,
  drain,
  inputs,
  open,
  perturbation,
  rowsOf,
  seed,
  weights,
} from '../support/classifier-networks.ts';
import { prototypes } from '../support/data.ts';
import { changed } from '../support/recipes.ts';

describe.each(['simd', 'relaxed'] as const)('perturbation in the %s build', build => {
  it('a step goes along the noise by the difference that the noise and its opposite make', async () => {
    const used = changed(perturbation, { epochs: 1 });
    const { deviation, rate, readout } = used.learning;
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
      const { at, inputs: K, units, panels, head } = plan as DensePlan;
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
    const gained = gain(1, 1, used.holdShare);
    eachRow(noise, (row, _r, _d, isHead) => {
      for (const n of row) steps.push(gained * (isHead ? readout.rate : rate) * slope * n);
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
    const rate = 1e-5;
    const used = changed(perturbation, {
      layers: [4],
      learning: { rate, readout: { rate } },
      holdShare: 1,
      epochs: steps,
    });
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

it('learns digits', async () => {
  const { train } = await loadDataset('mnist');
  const [some, others] = [slice(train, 0, 2000), slice(train, 2000, 3000)];
  const used = changed(perturbation, {
    layers: [30],
    learning: { deviation: 0.003, rate: 0.002, readout: { rate: 0.002 } },
    batch: 50,
    epochs: 12,
    holdShare: 1,
  });
  const network = await createNetwork(used, { inputs: 784, classes: 10, threads: 1 });
  await drain(network, some);
  expect((await network.evaluate(others)).answers.error).toBeLessThan(70);
  expect(network.history.at(-1)!.trainError).toBeLessThan(70);
  await network.close();
});
