// Threads in Node: a Piscina pool whose threads hold everything from the start, and get one message a job. Inside a job they
// meet in shared memory, not by messages.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Piscina } from 'piscina';
import { type Failure, fromFailure, InputError } from '../errors.ts';
import type { Team } from './team.ts';
import { type Watched, watchThreads } from './watch.ts';

/** What a thread may keep on its own heap, in MiB: next to nothing, for all that is large is shared. */
const MOST_HEAP = 1024;
/** Milliseconds that threads have to end when one has failed. */
const PATIENCE = 1000;

/**
 * Piscina itself, which is not found from everywhere: its threads begin with a file of its own, so that it cannot be part of a bundle, and some
 * installers hide what only packages ask for.
 */
async function findPiscina(): Promise<typeof Piscina> {
  try {
    return (await import('piscina')).Piscina;
  } catch (cause) {
    try {
      const ofProgram = createRequire(join(process.cwd(), 'package.json'));
      const ofPackage = createRequire(ofProgram.resolve('forward-forward/package.json'));
      const found = await import(pathToFileURL(ofPackage.resolve('piscina')).href);
      return (found.default ?? found).Piscina;
    } catch {
      throw new InputError(
        `threads need the package piscina where the program runs (${(cause as Error).message}): npm install piscina, or ask for one thread`,
        { cause },
      );
    }
  }
}

/**
 * What makes Piscina import the module of its threads, which it tries to require before: a thread that is ended while it requires one ends the
 * whole process, in Node 20.19 and newer.
 */
function importing(): string[] {
  const flag = '--no-experimental-require-module';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

export class PiscinaTeam<Job> implements Team<Job> {
  readonly threads: number;
  readonly #pool: Piscina;
  readonly #watched: Watched | undefined;
  #failed: Error | undefined;

  /**
   * Starts threads. Each runs the module `filename` on `{ job, part, parts }`, which answers with nothing or with a Failure, and has
   * `workerData` from the start. Where they are not watched, a thread that hangs is waited for.
   */
  static async start<Job>(
    filename: string,
    workerData: unknown,
    threads: number,
    watched?: Watched,
  ): Promise<PiscinaTeam<Job>> {
    const Pool = await findPiscina();
    const pool = new Pool({
      filename,
      workerData,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'sync',
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
      execArgv: [...process.execArgv, ...importing()],
    });
    return new PiscinaTeam(pool, threads, watched);
  }

  private constructor(pool: Piscina, threads: number, watched: Watched | undefined) {
    this.threads = threads;
    this.#watched = watched;
    this.#pool = pool;
    // Of a thread without a task; nobody listening would end the process.
    this.#pool.on('error', (error: Error) => {
      this.#failed ??= error;
    });
  }

  async run(job: Job): Promise<void> {
    if (this.#failed) {
      await this.#end();
      throw this.#failed;
    }
    // One task a thread: each waits at the first barrier until all have begun, so no thread can take two.
    const tasks = Array.from(
      { length: this.threads },
      (_, part): Promise<Failure | undefined> => this.#pool.run({ job, part, parts: this.threads }),
    );
    let endWatch: (() => void) | undefined;
    const hanging = new Promise<never>((_, reject) => {
      if (this.#watched) endWatch = watchThreads(this.threads, this.#watched, reject);
    });
    try {
      const answers = await Promise.race([Promise.all(tasks), hanging]);
      const failure = answers.find(answer => answer !== undefined);
      if (failure) throw fromFailure(failure);
    } catch (error) {
      // A thread that died cannot let the others go.
      await this.#end();
      throw error;
    } finally {
      endWatch?.();
    }
  }

  /** Ends the threads; one that is in a call to the system ends after it, and is not waited for. */
  async #end(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>(resolve => {
      timer = setTimeout(resolve, PATIENCE);
    });
    await Promise.race([this.close(), patience]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
