// The experiments by name, in the order of the paper, then what others have published.

import { InputError, nearestName } from '../errors.ts';
import { backprop, blackBox, perturbation } from './alternatives.ts';
import type { Experiment } from './experiment.ts';
import { online } from './online.ts';
import { asge, cwc, deeperForward, monoForward, scff } from './published.ts';
import { cifar10, recurrent } from './recurrent.ts';
import { sequences } from './sequences.ts';
import { sleep } from './sleep.ts';
import { supervised, supervisedJitter } from './supervised.ts';
import { unsupervised, unsupervisedLocal } from './unsupervised.ts';

export const experiments: readonly Experiment[] = [
  unsupervised,
  unsupervisedLocal,
  supervised,
  supervisedJitter,
  recurrent,
  sequences,
  sleep,
  cifar10,
  backprop,
  perturbation,
  blackBox,
  online,
  monoForward,
  asge,
  deeperForward,
  cwc,
  scff,
];

/** The experiment called `name`; throws an InputError with the nearest known name. */
export function findExperiment(name: string): Experiment {
  const found = experiments.find(experiment => experiment.name === name);
  if (found) return found;
  const known = experiments.map(experiment => experiment.name);
  const nearest = nearestName(name, known);
  const hint = nearest ? `: did you mean ${nearest}?` : '';
  throw new InputError(`no experiment is called ${name}${hint} (known: ${known.join(', ')})`);
}
