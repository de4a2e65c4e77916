// Threads in a page: Web Workers that hold everything from the start, and get one message a job. Inside a job they meet in
// shared memory, not by messages.

import type { Team } from './team.ts';

/** What a thread is told: everything once, then a job at a time. It answers each with nothing or with a failure. */
export type ThreadMessage<Data, Job> =
  | { readonly kind: 'begin'; readonly data: Data; readonly part: number; readonly parts: number }
  | { readonly kind: 'job'; readonly job: Job };

/** Milliseconds that a worker may take to come up: the first one, the one in its place, and so on. */
const PATIENCE = [3000, 9000, 27_000];

/**
 * What `begin` makes, once it `isUp`, or what it makes in the place of one that does not come up: in Firefox, a worker that is begun while others
 * begin, or by a worker, may never do so. Throws an Error that names `what` where none does, and what `isUp` rejects with; all but what is given back is ended.
 */
export async function comeUp<Made>(
  what: string,
  begin: () => Made,
  isUp: (made: Made) => Promise<unknown>,
  end: (made: Made) => void,
): Promise<Made> {
  for (const patience of PATIENCE) {
    const made = begin();
    let isThere = false;
    try {
      isThere = await Promise.race([
        isUp(made).then(() => true),
        new Promise<boolean>(resolve => setTimeout(resolve, patience, false)),
      ]);
      if (isThere) return made;
    } finally {
      if (!isThere) end(made);
    }
  }
  throw new Error(`${what} does not start`);
}

export class WebTeam<Data, Job> implements Team<Job> {
  readonly threads: number;
  readonly #workers: readonly Worker[];

  /** Starts threads, one after the other. Each runs the script `url`, which has to understand ThreadMessage. */
  static async start<Data, Job>(url: string, data: Data, threads: number): Promise<WebTeam<Data, Job>> {
    const workers: Worker[] = [];
    const team = new WebTeam<Data, Job>(workers, threads);
    try {
      while (workers.length < threads) {
        const part = workers.length;
        const name = `forward-forward ${part + 1} of ${threads}`;
        const worker = await comeUp(
          `the thread ${name}`,
          () => new Worker(url, { name }),
          begun => answerOf<Data, Job>(begun, { kind: 'begin', data, part, parts: threads }),
          begun => begun.terminate(),
        );
        workers.push(worker);
      }
    } catch (error) {
      await team.close();
      throw error;
    }
    return team;
  }

  private constructor(workers: readonly Worker[], threads: number) {
    this.threads = threads;
    this.#workers = workers;
  }

  async run(job: Job): Promise<void> {
    try {
      await Promise.all(this.#workers.map(worker => answerOf<Data, Job>(worker, { kind: 'job', job })));
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

/** Resolves when a thread has done what it is told, or rejects with its failure. */
function answerOf<Data, Job>(worker: Worker, message: ThreadMessage<Data, Job>): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data: failure }: MessageEvent<Error | undefined>) =>
      failure ? reject(failure) : resolve();
    worker.onerror = ({ message }) => reject(new Error(`a thread failed: ${message}`));
    worker.postMessage(message);
  });
}
