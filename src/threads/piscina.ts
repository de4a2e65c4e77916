// The threads of a network in Node: a Piscina pool whose every thread holds the network from the start, and gets one
// message a job. Inside a job they meet in shared memory, not by messages.

import { Piscina } from 'piscina';
import type { Job } from '../network/part.ts';
import type { Session } from '../network/session.ts';
import { BarrierBroken } from './barrier.ts';
import type { Team } from './team.ts';

/** The same file whether this one runs from src/ (in tests) or from dist/. */
const WORKER = new URL('../../dist/threads/worker.js', import.meta.url).href;

export class PiscinaTeam implements Team {
  readonly threads: number;
  readonly #pool: Piscina;

  constructor(session: Session, threads: number) {
    this.threads = threads;
    this.#pool = new Piscina({
      filename: WORKER,
      workerData: session,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'sync',
    });
  }

  async run(job: Job): Promise<void> {
    // One task a thread: each waits at the first barrier until all have begun, so no thread can take two.
    const tasks = Array.from({ length: this.threads }, (_, part) =>
      this.#pool.run({ job, part, parts: this.threads }),
    );
    const failures = (await Promise.allSettled(tasks)).flatMap(result =>
      result.status === 'rejected' ? [result.reason] : [],
    );
    if (failures.length > 0) {
      throw failures.find(failure => failure.message !== BarrierBroken.message) ?? failures[0];
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
