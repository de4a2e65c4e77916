// Trainings that are killed, again and again, at any instant and while they write a checkpoint: whether what they leave can be read,
// how much of the training is lost, and whether they come to the same bits as without.
//
// `npm run bench -- crash KILLS` kills so often in all, a thousand times by default.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSafetensors } from '../../src/files/safetensors.ts';
import { writeBlocks } from '../../test/support/blocks.ts';
import { farTable } from '../../test/support/data.ts';
import { writeResult } from '../harness.ts';

/** Milliseconds between two checkpoints, instead of a minute. */
const PAUSE = 120;
/** Of the kills, so many in a hundred come while a checkpoint is written. */
const IN_WRITING = 40;
/** Of one training. */
const MOST_KILLS = 12;

const local = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const CLI = local('../../bin/ff.js');
const API = local('train-api.mjs');
const OFTEN = local('often.mjs');

interface Scenario {
  readonly name: string;
  readonly model: string;
  readonly checkpoint: string;
  /** The words of the program, where it begins and where it goes on. */
  readonly words: (resume: boolean) => string[];
}

function cli(name: string, source: string, options: string[]): Scenario {
  const [model, checkpoint] = ['m.safetensors', 'm.checkpoint.safetensors'];
  return {
    name,
    model,
    checkpoint,
    words: resume => [
      CLI,
      ...['train', source, '--out', model, '--quiet'],
      ...options.filter((_, i) => !resume || options[i - (i % 2)] === '--threads'),
      ...(resume ? ['--resume', checkpoint] : []),
    ],
  };
}

function api(name: string, threads: number): Scenario {
  const model = 'm.safetensors';
  return {
    name,
    model,
    checkpoint: `${model}.checkpoint`,
    words: () => [API, 'table.csv', 'kind', model, `${threads}`],
  };
}

const scenarios = [1, 2].flatMap(threads => {
  const of = `${threads} thread${threads > 1 ? 's' : ''}`;
  const options = ['--threads', `${threads}`];
  return [
    cli(`ff train of digits, ${of}`, 'digits', [...options, '--epochs', '12']),
    cli(`ff train of a table, ${of}`, 'table.csv', [...options, '--label', 'kind']),
    api(`trainModel of a table, ${of}`, threads),
  ];
});

interface Tally {
  name: string;
  trainings: number;
  kills: number;
  killsInWriting: number;
  /** Files that could not be read, and trainings that came to other bits. */
  unreadable: number;
  otherBits: number;
  /** Milliseconds from the last checkpoint, or the start of the process, to a kill, at most. */
  mostLost: number;
  leftovers: number;
}

export async function run(): Promise<void> {
  const kills = Number(process.argv[3] ?? 1000);
  const folder = mkdtempSync(join(tmpdir(), 'ff-crash-'));
  try {
    const tallies: Tally[] = [];
    const left = [...scenarios.entries()];
    const tormentThose = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [i, scenario] = next;
        const own = join(folder, `${i}`);
        mkdirSync(own);
        await writeBlocks(join(own, 'digits'), 3000, 200);
        writeFileSync(join(own, 'table.csv'), farTable(600));
        tallies[i] = await torment(own, scenario, Math.ceil(kills / scenarios.length));
        console.log(JSON.stringify(tallies[i]));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, tormentThose));
    const sum = (what: 'kills' | 'killsInWriting' | 'unreadable' | 'otherBits' | 'leftovers') =>
      tallies.reduce((total, tally) => total + tally[what], 0);
    await writeResult('trust/crash', {
      pauseMilliseconds: PAUSE,
      kills: sum('kills'),
      killsInWriting: sum('killsInWriting'),
      unreadable: sum('unreadable'),
      otherBits: sum('otherBits'),
      leftovers: sum('leftovers'),
      scenarios: tallies,
    });
    if (sum('unreadable') + sum('otherBits') + sum('leftovers') > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function torment(folder: string, scenario: Scenario, kills: number): Promise<Tally> {
  const { name, model, checkpoint } = scenario;
  const tally: Tally = {
    name,
    trainings: 0,
    kills: 0,
    killsInWriting: 0,
    unreadable: 0,
    otherBits: 0,
    mostLost: 0,
    leftovers: 0,
  };
  clear(folder, scenario);
  const startedAt = performance.now();
  await ended(start(folder, scenario, false));
  const length = performance.now() - startedAt;
  const expected = readFileSync(join(folder, model));
  while (tally.kills < kills) {
    clear(folder, scenario);
    const goOn = () => start(folder, scenario, existsSync(join(folder, checkpoint)));
    // Whatever the number of kills, each training comes to its end now and then.
    for (let isOver = false; !isOver; ) {
      const startedAt = Date.now();
      const isInWriting = 100 * Math.random() < IN_WRITING;
      const isKilled = await killAtSomeTime(goOn(), folder, checkpoint, isInWriting, length);
      if (!isKilled) break;
      tally.kills++;
      if (readdirSync(folder).some(file => file.startsWith(`.${checkpoint}`) && file.endsWith('.tmp')))
        tally.killsInWriting++;
      look(folder, checkpoint, startedAt, tally);
      isOver = tally.kills % MOST_KILLS === 0;
      if (isOver) await ended(goOn());
    }
    tally.trainings++;
    if (!existsSync(join(folder, model)) || !readFileSync(join(folder, model)).equals(expected))
      tally.otherBits++;
    tally.leftovers += readdirSync(folder).filter(file => file.startsWith('.')).length;
  }
  return tally;
}

function clear(folder: string, { model, checkpoint }: Scenario): void {
  for (const name of [model, checkpoint]) rmSync(join(folder, name), { force: true });
}

function start(folder: string, { words }: Scenario, resume: boolean): ChildProcess {
  return spawn(process.execPath, ['--import', OFTEN, ...words(resume)], {
    cwd: folder,
    env: { ...process.env, PAUSE: `${PAUSE}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Resolves with whether a process ended well. */
function ended(child: ChildProcess): Promise<boolean> {
  return new Promise(resolve => child.once('exit', code => resolve(code === 0)));
}

/** Kills a process, and tells whether it was quick enough. */
async function killAtSomeTime(
  child: ChildProcess,
  folder: string,
  checkpoint: string,
  isInWriting: boolean,
  length: number,
): Promise<boolean> {
  const done = ended(child);
  const kill = () => child.kill('SIGKILL');
  const watcher = watch(folder);
  let timer: NodeJS.Timeout | undefined;
  if (isInWriting) {
    // Of one of the first checkpoints: there are some of these in each.
    let after = Math.floor(Math.random() * 24);
    watcher.on('change', (_, file) => {
      if (`${file}`.startsWith(`.${checkpoint}.`) && after-- === 0) setTimeout(kill, 2 * Math.random());
    });
  } else {
    timer = setTimeout(kill, Math.random() * length);
  }
  const isWell = await done;
  clearTimeout(timer);
  watcher.close();
  return !isWell;
}

/** Whether what a killed training has left can be read, and how old it is. */
function look(folder: string, checkpoint: string, startedAt: number, tally: Tally): void {
  const path = join(folder, checkpoint);
  if (!existsSync(path)) return;
  try {
    parseSafetensors(readFileSync(path), path);
  } catch (error) {
    tally.unreadable++;
    console.log((error as Error).message);
  }
  tally.mostLost = Math.max(tally.mostLost, Date.now() - Math.max(startedAt, statSync(path).mtimeMs));
}
