// What came out in the repository, for the list of experiments: written by `npm run paper:table` from bench/results/paper.

import type { Spread } from '../report/spread.ts';

export interface Measured {
  /** Error of each readout in %; absent where the network has no such readout. */
  readonly goodness?: Spread;
  readonly softmax?: Spread;
  readonly seeds: number;
  /** Training time of a seed. */
  readonly minutes: number;
  readonly threads: number;
}

/** By `EXPERIMENT/VARIANT`. */
export const measured: Readonly<Record<string, Measured>> = {
  'unsupervised/logistic': { softmax: { mean: 1.17 }, seeds: 1, minutes: 49.18, threads: 2 },
  'unsupervised-local/logistic': {
    softmax: { mean: 1.1733333333333331, deviation: 0.025166114784235857 },
    seeds: 3,
    minutes: 20.4,
    threads: 2,
  },
  'supervised/swish': {
    goodness: { mean: 1.1233333333333333, deviation: 0.020816659994661223 },
    softmax: { mean: 1.31, deviation: 0.03464101615137758 },
    seeds: 3,
    minutes: 2.021,
    threads: 2,
  },
  'supervised-jitter/swish': {
    goodness: { mean: 0.6666666666666666, deviation: 0.02309401076758505 },
    softmax: { mean: 0.7333333333333334, deviation: 0.08326663997864532 },
    seeds: 3,
    minutes: 20.44,
    threads: 2,
  },
  'recurrent/swish': {
    goodness: { mean: 1.3666666666666665, deviation: 0.06027713773341702 },
    softmax: { mean: 1.4666666666666668, deviation: 0.09291573243177564 },
    seeds: 3,
    minutes: 1.675,
    threads: 2,
  },
  'sequences/teacher-forcing': {
    goodness: { mean: 62.19534050179212, deviation: 0.12448426513843901 },
    softmax: { mean: 57.517921146953405, deviation: 0.33682699156294793 },
    seeds: 3,
    minutes: 0.4095,
    threads: 2,
  },
  'sequences/rolled-out': {
    goodness: { mean: 92.62544802867383, deviation: 0.759748842696469 },
    softmax: { mean: 61.05734767025089, deviation: 0.2863180162844165 },
    seeds: 3,
    minutes: 0.5081,
    threads: 2,
  },
  'sequences/fixed': {
    goodness: { mean: 95.92592592592592, deviation: 1.0992448414272025 },
    softmax: { mean: 64.72222222222223, deviation: 0.3189511062823951 },
    seeds: 3,
    minutes: 0.2454,
    threads: 2,
  },
  'sleep/together': {
    goodness: { mean: 3.1366666666666667, deviation: 0.18929694486000923 },
    softmax: { mean: 2.873333333333333, deviation: 0.09865765724632504 },
    seeds: 3,
    minutes: 0.175,
    threads: 2,
  },
  'sleep/together-slow': {
    goodness: { mean: 15.976666666666667, deviation: 0.7603507962337732 },
    softmax: { mean: 6.263333333333333, deviation: 0.08736894948054104 },
    seeds: 3,
    minutes: 0.2587,
    threads: 2,
  },
  'sleep/phases-1': {
    goodness: { mean: 4.13, deviation: 0.10583005244258371 },
    softmax: { mean: 3.47, deviation: 0.07549834435270744 },
    seeds: 3,
    minutes: 0.1894,
    threads: 2,
  },
  'sleep/phases-10': {
    goodness: { mean: 89.85666666666667, deviation: 0.4239496825489251 },
    softmax: { mean: 88.81, deviation: 1.487144915601707 },
    seeds: 3,
    minutes: 0.07927,
    threads: 2,
  },
  'sleep/phases-10-slow': {
    goodness: { mean: 22.726666666666663, deviation: 1.3786345902135688 },
    softmax: { mean: 6.423333333333333, deviation: 0.09504384952922143 },
    seeds: 3,
    minutes: 0.2583,
    threads: 2,
  },
  'sleep/phases-100': {
    goodness: { mean: 90.2, deviation: 0 },
    softmax: { mean: 90.2, deviation: 0 },
    seeds: 3,
    minutes: 0.09665,
    threads: 2,
  },
  'sleep/phases-100-slow': {
    goodness: { mean: 69.24000000000001, deviation: 3.496784236981167 },
    softmax: { mean: 10.983333333333334, deviation: 0.3035347316755255 },
    seeds: 3,
    minutes: 0.135,
    threads: 2,
  },
  'cifar10/min-2': {
    goodness: { mean: 40.88 },
    softmax: { mean: 41.1 },
    seeds: 1,
    minutes: 18.49,
    threads: 2,
  },
  'cifar10/max-2': {
    goodness: { mean: 39.32 },
    softmax: { mean: 38.87 },
    seeds: 1,
    minutes: 18.26,
    threads: 2,
  },
  'cifar10/min-3': {
    goodness: { mean: 43.36 },
    softmax: { mean: 42.3 },
    seeds: 1,
    minutes: 32.81,
    threads: 2,
  },
  'cifar10/max-3': {
    goodness: { mean: 41.82 },
    softmax: { mean: 39.97 },
    seeds: 1,
    minutes: 27.56,
    threads: 2,
  },
  'backprop/backprop': { softmax: { mean: 1.38, deviation: 0 }, seeds: 3, minutes: 0.7541, threads: 2 },
  'backprop/forward-forward': {
    goodness: { mean: 1.3033333333333335, deviation: 0.14047538337136986 },
    softmax: { mean: 1.3933333333333333, deviation: 0.05507570547286096 },
    seeds: 3,
    minutes: 0.9598,
    threads: 2,
  },
  'perturbation/perturbation-10': {
    softmax: { mean: 33.85666666666666, deviation: 6.491658750530048 },
    seeds: 3,
    minutes: 0.09863,
    threads: 2,
  },
  'perturbation/perturbation-100': {
    softmax: { mean: 19.463333333333335, deviation: 2.132846298572247 },
    seeds: 3,
    minutes: 0.1241,
    threads: 2,
  },
  'perturbation/perturbation-1000': {
    softmax: { mean: 17.209999999999997, deviation: 0.7854298186343578 },
    seeds: 3,
    minutes: 0.6331,
    threads: 2,
  },
  'perturbation/backprop-10': {
    softmax: { mean: 6.003333333333334, deviation: 0.41295681775862875 },
    seeds: 3,
    minutes: 0.05462,
    threads: 2,
  },
  'perturbation/backprop-100': {
    softmax: { mean: 1.9100000000000001, deviation: 0.04999999999999993 },
    seeds: 3,
    minutes: 0.06791,
    threads: 2,
  },
  'perturbation/backprop-1000': {
    softmax: { mean: 1.4566666666666668, deviation: 0.02309401076758505 },
    seeds: 3,
    minutes: 0.2341,
    threads: 2,
  },
  'perturbation/forward-forward-1000': {
    goodness: { mean: 1.2333333333333332, deviation: 0.06350852961085889 },
    softmax: { mean: 1.31, deviation: 0.020000000000000018 },
    seeds: 3,
    minutes: 0.2388,
    threads: 2,
  },
  'black-box/forward-forward-levels': {
    goodness: { mean: 2.28, deviation: 0.13076696830622028 },
    softmax: { mean: 1.4666666666666668, deviation: 0.05131601439446889 },
    seeds: 3,
    minutes: 0.2279,
    threads: 2,
  },
  'black-box/backprop-levels': {
    softmax: { mean: 6.0566666666666675, deviation: 0.3839704849768187 },
    seeds: 3,
    minutes: 0.1139,
    threads: 2,
  },
  'black-box/forward-forward-noise': {
    goodness: { mean: 2.856666666666667, deviation: 0.14640127503998498 },
    softmax: { mean: 1.45, deviation: 0.04582575694955844 },
    seeds: 3,
    minutes: 0.5938,
    threads: 2,
  },
  'black-box/backprop-noise': {
    softmax: { mean: 5.23, deviation: 0.18330302779823326 },
    seeds: 3,
    minutes: 0.2811,
    threads: 2,
  },
  'online/one-by-one': {
    goodness: { mean: 3.3466666666666662, deviation: 0.2254624876411448 },
    softmax: { mean: 4.596666666666667, deviation: 0.1721433511156711 },
    seeds: 3,
    minutes: 1.674,
    threads: 1,
  },
  'mono-forward/perceptron': {
    goodness: { mean: 1.91, deviation: 0.04358898943540664 },
    softmax: { mean: 1.91, deviation: 0.04358898943540664 },
    seeds: 3,
    minutes: 2.068,
    threads: 2,
  },
  'mono-forward/convolutions': {
    goodness: { mean: 0.8 },
    softmax: { mean: 0.8 },
    seeds: 1,
    minutes: 13.79,
    threads: 2,
  },
  'deeper-forward/tiny-cnn-4-fifth': {
    goodness: { mean: 1 },
    softmax: { mean: 1 },
    seeds: 1,
    minutes: 18.21,
    threads: 2,
  },
  'cwc/half': { goodness: { mean: 2.18 }, softmax: { mean: 2.18 }, seeds: 1, minutes: 34.41, threads: 2 },
};
