// Threads in a page: Web Workers that hold everything from the start, and get one message a job. Inside a job they meet in
// shared memory, not by messages.

import type { Team } from './team.ts';

/** What a thread is told: everything once, then a job at a time. It answers each with nothing or with a failure. */
export type ThreadMessage<Data, Job> =
  | { readonly kind: 'begin'; readonly data: Data; readonly part: number; readonly parts: number }
  | { readonly kind: 'job'; readonly job: Job };

/** Milliseconds that a thread may take to come up: the first one, the one in its place, and so on. */
const PATIENCE = [3000, 9000, 27_000];

export class WebTeam<Data, Job> implements Team<Job> {
  readonly threads: number;
  readonly #workers: readonly Worker[];

  /**
   * Starts threads. Each runs the script `url`, which has to understand ThreadMessage. One after the other, and another one in the place of
   * one that does not come up: in Firefox, a worker that is begun while others begin may never do so.
   */
  static async start<Data, Job>(url: string, data: Data, threads: number): Promise<WebTeam<Data, Job>> {
    const workers: Worker[] = [];
    const team = new WebTeam<Data, Job>(workers, threads);
    try {
      while (workers.length < threads) {
        const message = { kind: 'begin', data, part: workers.length, parts: threads } as const;
        workers.push(await startThread(url, message));
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

async function startThread<Data>(
  url: string,
  message: Extract<ThreadMessage<Data, never>, { readonly kind: 'begin' }>,
): Promise<Worker> {
  const name = `forward-forward ${message.part + 1} of ${message.parts}`;
  for (const patience of PATIENCE) {
    const worker = new Worker(url, { name });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>(resolve => {
      timer = setTimeout(() => resolve(false), patience);
    });
    try {
      if (await Promise.race([answerOf(worker, message).then(() => true), late])) return worker;
    } catch (error) {
      worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    worker.terminate();
  }
  throw new Error(`the thread ${name} does not start`);
}
