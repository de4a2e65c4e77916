// Section 3.6 of the paper: positive and negative data apart, as if awake and asleep. That works only with a low learning rate
// and a high momentum, so that a phase is over before its weights have gone far.

import { recipes } from '../recipes/recipes.ts';
import type { Experiment, Variant } from './experiment.ts';

const hinton = recipes['hinton-supervised'];

function variant(name: string, rate: number, momentum: number, phases?: number): Variant {
  const together = phases === undefined ? 'together' : `${phases} batch${phases === 1 ? '' : 'es'} at a time`;
  return {
    name,
    about: `${together}, rate ${rate}, momentum ${momentum}`,
    recipe: {
      ...hinton,
      name: `sleep-${name}`,
      about: 'positive and negative phases',
      layers: [500, 500],
      learning: {
        ...hinton.learning,
        optimizer: { kind: 'momentum', rate, momentum, decay: 0.001 },
        ...(phases !== undefined && { phases }),
      },
      epochs: 5,
    },
    seeds: [1, 2, 3],
    short: { epochs: 1, examples: 30_000 },
  };
}

export const sleep: Experiment = {
  name: 'sleep',
  about: 'positive and negative phases apart, at different rates and momenta',
  section: 'section 3.6 of the paper',
  data: 'mnist',
  variants: [
    variant('together', 0.01, 0.9),
    variant('together-slow', 0.001, 0.99),
    variant('phases-1', 0.01, 0.9, 1),
    variant('phases-10', 0.01, 0.9, 10),
    variant('phases-10-slow', 0.001, 0.99, 10),
    variant('phases-100', 0.01, 0.9, 100),
    variant('phases-100-slow', 0.001, 0.999, 100),
  ],
};
