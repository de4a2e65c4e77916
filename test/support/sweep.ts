// Small sweeps for tests.

import type { Dataset } from '../../src/data/dataset.ts';
import { known } from '../../src/sweep/data.ts';
import type { Identity } from '../../src/sweep/identity.ts';
import type { TrialOutcome } from '../../src/sweep/learn.ts';
import { checkSweep, type Sweep } from '../../src/sweep/spec.ts';
import { type Plan, planTrials } from '../../src/sweep/trials.ts';
import { prototypes, withLabelRoom } from './data.ts';
import { quick } from './recipes.ts';

export const identity: Identity = { version: '1.0.0', build: 'simd', kernels: 'k', arithmetic: 'a' };

export const [inputs, classes] = [40, 4];
export const examples: Dataset = withLabelRoom(prototypes(240, inputs, classes, 3));

/** A recipe that learns them in an instant. */
export const tiny = { ...quick, name: 'tiny', layers: [32, 24], shift: 0, batch: 20, epochs: 3 };

export const sweepOf = (more: object = {}): Sweep =>
  checkSweep({ name: 'test', data: 'mnist', recipes: tiny, holdOut: 40, build: 'simd', ...more });

export const planOf = (more: object = {}, data: Dataset = examples): Plan =>
  planTrials(sweepOf(more), [{ ...known(data, 40), recipe: tiny }], identity);

export const outcomeOf = (trial: string, until: number, error?: number): TrialOutcome => ({
  trial,
  until,
  ...(error === undefined ? { failure: 'diverged' } : { error }),
  curve: [],
  trainSeconds: 1,
  worker: 'w',
});

/** Four trainings of some tenths of a second on what writeBlocks makes, as a file has them. */
export const blocksSweep = {
  data: 'blocks',
  recipes: { ...quick, name: 'small', layers: [64, 64], epochs: 4 },
  settings: { 'learning.optimizer.rate': [0.0005, 0.002] },
  seeds: 2,
  holdOut: 200,
};
