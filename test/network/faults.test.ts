// A thread that fails, ends, runs out of memory or hangs, at any time: who asked is told why, no thread stays, the network stays
// failed, and the next one works.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DivergenceError, InputError } from '../../src/errors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import type { Network } from '../../src/network/network.ts';
import type { Contrast } from '../../src/recipes/recipe.ts';
import { prototypes, withLabelRoom } from '../support/data.ts';
import { faults, faultsOfLoading, recipeWithModule, threadsOfProcess } from '../support/faults.ts';
import { type Changes, changed, quick } from '../support/recipes.ts';
import { spoil } from '../support/state.ts';

const [inputs, classes] = [80, 5];
const data = withLabelRoom(prototypes(200, inputs, classes, 1));
const recipe = (changes: Changes<Contrast> = {}) =>
  changed(quick, { layers: [64, 64], batch: 20, epochs: 2, shift: 0, ...changes });

const withModule = (code: string, first = '') => recipeWithModule(folder, recipe(), code, first);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-faults-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function drain(network: Network): Promise<void> {
  for await (const _event of network.fit(data));
}

const LONG = 20_000;

/** As long as anybody may wait to be told, in milliseconds; a machine under load is slower. */
async function within<Done>(work: Promise<Done>): Promise<Done> {
  const startedAt = performance.now();
  try {
    return await work;
  } finally {
    expect(performance.now() - startedAt).toBeLessThan(LONG);
  }
}

// Each of these, in each thread, in every call and earlier or later: npm run bench -- faults.
describe.each([
  ['in the first row', 0],
  ['in the middle', 300],
])('a function between two layers, %s', (_, after) => {
  it.each(faults)('%s', { timeout: 2 * LONG }, async (_, code, reason) => {
    const made = await withModule(`if (rows > ${after}) { ${code} }`);
    const before = await threadsOfProcess();
    const network = await createNetwork(made, { inputs, classes, threads: 3 });
    await expect(within(drain(network))).rejects.toThrow(reason);
    expect(await threadsOfProcess()).toBeLessThanOrEqual(before);
    const ended = /^the network cannot be used any more/;
    await expect(network.predict(data.inputs.subarray(0, inputs))).rejects.toThrow(ended);
    await expect(network.evaluate(data)).rejects.toThrow(ended);
    await expect(drain(network)).rejects.toThrow(ended);
    await expect(encodeNetwork(network)).rejects.toThrow(ended);
    await network.close();
    const next = await createNetwork(recipe(), { inputs, classes, threads: 3 });
    await drain(next);
    await next.close();
  });
});

// A thread that is ended in the middle of that ends the process.
it('no thread requires its module', async () => {
  const made = await withModule(
    "if (process.features.require_module) throw new Error('may be required');",
    '',
  );
  const network = await createNetwork(made, { inputs, classes, threads: 2 });
  await drain(network);
  await network.close();
});

it.each(faultsOfLoading(5))(
  'a module that %s in threads is told when the network is made',
  { timeout: 2 * LONG },
  async (_, code, reason) => {
    const before = await threadsOfProcess();
    const made = await withModule('', `if (!isMainThread) { ${code} }`);
    await expect(within(createNetwork(made, { inputs, classes, threads: 5 }))).rejects.toThrow(reason);
    expect(await threadsOfProcess()).toBeLessThanOrEqual(before);
  },
);

it('a function that is slow, but comes back, is waited for', { timeout: LONG }, async () => {
  const slow = 'if (rows === 50) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);';
  const network = await createNetwork(await withModule(slow), { inputs, classes, threads: 2 });
  await drain(network);
  await network.close();
});

it('a network that is closed stays closed, and its training ends', async () => {
  for (const threads of [1, 3]) {
    const network = await createNetwork(recipe({ epochs: 1000 }), { inputs, classes, threads });
    const training = drain(network).catch(error => error);
    await network.predict(data.inputs.subarray(0, inputs));
    await network.close();
    expect(await training).toEqual(new InputError('the network is closed'));
    await expect(network.predict(data.inputs.subarray(0, inputs))).rejects.toThrow('the network is closed');
    await expect(network.evaluate(data)).rejects.toThrow('the network is closed');
    await network.close();
  }
});

describe('weights and activities that are not finite', () => {
  const open = (threads = 1) => createNetwork(recipe(), { inputs, classes, threads });

  it.each([
    ['layers.0.weight', Number.NaN, 'activities of layer 1'],
    ['layers.1.bias', Number.POSITIVE_INFINITY, 'activities of layer 2'],
    ['readout.1.weight', Number.NaN, 'activities of the readout'],
  ])('%s: training ends, and says where', async (name, value, where) => {
    for (const threads of [1, 2]) {
      const network = await open(threads);
      for await (const _event of network.fit(data, { epochs: 1 }));
      spoil(network, name, value);
      const training = network.fit(data).next();
      await expect(training).rejects.toThrow(DivergenceError);
      await expect(training).rejects.toThrow(
        `training diverged in epoch 2, batch 1: ${where} are no longer finite; lower the learning rate`,
      );
      await expect(network.evaluate(data)).rejects.toThrow(/cannot be used any more: training diverged/);
      await network.close();
    }
  });

  it('a moment of the optimizer: at the end of the epoch', async () => {
    const network = await open();
    // The weight that moves by it sees an input that is always zero.
    spoil(network, 'layers.0.weight.second', Number.NaN);
    await expect(drain(network)).rejects.toThrow(
      /training diverged in epoch 1, batch \d+: .* no longer finite/,
    );
    await network.close();
  });

  it('are not saved', async () => {
    const network = await open();
    spoil(network, 'layers.1.weight', Number.NEGATIVE_INFINITY);
    const saved = encodeNetwork(network);
    await expect(saved).rejects.toThrow(DivergenceError);
    await expect(saved).rejects.toThrow(
      'layers.1.weight is -Infinity at index 7: training diverged, and nothing is saved of it; train again at a lower rate',
    );
    await network.close();
  });

  it.each(['layers.0.weight', 'layers.1.weight', 'readout.1.weight'])('of %s do not answer', async name => {
    const network = await open();
    spoil(network, name, Number.NaN);
    await expect(network.evaluate(data)).rejects.toThrow(
      /^prototypes: example \d+ makes scores that are not finite: its inputs are too large for this network, or its weights are$/,
    );
    await network.close();
  });
});
