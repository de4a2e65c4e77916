// Who does the work: one thread or several, behind the same two calls. What the work is, these do not know.

/** Threads that do their parts of one job at a time. */
export interface Team<Job> {
  readonly threads: number;
  /** Resolves when every thread has done its part of the job, or rejects with the reason of one that failed; then the team is no more. */
  run(job: Job): Promise<void>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** How long the caller's thread may be busy before timers and events get their turn, in milliseconds. */
const SLICE = 30;

/** No thread but the caller's, which stays responsive: work is done in slices. */
export class InlineTeam<Job> implements Team<Job> {
  readonly threads = 1;
  readonly #work: (job: Job) => Generator<void, void, void>;
  readonly #rest: () => Promise<void>;
  // Kept from job to job: many short jobs in a row are one long one to whoever waits for a turn.
  #pause = performance.now() + SLICE;

  /** `work` does a job, and yields where it may be left for a moment; `rest` ends when all others have had their turn. */
  constructor(work: (job: Job) => Generator<void, void, void>, rest = nextTimer) {
    this.#work = work;
    this.#rest = rest;
  }

  async run(job: Job): Promise<void> {
    const steps = this.#work(job);
    while (!steps.next().done) {
      if (performance.now() < this.#pause) continue;
      await this.#rest();
      this.#pause = performance.now() + SLICE;
    }
  }

  async close(): Promise<void> {}
}

function nextTimer(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve));
}
