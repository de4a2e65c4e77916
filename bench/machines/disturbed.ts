// 24 trainings by workers on four machines, of which some are killed all the time, the server twice, and a cable is taken out; and by processes of one
// machine, which are killed as often, and the command twice: whether every model is that of one machine which nobody disturbs, and what it costs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeResult } from '../harness.ts';
import {
  Command,
  childrenOf,
  cut,
  epochsOf,
  makeMachine,
  modelsOf,
  removeMachine,
  Server,
  sweep,
  URL_HERE,
  work,
} from './machines.ts';

const MACHINES = [1, 2, 3, 4];
const [KILLS, SERVER_KILLS, CUTS] = [20, 2, 2];
/** Seconds between two disturbances. */
const EVERY = 14;
/** Seconds without a cable: longer than a worker may be silent. */
const CUT = 25;
const SEEDS = 8;
const RATES = [0.001, 0.002, 0.004];

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-machines-'));
  const file = (name: string) => {
    const settings = { 'learning.optimizer.rate': RATES };
    const words = { name, data: 'mnist', recipes: 'quick', settings, seeds: SEEDS, holdOut: 10_000 };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(words));
    return `${name}.json`;
  };
  const server = new Server(folder);
  const workers = new Map<number, Command>();
  const ended: Command[] = [];
  try {
    const alone = file('alone');
    let startedAt = performance.now();
    await sweep(folder, alone, ['--workers', `${availableParallelism()}`]);
    const aloneSeconds = (performance.now() - startedAt) / 1000;
    const expected = modelsOf(folder, 'alone');
    console.log(`one machine: ${Object.keys(expected).length} models in ${aloneSeconds.toFixed(0)} s`);

    for (const m of MACHINES) makeMachine(m);
    await server.start();
    const start = (m: number) => workers.set(m, work(folder, m));
    MACHINES.forEach(start);
    startedAt = performance.now();
    let isOver = false;
    const whole = sweep(folder, file('served'), ['--nats', URL_HERE]).finally(() => {
      isOver = true;
    });
    const done = { kills: 0, serverKills: 0, cuts: 0 };
    for (const what of mixed({ worker: KILLS, server: SERVER_KILLS, cable: CUTS })) {
      await between();
      if (isOver) break;
      const m = MACHINES[Math.floor(Math.random() * MACHINES.length)];
      console.log(
        `${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${what}${what === 'server' ? '' : ` of machine ${m}`}`,
      );
      if (what === 'server') {
        await server.kill();
        await pause(2000);
        await server.start();
        done.serverKills++;
      } else if (what === 'cable') {
        cut(m, true);
        await pause(1000 * CUT);
        cut(m, false);
        done.cuts++;
      } else {
        const worker = workers.get(m)!;
        await worker.end('SIGKILL');
        ended.push(worker);
        start(m);
        done.kills++;
      }
    }
    await whole;
    const seconds = (performance.now() - startedAt) / 1000;
    const found = modelsOf(folder, 'served');
    const told = [...ended, ...workers.values()].flatMap(worker => worker.told);
    const same = (models: Record<string, string>) =>
      Object.entries(expected).filter(([trial, model]) => models[trial] === model).length;
    const byteEqual = same(found);
    const local = await disturbLocal(folder, file('local'));
    const localEqual = same(modelsOf(folder, 'local'));
    await writeResult('machines/disturbed', {
      machines: MACHINES.length,
      trainings: Object.keys(expected).length,
      byteEqual,
      ...done,
      cutSeconds: CUT,
      ...epochsOf(told),
      outcomes: told.filter(({ event }) => event === 'training').length,
      aloneSeconds,
      seconds,
      megabytesOfServer: (await server.used()).bytes / 1e6,
      withoutServer: { byteEqual: localEqual, ...local },
    });
    if (Math.min(byteEqual, localEqual) < Object.keys(expected).length) process.exitCode = 1;
  } finally {
    for (const worker of workers.values()) await worker.end('SIGKILL');
    await server.kill();
    for (const m of MACHINES) removeMachine(m);
    rmSync(folder, { recursive: true });
  }
}

/** Each kind of disturbance as often as it says, in any order. */
function mixed(kinds: Readonly<Record<string, number>>): string[] {
  return Object.entries(kinds)
    .flatMap(([kind, times]) => Array.from({ length: times }, () => kind))
    .sort(() => Math.random() - 0.5);
}

const between = () => pause(1000 * EVERY * (0.5 + Math.random()));

/** Runs a sweep by processes of this machine to its end, whoever is killed meanwhile. */
async function disturbLocal(folder: string, file: string) {
  const start = () =>
    new Command(folder, ['sweep', file, '--workers', `${availableParallelism()}`, '--json']);
  const startedAt = performance.now();
  const commands = [start()];
  const done = { kills: 0, commandKills: 0 };
  for (const what of mixed({ process: KILLS, command: SERVER_KILLS })) {
    await between();
    const command = commands.at(-1)!;
    if (command.isEnded) break;
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${what}`);
    if (what === 'command') {
      await command.end('SIGKILL');
      commands.push(start());
      done.commandKills++;
    } else {
      const processes = childrenOf(command.child.pid!);
      const pid = processes[Math.floor(Math.random() * processes.length)];
      if (pid === undefined) continue;
      process.kill(pid, 'SIGKILL');
      done.kills++;
    }
  }
  await commands.at(-1)!.ended();
  const told = commands.flatMap(command => command.told);
  return { ...done, ...epochsOf(told), seconds: (performance.now() - startedAt) / 1000 };
}
