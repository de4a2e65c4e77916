// How work is cut: by size only, never by time, so that the same thread count cuts alike and no cut changes a bit.

/** Where part number `part` of `parts` equal parts of `count` things begins; the next part's beginning is its end. */
export function partBegin(count: number, part: number, parts: number): number {
  return Math.floor((count * part) / parts);
}

/** One thread's share of what all threads do together. */
export interface WorkShare {
  /** Where this thread's share of `count` things begins, and where it ends. */
  begin(count: number): number;
  end(count: number): number;
  /** Returns when all threads have called it. */
  wait(): void;
}

/** The share of a thread that does all of it. */
export const wholeShare: WorkShare = { begin: () => 0, end: count => count, wait() {} };
