// What came out in the repository, for the list of experiments: written by `npm run paper:table` from bench/results/paper.

export interface Measured {
  /** Mean error in %. */
  readonly error: number;
  /** Its standard deviation, of two or more seeds. */
  readonly deviation?: number;
  readonly seeds: number;
  /** Training time of a seed. */
  readonly minutes: number;
}

/** By `EXPERIMENT/VARIANT`. */
export const measured: Readonly<Record<string, Measured>> = {};
