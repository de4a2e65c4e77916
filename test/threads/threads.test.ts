// How threads cut work, wait for each other, and fail.

import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { BARRIER_WORDS, Barrier, BarrierBroken } from '../../src/threads/barrier.ts';
import { PiscinaTeam } from '../../src/threads/piscina.ts';
import { partBegin } from '../../src/threads/share.ts';
import { InlineTeam } from '../../src/threads/team.ts';

it('cuts any count into parts that follow each other, differ by one at most, and leave nothing out', () => {
  for (const count of [0, 1, 2, 3, 31, 32, 100, 785]) {
    for (const parts of [1, 2, 3, 7, 64]) {
      expect(partBegin(count, 0, parts)).toBe(0);
      expect(partBegin(count, parts, parts)).toBe(count);
      for (let part = 0; part < parts; part++) {
        const size = partBegin(count, part + 1, parts) - partBegin(count, part, parts);
        expect(Math.abs(size - count / parts)).toBeLessThan(1);
      }
    }
  }
});

const built = new URL('../../modules/threads/barrier.js', import.meta.url).href;

/** Threads that pass a barrier `rounds` times, each time after adding to a sum that nobody may see half done. */
function pass(threads: number, rounds: number, cores: number): Promise<number[]> {
  const words = new Int32Array(new SharedArrayBuffer(4 * (BARRIER_WORDS + 1)));
  const code = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { Barrier } from '${built}';
    const { words, threads, rounds, cores, sum } = workerData;
    const barrier = new Barrier(words, threads, cores);
    let wrong = 0;
    for (let round = 1; round <= rounds; round++) {
      Atomics.add(words, sum, 1);
      barrier.wait();
      if (Atomics.load(words, sum) !== round * threads) wrong++;
      barrier.wait();
    }
    parentPort.postMessage(wrong);
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const workerData = { words, threads, rounds, cores, sum: BARRIER_WORDS };
  return Promise.all(
    Array.from(
      { length: threads },
      () =>
        new Promise<number>((resolve, reject) => {
          new Worker(url, { workerData }).once('message', resolve).once('error', reject);
        }),
    ),
  );
}

it.each([
  ['spinning', 2, 2],
  ['sleeping', 2, 1],
  ['more threads than cores', 5, 2],
])('a barrier lets nobody through early: %s', async (_, threads, cores) => {
  expect(await pass(threads, 500, cores)).toEqual(new Array(threads).fill(0));
});

it('a broken barrier lets everybody go, now and later', () => {
  const words = new Int32Array(new SharedArrayBuffer(4 * BARRIER_WORDS));
  const barrier = new Barrier(words, 2, 2);
  new Barrier(words, 2, 2).break();
  expect(() => barrier.wait()).toThrow(BarrierBroken);
  expect(() => barrier.wait()).toThrow(BarrierBroken);
});

it('a barrier of one never waits', () => {
  new Barrier(new Int32Array(BARRIER_WORDS), 1, 1).wait();
});

it('rejects with the reason, and does not hang, when one thread fails and the others wait for it', async () => {
  const worker = new URL('../support/failing-worker.mjs', import.meta.url).href;
  const words = new Int32Array(new SharedArrayBuffer(4));
  const team = await PiscinaTeam.start<{ failing: number }>(worker, words, 3);
  await expect(team.run({ failing: 1 })).rejects.toThrow('part 1 failed');
});

it('gives timers their turn while one thread works alone', async () => {
  const team = new InlineTeam<number>(function* (milliseconds) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) yield;
  });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await team.run(200);
  clearInterval(timer);
  expect(turns).toBeGreaterThanOrEqual(3);
});
