// A process that makes networks, trains, evaluates, predicts, saves and closes them for a long time: whether its memory, its threads or
// its open files grow, or its speed falls. `npm run bench -- soak MINUTES`; two hours by default.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, loadNetwork, recipes, saveNetwork } from '../../src/index.ts';
import { median, writeResult } from '../harness.ts';

const [inputs, classes, count] = [784, 10, 1000];
/** Rounds between two looks. */
const LOOK_EVERY = 25;
/** Looks before anything counts: code is compiled, pools have their size. */
const WARM = 4;

interface Look {
  readonly round: number;
  readonly minutes: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly threads: number;
  readonly files: number;
  readonly roundsPerSecond: number;
}

export async function run(): Promise<void> {
  const minutes = Number(process.argv[3] ?? 120);
  const folder = mkdtempSync(join(tmpdir(), 'ff-soak-'));
  const path = join(folder, 'm.safetensors');
  const data = {
    name: 'noise',
    count,
    width: inputs,
    classes,
    inputs: Uint8Array.from({ length: count * inputs }, (_, i) =>
      i % inputs < classes ? 0 : (i * 2654435761) >>> 24,
    ),
    labels: Uint8Array.from({ length: count }, (_, i) => i % classes),
    shape: [28, 28] as const,
  };
  const recipe = { ...recipes['one-pass'], layers: [128, 128], epochs: 2 };
  const looks: Look[] = [];
  const startedAt = performance.now();
  let before = startedAt;
  try {
    for (let round = 1; performance.now() - startedAt < 60_000 * minutes; round++) {
      const network = await createNetwork(recipe, { inputs, classes, threads: 2, seed: round });
      for await (const _event of network.fit(data, { epochs: 1 }));
      await saveNetwork(network, path, true);
      await network.close();
      const again = await loadNetwork(path, { threads: 1 + (round % 2) });
      for await (const _event of again.fit(data));
      await again.evaluate(data);
      await again.predict(data.inputs.subarray(0, inputs));
      await again.close();
      if (round % LOOK_EVERY !== 0) continue;
      globalThis.gc?.();
      const now = performance.now();
      const { rss, heapUsed } = process.memoryUsage();
      looks.push({
        round,
        minutes: (now - startedAt) / 60_000,
        residentMiB: rss / 2 ** 20,
        heapMiB: heapUsed / 2 ** 20,
        threads: readdirSync('/proc/self/task').length,
        files: readdirSync('/proc/self/fd').length,
        roundsPerSecond: (1000 * LOOK_EVERY) / (now - before),
      });
      before = now;
      const { residentMiB, heapMiB, threads, files, roundsPerSecond } = looks.at(-1)!;
      console.log(
        `${`${round}`.padStart(6)}  ${residentMiB.toFixed(1)} MiB resident, ${heapMiB.toFixed(1)} MiB heap, ${threads} threads, ${files} files, ${roundsPerSecond.toFixed(2)} rounds/s`,
      );
    }
    const counted = looks.slice(WARM);
    const third = Math.ceil(counted.length / 3);
    const of = (part: readonly Look[], what: keyof Look) => median(part.map(look => look[what]));
    const growth = (what: keyof Look) => ({
      first: of(counted.slice(0, third), what),
      last: of(counted.slice(-third), what),
    });
    await writeResult('trust/soak', {
      rounds: looks.at(-1)?.round,
      minutes,
      residentMiB: growth('residentMiB'),
      heapMiB: growth('heapMiB'),
      threads: growth('threads'),
      files: growth('files'),
      roundsPerSecond: growth('roundsPerSecond'),
      looks,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
