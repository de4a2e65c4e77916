// A thread that fails, ends, runs out of memory or hangs, at any time: who asked is told why, no thread stays, the network stays
// failed, and the next one works.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DivergenceError, InputError } from '../../src/errors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import type { Network } from '../../src/network/network.ts';
import type { Contrast, Recipe } from '../../src/recipes/recipe.ts';
import { prototypes, withLabelRoom } from '../support/data.ts';
import { type Changes, changed, quick } from '../support/recipes.ts';
import { spoil } from '../support/state.ts';

const [inputs, classes] = [80, 5];
const data = withLabelRoom(prototypes(200, inputs, classes, 1));
const recipe = (changes: Changes<Contrast> = {}) =>
  changed(quick, { layers: [64, 64], batch: 20, epochs: 2, shift: 0, ...changes });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-faults-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A recipe with a function between its layers that is `code`, in a module that begins with `first`. */
async function withModule(code: string, first = ''): Promise<Recipe> {
  const path = join(folder, `${Math.random()}.mjs`);
  await writeFile(
    path,
    `import { isMainThread } from 'node:worker_threads';\n${first}\nlet rows = 0;\nexport default row => { rows++; ${code} };\n`,
  );
  return recipe({ learning: { between: { kind: 'module', after: 0, path } } });
}

const threadsOfProcess = async () => (await readdir('/proc/self/task')).length;

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

const faults: [string, string, RegExp][] = [
  ['throws', "throw new Error('that was it');", /^that was it$/],
  ['throws what is no error', "throw 'a word';", /^a word$/],
  ['traps', 'new WebAssembly.Instance(trap).exports.f();', /unreachable/],
  ['leaves NaN', 'row[3] = NaN;', /left NaN in unit 3/],
  ['ends its thread', 'process.exit(3);', /exited with code: 3/],
  ['fills its memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(rows));', /memory|for 4 s/],
  [
    'never comes back',
    'for (;;);',
    /^thread [123] of 3 has been in the module .*\.mjs for 4 s: look for a loop/,
  ],
];
const TRAP =
  'const trap = new WebAssembly.Module(Uint8Array.of(0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,5,1,3,0,0,11));';

describe.each([
  ['in the first row', 0],
  ['in the middle', 300],
])('a function between two layers, %s', (_, after) => {
  it.each(faults)('%s', { timeout: 2 * LONG }, async (_, code, reason) => {
    const made = await withModule(`if (rows > ${after}) { ${code} }`, TRAP);
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

it.each([
  ['throws', "if (!isMainThread) throw new Error('not here');", /cannot be loaded: not here/],
  ['ends its thread', 'if (!isMainThread) process.exit(4);', /exited with code: 4/],
  [
    'never ends to load',
    'if (!isMainThread) await new Promise(resolve => setTimeout(resolve, 1e6));',
    /^thread [12345] of 5 has not started within [\d.]+ s: it may still be loading the module/,
  ],
])(
  'a module that %s in threads is told when the network is made',
  { timeout: 2 * LONG },
  async (_, first, reason) => {
    const before = await threadsOfProcess();
    const made = createNetwork(await withModule('', first), { inputs, classes, threads: 5 });
    await expect(within(made)).rejects.toThrow(reason);
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
