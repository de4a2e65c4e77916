// A sweep by processes of this machine, which share nothing but files.

import { type ChildProcess, fork } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fromFailure } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { removeFile } from '../files/write.ts';
import type { ChildSettings, FromChild, ToChild } from './child.ts';
import type { SweepData } from './data.ts';
import { type Engine, type Listener, Stopped } from './engine.ts';
import { SweepFolder } from './folder.ts';
import type { TrialOutcome, TrialTask } from './learn.ts';

export interface LocalOptions extends Omit<ChildSettings, 'folder'> {
  /** The folder for all that the sweep keeps, whose lock the caller has. */
  readonly folder: string;
  /** Processes, each of which does one training at a time. */
  readonly workers: number;
  readonly data: readonly SweepData[];
  /** The numbers of all its trainings. */
  readonly trials: readonly string[];
}

const CHILD = fileURLToPath(new URL('../../dist/cli/sweep-child.js', import.meta.url));
/** A training whose process ends so often, one after the other, without an epoch between, ends the sweep. */
const MOST_ENDED = 5;

/** Opens the folder of a sweep; throws an InputError where it cannot be written or holds something else. */
export async function openLocal(options: LocalOptions): Promise<Engine> {
  const { data, workers, trials, ...settings } = options;
  const folder = new SweepFolder(settings.folder);
  await folder.open();
  for (const each of data) await folder.writeData(each);
  const children = new Set<ChildProcess>();
  return {
    finished: await folder.outcomes(),
    run: (tasks, listener, signal) => {
      const processes = Math.min(workers, tasks.length);
      return new Work(tasks, listener, signal, () => start(settings, children)).with(processes);
    },
    model: trial => readBytes(folder.model(trial)),
    async done() {
      for (const { digest } of data) await removeFile(folder.data(digest));
      // Of candidates that have ended early.
      for (const trial of trials) await removeFile(folder.checkpoint(trial));
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}

function start(settings: ChildSettings, children: Set<ChildProcess>): ChildProcess {
  const child = fork(CHILD, [JSON.stringify(settings)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  // What cannot be told to it: it has ended, which is told by itself.
  child.on('error', () => {});
  return child;
}

/** Some tasks on their way through some processes. */
class Work {
  readonly #left: TrialTask[];
  readonly #listener: Listener;
  readonly #signal: AbortSignal;
  readonly #start: () => ChildProcess;
  readonly #outcomes: TrialOutcome[] = [];
  /** How often the process of a training has ended since its last epoch. */
  readonly #ended = new Map<string, number>();
  /** Ends all trainings where one of them has failed. */
  readonly #end = new AbortController();
  #failure: Error | undefined;

  constructor(
    tasks: readonly TrialTask[],
    listener: Listener,
    signal: AbortSignal,
    start: () => ChildProcess,
  ) {
    this.#left = [...tasks];
    this.#listener = listener;
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    // One for each process, and there may be many.
    setMaxListeners(0, this.#signal);
    this.#start = start;
  }

  async with(processes: number): Promise<TrialOutcome[]> {
    await Promise.all(Array.from({ length: processes }, () => this.#through()));
    if (this.#failure) throw this.#failure;
    if (this.#left.length > 0 || this.#signal.aborted) throw new Stopped();
    return this.#outcomes;
  }

  /** One process, and another in its place wherever it ends, until there is nothing left to do. */
  async #through(): Promise<void> {
    let child: ChildProcess | undefined;
    try {
      for (;;) {
        const task = this.#signal.aborted ? undefined : this.#left.shift();
        if (!task) return;
        const isAlive = child?.connected && child.exitCode === null && child.signalCode === null;
        if (!isAlive) child = this.#start();
        const isDone = await this.#do(task, child!);
        if (!isDone) this.#left.unshift(task);
      }
    } finally {
      child?.disconnect();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#end.abort();
  }

  /** Whether it is done, and not to be done again. */
  #do(task: TrialTask, child: ChildProcess): Promise<boolean> {
    const { id } = task.trial;
    return new Promise(resolve => {
      const stop = () => {
        if (child.connected) child.send({ kind: 'stop' } satisfies ToChild);
      };
      const end = (isDone: boolean) => {
        this.#signal.removeEventListener('abort', stop);
        child.removeAllListeners('message').off('exit', onExit).off('error', onError);
        resolve(isDone);
      };
      const onExit = (code: number | null, signal: string | null) => {
        const times = (this.#ended.get(id) ?? 0) + 1;
        this.#ended.set(id, times);
        const how = signal ?? `code ${code}`;
        if (times >= MOST_ENDED) {
          this.#fail(
            new Error(
              `training ${id}: its process has ended ${times} times without an epoch between (${how}); where memory was short, take fewer --workers or a smaller recipe`,
            ),
          );
        } else if (!this.#signal.aborted) {
          this.#listener.trouble(`a process has ended (${how}); training ${id} goes on in another`);
        }
        end(false);
      };
      const onError = (error: Error) => {
        if (child.pid !== undefined) return;
        this.#fail(new Error(`no process can be started: ${error.message}`));
        end(false);
      };
      child.on('message', (message: FromChild) => {
        switch (message.kind) {
          case 'told':
            this.#ended.delete(id);
            this.#listener.told(message.told);
            break;
          case 'trouble':
            this.#listener.trouble(message.text);
            break;
          case 'finished':
            this.#outcomes.push(message.outcome);
            this.#listener.finished(message.outcome);
            end(true);
            break;
          case 'stopped':
            end(false);
            break;
          case 'failed':
            this.#fail(fromFailure(message.failure));
            end(false);
        }
      });
      child.once('exit', onExit);
      child.once('error', onError);
      this.#signal.addEventListener('abort', stop);
      child.send({ kind: 'task', task } satisfies ToChild);
    });
  }
}
