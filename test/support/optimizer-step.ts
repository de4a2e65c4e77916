// The step of an optimizer as it was published, number by number, for the plain networks.

import type { Optimizer } from '../../src/layers/optimizer.ts';

/**
 * Changes `weight`, (units) in the direction of the mean of `count` gradients whose `sum` is given, and the optimizer's `first` and `second`
 * moments. `time` counts steps from 1.
 */
export function optimizerStep(
  optimizer: Optimizer,
  time: number,
  weight: number[],
  sum: readonly number[],
  first: number[],
  second: number[],
  count: number,
  rate: number,
  decays: boolean,
): void {
  const decay = decays ? optimizer.decay : 0;
  for (let j = 0; j < weight.length; j++) {
    const g = sum[j] / count;
    if (optimizer.kind === 'momentum') {
      first[j] = optimizer.momentum * first[j] + (1 - optimizer.momentum) * g;
      weight[j] += rate * (first[j] - decay * weight[j]);
    } else {
      const { beta1, beta2, epsilon } = optimizer;
      first[j] = beta1 * first[j] + (1 - beta1) * g;
      second[j] = beta2 * second[j] + (1 - beta2) * g * g;
      const m = first[j] / (1 - beta1 ** time);
      const v = second[j] / (1 - beta2 ** time);
      weight[j] += rate * (m / (Math.sqrt(v) + epsilon) - decay * weight[j]);
    }
  }
}
