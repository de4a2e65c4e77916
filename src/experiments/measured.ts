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
  'unsupervised/logistic': { error: 1.17, seeds: 1, minutes: 49.18 },
  'unsupervised-local/logistic': { error: 1.173, deviation: 0.025, seeds: 3, minutes: 20.4 },
  'supervised/swish': { error: 1.123, deviation: 0.021, seeds: 3, minutes: 2.021 },
  'supervised-jitter/swish': { error: 0.667, deviation: 0.023, seeds: 3, minutes: 20.44 },
  'recurrent/swish': { error: 1.367, deviation: 0.06, seeds: 3, minutes: 1.675 },
  'sequences/teacher-forcing': { error: 62.195, deviation: 0.124, seeds: 3, minutes: 0.4095 },
  'sequences/rolled-out': { error: 92.625, deviation: 0.76, seeds: 3, minutes: 0.5081 },
  'sequences/fixed': { error: 95.926, deviation: 1.099, seeds: 3, minutes: 0.2454 },
  'sleep/together': { error: 3.137, deviation: 0.189, seeds: 3, minutes: 0.175 },
  'sleep/together-slow': { error: 15.977, deviation: 0.76, seeds: 3, minutes: 0.2587 },
  'sleep/phases-1': { error: 4.13, deviation: 0.106, seeds: 3, minutes: 0.1894 },
  'sleep/phases-10': { error: 89.857, deviation: 0.424, seeds: 3, minutes: 0.07927 },
  'sleep/phases-10-slow': { error: 22.727, deviation: 1.379, seeds: 3, minutes: 0.2583 },
  'sleep/phases-100': { error: 90.2, deviation: 0, seeds: 3, minutes: 0.09665 },
  'sleep/phases-100-slow': { error: 69.24, deviation: 3.497, seeds: 3, minutes: 0.135 },
  'cifar10/min-2': { error: 40.88, seeds: 1, minutes: 18.49 },
  'cifar10/max-2': { error: 39.32, seeds: 1, minutes: 18.26 },
  'cifar10/min-3': { error: 43.36, seeds: 1, minutes: 32.81 },
  'cifar10/max-3': { error: 41.82, seeds: 1, minutes: 27.56 },
  'backprop/backprop': { error: 1.38, deviation: 0, seeds: 3, minutes: 0.7541 },
  'backprop/forward-forward': { error: 1.303, deviation: 0.14, seeds: 3, minutes: 0.9598 },
  'perturbation/perturbation-10': { error: 33.857, deviation: 6.492, seeds: 3, minutes: 0.09863 },
  'perturbation/perturbation-100': { error: 19.463, deviation: 2.133, seeds: 3, minutes: 0.1241 },
  'perturbation/perturbation-1000': { error: 17.21, deviation: 0.785, seeds: 3, minutes: 0.6331 },
  'perturbation/backprop-10': { error: 6.003, deviation: 0.413, seeds: 3, minutes: 0.05462 },
  'perturbation/backprop-100': { error: 1.91, deviation: 0.05, seeds: 3, minutes: 0.06791 },
  'perturbation/backprop-1000': { error: 1.457, deviation: 0.023, seeds: 3, minutes: 0.2341 },
  'perturbation/forward-forward-1000': { error: 1.233, deviation: 0.064, seeds: 3, minutes: 0.2388 },
  'black-box/forward-forward-levels': { error: 2.28, deviation: 0.131, seeds: 3, minutes: 0.2279 },
  'black-box/backprop-levels': { error: 6.057, deviation: 0.384, seeds: 3, minutes: 0.1139 },
  'black-box/forward-forward-noise': { error: 2.857, deviation: 0.146, seeds: 3, minutes: 0.5938 },
  'black-box/backprop-noise': { error: 5.23, deviation: 0.183, seeds: 3, minutes: 0.2811 },
  'online/one-by-one': { error: 3.347, deviation: 0.225, seeds: 3, minutes: 1.674 },
};
