// Threads in Node: a Piscina pool whose threads hold everything from the start, and get one message a job. Inside a job they
// meet in shared memory, not by messages.

import { Piscina } from 'piscina';
import { type Failure, fromFailure } from '../errors.ts';
import type { Team } from './team.ts';

export class PiscinaTeam<Job> implements Team<Job> {
  readonly threads: number;
  readonly #pool: Piscina;

  /**
   * Each thread runs the module `filename` on `{ job, part, parts }`, which answers with nothing or with a Failure, and has
   * `workerData` from the start.
   */
  constructor(filename: string, workerData: unknown, threads: number) {
    this.threads = threads;
    this.#pool = new Piscina({
      filename,
      workerData,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'sync',
    });
  }

  async run(job: Job): Promise<void> {
    // One task a thread: each waits at the first barrier until all have begun, so no thread can take two.
    const tasks = Array.from(
      { length: this.threads },
      (_, part): Promise<Failure | undefined> => this.#pool.run({ job, part, parts: this.threads }),
    );
    try {
      const failure = (await Promise.all(tasks)).find(answer => answer !== undefined);
      if (failure) throw fromFailure(failure);
    } catch (error) {
      // A thread that died cannot let the others go.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
