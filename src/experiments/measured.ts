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
export const measured: Readonly<Record<string, Measured>> = {
  'supervised/swish': { error: 1.367, deviation: 0.029, seeds: 3, minutes: 8.304 },
  'recurrent/swish': { error: 3.96, seeds: 1, minutes: 10.79 },
  'sleep/together': { error: 3.27, seeds: 1, minutes: 0.3864 },
  'sleep/together-slow': { error: 15.23, seeds: 1, minutes: 0.6421 },
  'sleep/phases-1': { error: 4.09, seeds: 1, minutes: 0.4405 },
  'sleep/phases-10': { error: 89.47, seeds: 1, minutes: 0.2181 },
  'sleep/phases-10-slow': { error: 21.73, seeds: 1, minutes: 0.6069 },
  'sleep/phases-100': { error: 90.2, seeds: 1, minutes: 0.1895 },
  'sleep/phases-100-slow': { error: 71.94, seeds: 1, minutes: 0.4629 },
  'backprop/backprop': { error: 1.38, deviation: 0, seeds: 3, minutes: 0.7541 },
  'backprop/forward-forward': { error: 1.303, deviation: 0.14, seeds: 3, minutes: 0.9598 },
  'black-box/forward-forward-levels': { error: 2.34, seeds: 1, minutes: 0.7816 },
  'black-box/backprop-levels': { error: 6.5, seeds: 1, minutes: 0.4666 },
  'black-box/forward-forward-noise': { error: 2.65, seeds: 1, minutes: 1.878 },
  'black-box/backprop-noise': { error: 5.43, seeds: 1, minutes: 1.184 },
};
