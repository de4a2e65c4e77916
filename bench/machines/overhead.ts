// Tiny trainings, by processes that share a folder and by as many workers of a server, both at once: what the queue costs, in processor time,
// and whether each training comes to the same model. By the clock, what shares a machine with others differs by more than the queue costs; so
// processor time is held against that in kernels, which the same trainings spend wherever they run.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { quick } from '../../src/recipes/recipes.ts';
import { writeBlocks } from '../../test/support/blocks.ts';
import { median, writeResult } from '../harness.ts';
import { Command, modelsOf, Server, sweep, URL_HERE } from './machines.ts';

const [IMAGES, EPOCHS, ROUNDS] = [3000, 24, 2];
/** So many processes or workers do first a few and then more trainings: that takes out what it costs to start them. */
const KINDS = [
  { workers: 1, few: 5, more: 25 },
  { workers: 20, few: 20, more: 80 },
];
/** Milliseconds that so many workers have to start in. */
const startTime = (workers: number) => 4000 + 1200 * workers;

/** What all processes of one side have used. */
interface Used {
  /** Of processors. */
  readonly seconds: number;
  /** Samples in kernels. */
  readonly kernels: number;
}

interface Measured {
  readonly trainings: number;
  readonly local: Used;
  /** The server among them. */
  readonly served: Used & { readonly server: number; readonly megabytes: number };
  /** Whether each training came to the same model. */
  readonly isSame: boolean;
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-overhead-'));
  /** Where what is begun from now on says what it has used. */
  const samplesOf = (side: 'local' | 'served') => {
    process.env.SAMPLES = join(folder, side);
    mkdirSync(process.env.SAMPLES, { recursive: true });
  };
  process.env.NODE_OPTIONS = `--import ${new URL('sampled.mjs', import.meta.url)}`;
  const server = new Server(folder);

  const measure = async (workers: number, trainings: number, round: number): Promise<Measured> => {
    const names = ['local', 'served'].map(side => `${side}-${workers}-${trainings}-${round}`);
    for (const name of names) {
      const recipe = { ...quick, layers: [100, 100], epochs: EPOCHS };
      const words = { name, data: 'blocks', recipes: recipe, seeds: trainings, holdOut: 300 };
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(words));
    }
    samplesOf('served');
    // Lines for each epoch are nothing of the queue's.
    const words = ['worker', '--nats', URL_HERE, '--workers', `${workers}`, '--quiet'];
    const worker = new Command(folder, words);
    await pause(startTime(workers));
    const before = await server.used();
    const byServer = sweep(folder, `${names[1]}.json`, ['--nats', URL_HERE]);
    samplesOf('local');
    await Promise.all([byServer, sweep(folder, `${names[0]}.json`, ['--workers', `${workers}`])]);
    const after = await server.used();
    await worker.end('SIGTERM');
    const ofServer = after.cpu - before.cpu;
    const local = await usedIn(join(folder, 'local'), workers + 1);
    const served = await usedIn(join(folder, 'served'), workers + 2);
    const [expected, found] = names.map(name => JSON.stringify(modelsOf(folder, name)));
    const measured = {
      trainings,
      local,
      served: {
        ...served,
        seconds: served.seconds + ofServer,
        server: ofServer,
        megabytes: (after.bytes - before.bytes) / 1e6,
      },
      isSame: found === expected,
    };
    console.log(workers, measured);
    return measured;
  };

  try {
    await writeBlocks(join(folder, 'blocks'), IMAGES, 10);
    await server.start();
    const kinds = [];
    for (const { workers, few, more } of KINDS) {
      const rounds: (OfOne & { readonly measured: readonly Measured[] })[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const first = await measure(workers, few, round);
        const second = await measure(workers, more, round);
        rounds.push({ ...ofOneTraining(first, second), measured: [first, second] });
      }
      const of = (key: keyof OfOne) => median(rounds.map(round => round[key]));
      const areAllSame = rounds.every(({ measured }) => measured.every(({ isSame }) => isSame));
      if (!areAllSame) process.exitCode = 1;
      kinds.push({
        workers,
        local: of('local'),
        overheadPercent: of('overheadPercent'),
        ofServerPercent: of('ofServerPercent'),
        megabytes: of('megabytes'),
        areAllSame,
        rounds,
      });
    }
    await writeResult('machines/overhead', { ofOneTraining: kinds });
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true });
  }
}

/** What one more training takes. */
interface OfOne {
  /** Seconds without a server. */
  readonly local: number;
  /** By how much more a server makes it. */
  readonly overheadPercent: number;
  /** Of these, what the server itself takes. */
  readonly ofServerPercent: number;
  readonly megabytes: number;
}

function ofOneTraining(first: Measured, second: Measured): OfOne {
  const more = (of: (measured: Measured) => number) => of(second) - of(first);
  const local = more(measured => measured.local.seconds) / more(measured => measured.local.kernels);
  const served = more(measured => measured.served.seconds) / more(measured => measured.served.kernels);
  const ofServer = more(measured => measured.served.server) / more(measured => measured.served.seconds);
  const count = more(measured => measured.trainings);
  return {
    local: more(measured => measured.local.seconds) / count,
    overheadPercent: 100 * (served / local - 1),
    ofServerPercent: (100 * ofServer * served) / local,
    megabytes: more(measured => measured.served.megabytes) / count,
  };
}

/** What so many processes have used, once they have said so. */
async function usedIn(folder: string, processes: number): Promise<Used> {
  while (readdirSync(folder).filter(name => name.endsWith('.json')).length < processes) await pause(100);
  const told: Used[] = readdirSync(folder).map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  rmSync(folder, { recursive: true });
  return {
    seconds: told.reduce((sum, { seconds }) => sum + seconds, 0),
    kernels: told.reduce((sum, { kernels }) => sum + kernels, 0),
  };
}
