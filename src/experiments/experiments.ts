// The experiments by name, in the order of the paper.

import { InputError, nearestName } from '../errors.ts';
import type { Experiment } from './experiment.ts';
import { online } from './online.ts';
import { supervised, supervisedJitter } from './supervised.ts';
import { unsupervised } from './unsupervised.ts';

export const experiments: readonly Experiment[] = [unsupervised, supervised, supervisedJitter, online];

/** The experiment called `name`; throws an InputError with the nearest known name. */
export function findExperiment(name: string): Experiment {
  const found = experiments.find(experiment => experiment.name === name);
  if (found) return found;
  const known = experiments.map(experiment => experiment.name);
  const nearest = nearestName(name, known);
  const hint = nearest ? `: did you mean ${nearest}?` : '';
  throw new InputError(`no experiment is called ${name}${hint} (known: ${known.join(', ')})`);
}
