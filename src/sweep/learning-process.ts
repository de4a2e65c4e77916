// Trainings in a process of their own: whoever conducts them hears of servers, files and signals meanwhile.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Failure } from '../errors.ts';
import type { ChildSettings, FromChild, PackedSource, ToChild } from './child.ts';
import type { Keeping, LearnedTrial, TrialTask } from './learn.ts';

const CHILD = fileURLToPath(new URL('../../dist/cli/sweep-child.js', import.meta.url));
const TICK = 1000;
/**
 * A process that has said nothing for so many ticks is taken to hang, since it says much oftener that it listens; and to do so for ever after
 * so many. A machine that sleeps, or a process that was halted, makes no ticks either.
 */
const [PATIENCE, END_OF_PATIENCE] = [10, 60];
/** Ticks that it may take longer to begin, where many begin at once. */
const START = 50;

/** The process of a training has ended before the training. */
export class ProcessEnded extends Error {
  /** A signal, or the code that it ended with. */
  readonly how: string;

  constructor(how: string) {
    super(`its process has ended (${how})`);
    this.how = how;
  }
}

/** What a training has failed of. */
export class LearningFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Does one training at a time, in a process that begins with the first. */
export class LearningProcess {
  readonly #settings: ChildSettings;
  #child: ChildProcess | undefined;
  /** The digest of the data that the process has. */
  #digest: string | undefined;
  /** Ticks of a training since the process has said something. */
  #quiet = 0;

  constructor(settings: ChildSettings) {
    this.#settings = settings;
  }

  /** Whether it hangs with a training. */
  get hangs(): boolean {
    return this.#quiet > PATIENCE;
  }

  /**
   * Does what `learn` does, of the data that `dataOf` finds. Throws a LearningFailed where that fails, a ProcessEnded where the process ends
   * meanwhile, of which there is another the next time, and what `keeping` has thrown. A process that hangs for a minute is ended.
   */
  async learn(
    task: TrialTask,
    dataOf: (digest: string) => Promise<PackedSource>,
    keeping: Keeping,
  ): Promise<LearnedTrial | undefined> {
    const { digest } = task.trial;
    const source = this.#running() && this.#digest === digest ? undefined : await dataOf(digest);
    const child = this.#running() ?? this.#start();
    if (source !== undefined) send(child, { kind: 'data', digest, source });
    this.#digest = digest;
    const { checkpoint } = keeping;
    send(child, { kind: 'task', task, checkpoint });
    return this.#learned(child, keeping);
  }

  /** Ends the process, and with it what it learns. */
  close(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  #running(): ChildProcess | undefined {
    const child = this.#child;
    return child?.connected && child.exitCode === null && child.signalCode === null ? child : undefined;
  }

  #start(): ChildProcess {
    const child = fork(CHILD, [JSON.stringify(this.#settings)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    // What cannot be told to it: it has ended, which is told by itself.
    child.on('error', () => {});
    this.#child = child;
    this.#quiet = -START;
    return child;
  }

  #learned(child: ChildProcess, { keep, tell, signal }: Keeping): Promise<LearnedTrial | undefined> {
    return new Promise((resolve, reject) => {
      /** What has ended it before its time. */
      let fault: { readonly error: unknown } | undefined;
      let isStopped = false;
      const timer = setInterval(() => {
        this.#quiet++;
        if (this.#quiet > (isStopped ? PATIENCE : END_OF_PATIENCE)) child.kill('SIGKILL');
      }, TICK);
      const stop = () => {
        isStopped = true;
        send(child, { kind: 'stop' });
      };
      const fail = (error: unknown) => {
        fault ??= { error };
        stop();
      };
      const end = (settle: () => void) => {
        clearInterval(timer);
        this.#quiet = 0;
        signal.removeEventListener('abort', stop);
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        if (fault) reject(fault.error);
        else settle();
      };
      const onExit = (code: number | null, killed: string | null) =>
        end(() => reject(new ProcessEnded(killed ?? `code ${code}`)));
      const onError = (error: Error) => {
        if (child.pid === undefined)
          end(() => reject(new Error(`no process can be started: ${error.message}`)));
      };
      const onMessage = (message: FromChild) => {
        this.#quiet = 0;
        switch (message.kind) {
          case 'told':
            Promise.resolve(message.told).then(tell).catch(fail);
            break;
          case 'keep': {
            const { checkpoint, epoch, isNeeded } = message;
            const isKept = fault ? Promise.resolve(false) : keep([checkpoint], epoch, isNeeded);
            isKept
              .catch(error => {
                fail(error);
                return false;
              })
              .then(isKept => send(child, { kind: 'kept', isKept }));
            break;
          }
          case 'learned':
            end(() => resolve(message.learned));
            break;
          case 'failed':
            // It may have been the data.
            this.#digest = undefined;
            end(() => reject(new LearningFailed(message.failure)));
        }
      };
      child.on('message', onMessage).once('exit', onExit).once('error', onError);
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
    });
  }
}

function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message);
}
