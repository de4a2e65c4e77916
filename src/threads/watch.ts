// Where the threads of a team stand, in memory that all see, so that one that never comes back is found and not waited for.
//
// Each thread has a word, which it adds to whenever it moves on. The word is odd while the thread is in code that is not this library's.

/** Threads that a team may have; each has a mark, a word of 32 bits. */
export const MOST_THREADS = 256;

/** The thread has moved on. */
export function markStep(marks: Int32Array, part: number): void {
  Atomics.add(marks, part, 2);
}

/** The thread enters code that is not this library's, or comes back from it. */
export function markBorder(marks: Int32Array, part: number): void {
  Atomics.add(marks, part, 1);
}

/** How threads are watched. */
export interface Watched {
  readonly marks: Int32Array;
  /** What the code that is not this library's is, for messages. */
  readonly foreign: string | undefined;
  /** Milliseconds within which all threads have to start; longer where they load what is slow to load. */
  readonly startWithin: number;
}

// A machine that sleeps, or a process that was halted, makes no ticks either.
const TICK = 500;
/** One row of activities changed takes microseconds; this long is for ever. */
const MOST_IN_FOREIGN = 4000;
/** Between two barriers, or from one example to the next, the largest layers take seconds. */
const MOST_BETWEEN_STEPS = 300_000;

/**
 * Calls `give`, once, with the reason where one of `threads` threads does not start or does not come back. Returns what ends the watch;
 * nobody is watched before it begins, or after.
 */
export function watchThreads(
  threads: number,
  { marks, foreign, startWithin }: Watched,
  give: (reason: Error) => void,
): () => void {
  const seen = Array.from({ length: threads }, (_, part) => Atomics.load(marks, part));
  const ticks = new Uint32Array(threads);
  const timer = setInterval(() => {
    let idle = Number.POSITIVE_INFINITY;
    for (let part = 0; part < threads; part++) {
      const mark = Atomics.load(marks, part);
      ticks[part] = mark === seen[part] ? ticks[part] + 1 : 0;
      seen[part] = mark;
      const still = ticks[part] * TICK;
      idle = Math.min(idle, still);
      if (mark % 2 !== 0 && still >= MOST_IN_FOREIGN) {
        hangs(part, `has been in ${foreign} for ${still / 1000} s: look for a loop that does not end`);
      } else if (mark === 0 && still >= startWithin) {
        const doing = foreign === undefined ? '' : `: it may still be loading ${foreign}`;
        hangs(part, `has not started within ${still / 1000} s${doing}`);
      }
    }
    if (idle < MOST_BETWEEN_STEPS) return;
    // Whoever waits has made a step more.
    const last = seen.indexOf(Math.min(...seen));
    hangs(last, `has made no step for ${idle / 1000} s`);
  }, TICK);
  const hangs = (part: number, what: string) => {
    clearInterval(timer);
    give(new Error(`thread ${part + 1} of ${threads} ${what}`));
  };
  return () => clearInterval(timer);
}
