// A sweep by processes of this machine.

import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { fromFailure } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { removeFile, WriteError, writeFileSafely } from '../files/write.ts';
import type { ChildSettings } from './child.ts';
import type { SweepData } from './data.ts';
import { type Engine, type Listener, Stopped } from './engine.ts';
import { SweepFolder } from './folder.ts';
import type { TrialOutcome, TrialTask } from './learn.ts';
import { LearningFailed, LearningProcess, ProcessEnded } from './learning-process.ts';

export interface LocalOptions extends ChildSettings {
  /** The folder for all that the sweep keeps, whose lock the caller has. */
  readonly folder: string;
  /** Processes, each of which does one training at a time. */
  readonly workers: number;
  readonly data: readonly SweepData[];
  /** The numbers of all its trainings. */
  readonly trials: readonly string[];
}

/** A training whose process ends so often, one after the other, without coming any further, ends the sweep. */
const MOST_ENDED = 5;

/** Opens the folder of a sweep; throws an InputError where it cannot be written or holds something else. */
export async function openLocal(options: LocalOptions): Promise<Engine> {
  const { data, workers, trials, folder: path, ...settings } = options;
  const folder = new SweepFolder(path);
  await folder.open();
  for (const each of data) await folder.writeData(each);
  const learners = Array.from(
    { length: Math.min(workers, trials.length) },
    () => new LearningProcess(settings),
  );
  return {
    finished: await folder.outcomes(),
    run: (tasks, listener, signal) => new Work(tasks, folder, listener, signal).by(learners),
    model: trial => readBytes(folder.model(trial)),
    async done() {
      for (const { digest } of data) await removeFile(folder.data(digest));
      // Of candidates that have ended early.
      for (const trial of trials) await removeFile(folder.checkpoint(trial));
    },
    async close() {
      for (const learner of learners) learner.close();
    },
  };
}

/** Some tasks on their way through some processes. */
class Work {
  readonly #left: TrialTask[];
  readonly #folder: SweepFolder;
  readonly #listener: Listener;
  readonly #signal: AbortSignal;
  readonly #outcomes: TrialOutcome[] = [];
  /** How often the process of a training has ended since it last came further. */
  readonly #ended = new Map<string, number>();
  /** The last epoch of a training that was ever told. */
  readonly #furthest = new Map<string, number>();
  /** Ends all trainings where one of them has failed. */
  readonly #end = new AbortController();
  #failure: unknown;

  constructor(tasks: readonly TrialTask[], folder: SweepFolder, listener: Listener, signal: AbortSignal) {
    this.#left = [...tasks];
    this.#folder = folder;
    this.#listener = listener;
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    // One for each process, and there may be many.
    setMaxListeners(0, this.#signal);
  }

  async by(learners: readonly LearningProcess[]): Promise<TrialOutcome[]> {
    await Promise.all(learners.map(learner => this.#through(learner)));
    if (this.#failure) throw this.#failure;
    if (this.#left.length > 0 || this.#signal.aborted) throw new Stopped();
    return this.#outcomes;
  }

  /** One task after the other, until there is nothing left to do. */
  async #through(learner: LearningProcess): Promise<void> {
    for (;;) {
      const task = this.#signal.aborted ? undefined : this.#left.shift();
      if (!task) break;
      if (!(await this.#do(task, learner))) this.#left.unshift(task);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#end.abort();
  }

  /** Whether it is done, and not to be done again. */
  async #do(task: TrialTask, learner: LearningProcess): Promise<boolean> {
    const { id } = task.trial;
    const checkpoint = this.#folder.checkpoint(id);
    try {
      const learned = await learner.learn(task, async digest => this.#folder.data(digest), {
        checkpoint: existsSync(checkpoint) ? await readBytes(checkpoint) : undefined,
        keep: async chunks => {
          try {
            await writeFileSafely(checkpoint, chunks);
            return true;
          } catch (error) {
            // A disk that is full for a while costs no more than what would be repeated.
            if (!(error instanceof WriteError)) throw error;
            this.#listener.trouble(error.message);
            return false;
          }
        },
        tell: told => {
          if (told.epoch > (this.#furthest.get(id) ?? 0)) {
            this.#furthest.set(id, told.epoch);
            this.#ended.delete(id);
          }
          this.#listener.told(told);
        },
        signal: this.#signal,
      });
      if (!learned) return false;
      const { outcome, model } = learned;
      await this.#folder.finish(outcome, model);
      this.#outcomes.push(outcome);
      this.#listener.finished(outcome);
      return true;
    } catch (error) {
      if (error instanceof ProcessEnded) this.#tellEnded(id, error.how);
      else if (error instanceof LearningFailed) {
        this.#fail(fromFailure({ ...error.failure, message: `training ${id}: ${error.message}` }));
      }
      // A disk that is full is no wrong input.
      else this.#fail(error instanceof WriteError ? new Error(error.message) : error);
      return false;
    }
  }

  #tellEnded(id: string, how: string): void {
    const times = (this.#ended.get(id) ?? 0) + 1;
    this.#ended.set(id, times);
    if (times >= MOST_ENDED) {
      this.#fail(
        new Error(
          `training ${id}: its process has ended ${times} times without coming any further (${how}); where memory was short, take fewer --workers or a smaller recipe`,
        ),
      );
    } else if (!this.#signal.aborted) {
      this.#listener.trouble(`a process has ended (${how}); training ${id} goes on in another`);
    }
  }
}
