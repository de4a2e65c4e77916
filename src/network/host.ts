// What a network needs of the place where it runs: how fast the engine is, where the kernels come from, and threads.

import type { Build } from '../kernels/features.ts';
import type { Job } from '../schedules/job.ts';
import type { Session } from '../schedules/session.ts';
import type { Team } from '../threads/team.ts';

/** Node, a worker of a page, or another runtime. */
export interface Host {
  /** What to call it in messages, e.g. `Node v20.20.2`. */
  readonly name: string;
  /** Threads that can really run at once: as many as a network takes by default. */
  readonly cores: number;
  /** The fastest build that the engine runs, or undefined where it has no SIMD. Called before anything is compiled. */
  detectBuild(): Build | undefined;
  /** The kernels of a build, for memory that is shared among threads or not. */
  compile(build: Build, isShared: boolean): Promise<WebAssembly.Module>;
  /** Starts the threads, one or more, that work on a session. Throws an InputError where the recipe's module cannot be run. */
  startTeam(session: Session, threads: number): Promise<Team<Job>>;
}
