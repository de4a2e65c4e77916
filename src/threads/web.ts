// Threads in a page: Web Workers that hold everything from the start, and get one message a job. Inside a job they meet in
// shared memory, not by messages.

import type { Team } from './team.ts';

/** What a thread is told: everything once, then a job at a time. It answers each job with nothing or with a failure. */
export type ThreadMessage<Data, Job> =
  | { readonly kind: 'begin'; readonly data: Data; readonly part: number; readonly parts: number }
  | { readonly kind: 'job'; readonly job: Job };

export class WebTeam<Data, Job> implements Team<Job> {
  readonly threads: number;
  readonly #workers: readonly Worker[];

  /** Each thread runs the script `url`, which has to understand ThreadMessage. */
  constructor(url: string, data: Data, threads: number) {
    this.threads = threads;
    this.#workers = Array.from({ length: threads }, (_, part) => {
      const worker = new Worker(url, { name: `forward-forward ${part + 1} of ${threads}` });
      const begin: ThreadMessage<Data, Job> = { kind: 'begin', data, part, parts: threads };
      worker.postMessage(begin);
      return worker;
    });
  }

  async run(job: Job): Promise<void> {
    const message: ThreadMessage<Data, Job> = { kind: 'job', job };
    const done = this.#workers.map(
      worker =>
        new Promise<void>((resolve, reject) => {
          worker.onmessage = ({ data: failure }: MessageEvent<Error | undefined>) =>
            failure ? reject(failure) : resolve();
          worker.onerror = ({ message }) => reject(new Error(`a thread failed: ${message}`));
          worker.postMessage(message);
        }),
    );
    try {
      await Promise.all(done);
    } catch (error) {
      // A thread that died cannot let the others go.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) worker.terminate();
  }
}
