// One seed, one result: whatever the number of threads, and whether or not training stopped in between.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../src/errors.ts';
import { createNetwork } from '../src/network/create.ts';
import { encodeNetwork } from '../src/network/encode.ts';
import { decodeNetwork, loadNetwork, saveNetwork } from '../src/network/model.ts';
import type { Network } from '../src/network/network.ts';
import { readState } from '../src/network/state.ts';
import golden from './fixtures/kinds.json' with { type: 'json' };
import { prototypes } from './support/data.ts';
import { bitsOfKinds, classes, inputs, kinds, shape } from './support/kinds.ts';
import { fitUntil } from './support/stop.ts';

// Enough that an epoch takes several of the slices in which one thread works, so that it can be stopped inside.
const data = { ...prototypes(8010, inputs, classes, 1), shape };

function bytesOf(network: Network): Buffer {
  return Buffer.concat(
    readState(network.session, true).map(({ data: { buffer, byteOffset, byteLength } }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  );
}

/** The history without what depends on the clock. */
function told({ history }: Network) {
  return history.map(({ trainSeconds, imagesPerSecond, ...rest }) => rest);
}

async function drain(network: Network, signal?: AbortSignal): Promise<void> {
  for await (const _event of network.fit(data, signal ? { signal } : {}));
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-determinism-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(kinds)('$name', recipe => {
  it('learns the same bytes with 1, 2 and 3 threads', async () => {
    const results: { weights: Buffer; goodness: Float32Array; history: unknown }[] = [];
    for (const threads of [1, 2, 3]) {
      const network = await createNetwork(recipe, { inputs, classes, threads, seed: 7 });
      await drain(network);
      const { goodness } = await network.evaluate(data);
      results.push({ weights: bytesOf(network), goodness, history: told(network) });
      await network.close();
    }
    for (const result of results.slice(1)) {
      expect(result.weights.equals(results[0].weights)).toBe(true);
      expect(result.goodness).toEqual(results[0].goodness);
      expect(result.history).toEqual(results[0].history);
    }
  });

  it('learns something else from another seed', async () => {
    const of = async (seed: number) => {
      const network = await createNetwork({ ...recipe, epochs: 1 }, { inputs, classes, threads: 1, seed });
      await drain(network);
      return bytesOf(network);
    };
    expect((await of(1)).equals(await of(2))).toBe(false);
  });

  it.each([1, 2])('goes on from a checkpoint to the same bytes, %i threads', async threads => {
    const whole = await createNetwork(recipe, { inputs, classes, threads, seed: 3 });
    await drain(whole);

    const path = join(folder, `${recipe.name}-${threads}.safetensors`);
    let network = await createNetwork(recipe, { inputs, classes, threads, seed: 3 });
    // In the middle of the first epoch and of the third; threads take a moment to stop, so later is fine.
    for (const [epoch, batch] of [
      [1, 20],
      [3, 5],
    ]) {
      await fitUntil(network, data, epoch, batch);
      expect(network.position.epoch).toBe(epoch);
      await saveNetwork(network, path, true);
      await network.close();
      network = await loadNetwork(path, { threads });
    }
    await drain(network);
    expect(bytesOf(network).equals(bytesOf(whole))).toBe(true);
    expect(told(network)).toEqual(told(whole));
    await network.close();
    await whole.close();
  });

  // A busy machine may sleep until both epochs are over.
  it.each([1, 3])(
    'goes on from what was written while it trained, %i threads',
    { retry: 3 },
    async threads => {
      const whole = await createNetwork(recipe, { inputs, classes, threads, seed: 3 });
      const begun = performance.now();
      const training = drain(whole);
      const checkpoints: [bytes: Uint8Array, seconds: number][] = [];
      for (const epoch of [1, 3]) {
        while (whole.position.epoch === epoch && whole.position.batch < 50) await setTimeout(1);
        checkpoints.push([await encodeNetwork(whole, true), (performance.now() - begun) / 1000]);
      }
      await training;
      let inEpochs = 0;
      for (const [checkpoint, seconds] of checkpoints) {
        const network = await decodeNetwork(checkpoint, { threads: 1 });
        if (network.position.batch > 0) inEpochs++;
        expect(network.position.trainSeconds).toBeLessThan(seconds);
        await drain(network);
        expect(bytesOf(network).equals(bytesOf(whole))).toBe(true);
        expect(told(network)).toEqual(told(whole));
      }
      expect(inEpochs).toBeGreaterThan(0);
      await whole.close();
    },
  );
});

it.each([1, 2, 3, 5])(
  'all come to the bits that they came to when they were written down, %i threads',
  async threads => {
    expect(await bitsOfKinds({ createNetwork, encodeNetwork } as never, { threads })).toEqual(golden);
  },
);

it('refuses to go on in the middle of an epoch with another number of examples', async () => {
  const network = await createNetwork(kinds[0], { inputs, classes, threads: 1 });
  await fitUntil(network, data, 1, 5);
  expect(network.position.batch).toBeGreaterThan(0);
  const other = { ...prototypes(200, inputs, classes, 2), shape: [9, 10] as const };
  await expect(network.fit(other).next()).rejects.toThrow(InputError);
  await expect(network.fit(other).next()).rejects.toThrow('it cannot go on with 200');
  await network.close();
});
