// What backpropagation and perturbation have in common: threads, resuming, what is told, and what is refused.

import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { decodeNetwork } from '../../src/network/model.ts';
import { readState } from '../../src/network/state.ts';
import { describeRecipe } from '../../src/recipes/describe.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { backprop, classes, drain, inputs, open, perturbation } from '../support/classifier-networks.ts';
import { prototypes } from '../support/data.ts';
import { quick } from '../support/recipes.ts';
import { fitUntil } from '../support/stop.ts';

const both: Recipe[] = [backprop, perturbation];

describe.each(both)('$learning.kind', used => {
  const data = prototypes(1510, inputs, classes, 1);
  const large: Recipe = {
    ...used,
    layers: used.layers.map(units => 3 * Number(units)),
    batch: 20,
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
    const { learning } = large;
    const fast =
      learning.kind === 'backprop'
        ? { ...learning, optimizer: { ...learning.optimizer, rate: 1e30, decay: 0 } }
        : { ...learning, rate: 1e30 };
    const network = await open({ ...large, learning: fast as Recipe['learning'] });
    await expect(network.fit(data).next()).rejects.toThrow(/training diverged in epoch 1/);
    await network.close();
  });

  it('refuses settings that would mean nothing', async () => {
    const bad: [object, string][] = [
      [{ negatives: 'hard' }, 'learning.negatives is not a setting'],
      [{ label: { kind: 'first', strength: 1 } }, 'learning.label is not a setting'],
      [{ peerNormalisation: 0.1 }, 'learning.peerNormalisation is not a setting'],
      [{ readout: { ...used.learning.readout, from: 0 } }, 'learning.readout.from is not a setting'],
      [
        { kind: 'guessing' },
        'learning.kind must be one of contrast, classes, unsupervised, self-contrast, recurrent, backprop',
      ],
    ];
    for (const [changes, message] of bad) {
      const made = open({ ...used, learning: { ...used.learning, ...changes } as Recipe['learning'] });
      await expect(made).rejects.toThrow(InputError);
      await expect(made).rejects.toThrow(message);
    }
  });

  it('is described without what it does not use', () => {
    const names = describeRecipe(used).map(([name]) => name);
    expect(names).toContain('learning');
    for (const name of ['label', 'negatives', 'goodness', 'objective']) expect(names).not.toContain(name);
  });
});

it('perturbation has one rate and a deviation above 0, and no optimizer', async () => {
  const learn = (changes: object) =>
    open({ ...perturbation, learning: { ...perturbation.learning, ...changes } as Recipe['learning'] });
  await expect(learn({ deviation: 0 })).rejects.toThrow(
    'learning.deviation must be a number above 0 in single precision, found 0',
  );
  await expect(learn({ optimizer: quick.learning.optimizer })).rejects.toThrow(
    'learning.optimizer is not a setting',
  );
});

it('others need negatives', async () => {
  const { negatives: _, ...without } = quick.learning;
  for (const learning of [without, { ...without, negatives: 'none' }]) {
    const made = open({ ...quick, learning: learning as Recipe['learning'] });
    await expect(made).rejects.toThrow('learning.negatives must be one of uniform, hard, rolled-out');
  }
});
