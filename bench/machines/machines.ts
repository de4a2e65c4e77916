// Machines to be disturbed: network namespaces with workers, tied to a NATS server by a network of their own. Only root can make them.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../bin/ff.js', import.meta.url));
const [PORT, MONITOR] = [4777, 8777];
export const URL_HERE = `nats://127.0.0.1:${PORT}`;
/** The address that machine `m` sees this one under. */
const here = (m: number) => `10.77.${m}.1`;
/** Ticks of the clock by which Linux counts what a process has used. */
const TICKS = 100;

const ip = (...words: (string | number)[]) => execFileSync('ip', words.map(String), { stdio: 'ignore' });

export function makeMachine(m: number): void {
  removeMachine(m);
  ip('netns', 'add', `ff${m}`);
  ip('link', 'add', `ffa${m}`, 'type', 'veth', 'peer', 'name', `ffb${m}`);
  ip('link', 'set', `ffb${m}`, 'netns', `ff${m}`);
  ip('addr', 'add', `${here(m)}/24`, 'dev', `ffa${m}`);
  ip('link', 'set', `ffa${m}`, 'up');
  ip('netns', 'exec', `ff${m}`, 'ip', 'addr', 'add', `10.77.${m}.2/24`, 'dev', `ffb${m}`);
  ip('netns', 'exec', `ff${m}`, 'ip', 'link', 'set', `ffb${m}`, 'up');
}

export function removeMachine(m: number): void {
  try {
    ip('netns', 'del', `ff${m}`);
  } catch {
    // There was none.
  }
}

/** Takes the cable out, or puts it back. */
export function cut(m: number, isOut: boolean): void {
  ip('link', 'set', `ffa${m}`, isOut ? 'down' : 'up');
}

export interface Told {
  readonly event: string;
  readonly trial?: string;
  readonly epoch?: number;
}

/** An `ff` command, with what it tells where it is to tell it as JSON lines. */
export class Command {
  readonly child: ChildProcess;
  readonly told: Told[] = [];
  #rest = '';

  /** On machine `m`, or on this one. */
  constructor(folder: string, words: readonly string[], m?: number) {
    const all = [process.execPath, CLI, ...words];
    const [program, ...others] = m === undefined ? all : ['ip', 'netns', 'exec', `ff${m}`, ...all];
    const env = { ...process.env, XDG_CACHE_HOME: `${folder}/cache-${m ?? 'here'}` };
    this.child = spawn(program, others, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
    this.child.stdout!.on('data', chunk => {
      const lines = (this.#rest + chunk).split('\n');
      this.#rest = lines.pop()!;
      this.told.push(...lines.map(line => JSON.parse(line)));
    });
  }

  get isEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async ended(): Promise<void> {
    if (!this.isEnded) await new Promise(resolve => this.child.once('exit', resolve));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.ended();
  }
}

/** Takes trainings on machine `m`, and tells of them. */
export function work(folder: string, m: number): Command {
  return new Command(folder, ['worker', '--nats', `nats://${here(m)}:${PORT}`, '--json'], m);
}

/** Seconds of processor time that a process has used so far; 0 where there is none. */
function cpuSeconds(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}

export class Server {
  readonly #folder: string;
  #process: ChildProcess | undefined;
  /** Bytes that processes before this one have taken and given, and processor time. */
  #before = { bytes: 0, cpu: 0 };
  #last = { bytes: 0, cpu: 0 };

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<void> {
    this.#process = spawn(
      'nats-server',
      ['-js', '-p', `${PORT}`, '-m', `${MONITOR}`, '-sd', `${this.#folder}/server`],
      {
        stdio: 'ignore',
      },
    );
    while (!(await this.#look())) await pause(50);
  }

  async kill(): Promise<void> {
    await this.#look();
    this.#process?.kill('SIGKILL');
    await new Promise(resolve => this.#process?.once('exit', resolve));
    this.#before = this.#total();
    this.#last = { bytes: 0, cpu: 0 };
  }

  /** What all processes so far have taken and given, and used. */
  async used(): Promise<{ readonly bytes: number; readonly cpu: number }> {
    await this.#look();
    return this.#total();
  }

  #total() {
    return { bytes: this.#before.bytes + this.#last.bytes, cpu: this.#before.cpu + this.#last.cpu };
  }

  async #look(): Promise<boolean> {
    try {
      const told = await (await fetch(`http://127.0.0.1:${MONITOR}/varz`)).json();
      this.#last = { bytes: told.in_bytes + told.out_bytes, cpu: cpuSeconds(this.#process?.pid) };
      return true;
    } catch {
      return false;
    }
  }
}

/** Runs `ff sweep` to its end. */
export async function sweep(folder: string, file: string, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CLI, 'sweep', file, '--quiet', ...words], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise(resolve => child.once('exit', resolve));
  if (code !== 0) throw new Error(`ff sweep ${file} ended with ${code}`);
}

export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/** The epochs that were told of, each once, and how often any of them was learned again. */
export function epochsOf(told: readonly Told[]): { readonly epochs: number; readonly epochsAgain: number } {
  const names = told.filter(({ event }) => event === 'epoch').map(({ trial, epoch }) => `${trial} ${epoch}`);
  const epochs = new Set(names).size;
  return { epochs, epochsAgain: names.length - epochs };
}

/** The digest of the model of each training, out of results.json. */
export function modelsOf(folder: string, name: string): Record<string, string> {
  const { ranking } = JSON.parse(readFileSync(`${folder}/runs/sweeps/${name}/results.json`, 'utf8'));
  const trainings: { trial: string; model: string }[] = ranking.flatMap(
    (candidate: { trainings: object[] }) => candidate.trainings,
  );
  return Object.fromEntries(trainings.map(({ trial, model }) => [trial, model]));
}
