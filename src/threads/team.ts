// Who does the work of a network: one thread or several, behind the same two calls.

import { type Job, NetworkPart } from '../network/part.ts';
import type { Session } from '../network/session.ts';

/** The threads of one network. They run one job at a time. */
export interface Team {
  readonly threads: number;
  /** Resolves when every thread has done its part of the job, or rejects with the reason of the first that failed. */
  run(job: Job): Promise<void>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** How long the caller's thread may be busy before timers and events get their turn, in milliseconds. */
const SLICE = 30;

/** No thread but the caller's, which stays responsive: work is done in slices. */
export class InlineTeam implements Team {
  readonly threads = 1;
  readonly #part: NetworkPart;
  // Kept from job to job: many short jobs in a row are one long one to whoever waits for a turn.
  #pause = performance.now() + SLICE;

  constructor(session: Session) {
    this.#part = new NetworkPart(session, 0, 1);
  }

  async run(job: Job): Promise<void> {
    const steps = this.#part.run(job);
    while (!steps.next().done) {
      if (performance.now() < this.#pause) continue;
      await new Promise(resolve => setTimeout(resolve));
      this.#pause = performance.now() + SLICE;
    }
  }

  async close(): Promise<void> {}
}
