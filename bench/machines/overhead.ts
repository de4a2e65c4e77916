// Tiny trainings, by processes that share a folder and by as many workers of a server: what the queue costs, in processor time, and whether
// each comes to the same model. Both run at once on the same cores: what slows these down slows both.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { quick } from '../../src/recipes/recipes.ts';
import { writeBlocks } from '../../test/support/blocks.ts';
import { median, writeResult } from '../harness.ts';
import { Command, cpuSeconds, modelsOf, Server, sweep, URL_HERE } from './machines.ts';

const [IMAGES, EPOCHS, ROUNDS] = [3000, 24, 4];
/** So many processes or workers do first a few and then more trainings: that takes out what it costs to start them. */
const KINDS = [
  { workers: 1, few: 5, more: 25 },
  { workers: 20, few: 60, more: 160 },
];
const CORES = availableParallelism();
/** Whatever is begun from now on runs on so many cores: one process of each side, on cores of their own, would compare the cores. */
const keepTo = (cores: number) =>
  execFileSync('taskset', ['-acp', `0-${cores - 1}`, `${process.pid}`], { stdio: 'ignore' });
/** Milliseconds that so many workers have to start in. */
const startTime = (workers: number) => 4000 + 1200 * workers;

/** Processor time in seconds. */
interface Measured {
  readonly trainings: number;
  readonly local: number;
  readonly served: {
    readonly total: number;
    readonly server: number;
    readonly megabytes: number;
  };
  /** Whether each training came to the same model. */
  readonly isSame: boolean;
}

/** What one more training takes. */
interface OfOne {
  readonly local: number;
  readonly served: number;
  readonly ofServer: number;
  readonly megabytes: number;
}

interface Round extends OfOne {
  readonly measured: readonly Measured[];
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-overhead-'));
  const server = new Server(folder);
  const file = (name: string, seeds: number) => {
    const recipe = { ...quick, layers: [100, 100], epochs: EPOCHS };
    const words = { name, data: 'blocks', recipes: recipe, seeds, holdOut: 300 };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(words));
    return `${name}.json`;
  };

  const local = async (name: string, workers: number, trainings: number) => {
    await pause(startTime(workers));
    const words = ['--workers', `${workers}`];
    const { command, children } = await sweep(folder, file(name, trainings), words);
    return children + command;
  };

  const served = async (name: string, count: number, trainings: number) => {
    // Lines for each epoch are nothing of the queue's.
    const words = ['worker', '--nats', URL_HERE, '--quiet'];
    const workers = Array.from({ length: count }, () => new Command(folder, words));
    await pause(startTime(count));
    const before = await server.used();
    const { command } = await sweep(folder, file(name, trainings), ['--nats', URL_HERE]);
    const after = await server.used();
    const used = workers.reduce((sum, { child }) => sum + cpuSeconds(child.pid), 0);
    for (const worker of workers) await worker.end('SIGKILL');
    const ofServer = after.cpu - before.cpu;
    return {
      total: used + ofServer + command,
      server: ofServer,
      megabytes: (after.bytes - before.bytes) / 1e6,
    };
  };

  try {
    await writeBlocks(join(folder, 'blocks'), IMAGES, 10);
    const kinds = [];
    let areAllSame = true;
    for (const { workers, few, more } of KINDS) {
      keepTo(workers === 1 ? 1 : CORES);
      await server.start();
      const rounds: Round[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const measured: Measured[] = [];
        for (const trainings of [few, more]) {
          const names = ['local', 'served'].map(name => `${name}-${workers}-${trainings}-${round}`);
          const [ofFolder, ofServer] = await Promise.all([
            local(names[0], workers, trainings),
            served(names[1], workers, trainings),
          ]);
          const pair = { local: ofFolder, served: ofServer };
          const [expected, found] = names.map(name => JSON.stringify(modelsOf(folder, name)));
          const isSame = found === expected;
          areAllSame &&= isSame;
          measured.push({ trainings, ...pair, isSame });
          console.log(measured.at(-1));
        }
        const [first, second] = measured;
        const ofOne = (used: (pair: Measured) => number) => (used(second) - used(first)) / (more - few);
        rounds.push({
          measured,
          local: ofOne(pair => pair.local),
          served: ofOne(pair => pair.served.total),
          ofServer: ofOne(pair => pair.served.server),
          megabytes: ofOne(pair => pair.served.megabytes),
        });
      }
      await server.kill();
      const of = (key: keyof OfOne) => median(rounds.map(round => round[key]));
      kinds.push({
        workers,
        local: of('local'),
        served: of('served'),
        ofServer: of('ofServer'),
        megabytes: of('megabytes'),
        // Of ratios, so that a machine that is slower for a while is so for both.
        overheadPercent:
          100 * (Math.exp(mean(rounds.map(round => Math.log(round.served / round.local)))) - 1),
        rounds,
      });
    }
    await writeResult('machines/overhead', { areAllSame, ofOneTraining: kinds });
    if (!areAllSame) process.exitCode = 1;
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true });
  }
}
