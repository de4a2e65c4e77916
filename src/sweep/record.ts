// All that is known of a sweep beside what its trainings have come to; plain data, which files and servers keep as JSON.

import { InputError } from '../errors.ts';
import type { Identity } from './identity.ts';
import type { Sweep } from './spec.ts';
import type { Plan, Trial } from './trials.ts';

export interface SweepRecord {
  readonly sweep: Sweep;
  readonly plan: Plan;
  readonly identity: Identity;
}

const FORMAT = 'forward-forward sweep 1';

export function encodeRecord({ sweep, plan, identity }: SweepRecord): Uint8Array {
  // The recipe of a training is that of its candidate, which may have hundreds.
  const trials = plan.trials.map(({ recipe: _, ...trial }) => trial);
  return Buffer.from(JSON.stringify({ format: FORMAT, sweep, identity, plan: { ...plan, trials } }));
}

/** The record in `bytes`, which this library has written; throws an InputError that begins with `path` where they are none. */
export function decodeRecord(bytes: Uint8Array, path: string): SweepRecord {
  try {
    const { format, sweep, identity, plan } = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (format === FORMAT && sweep && identity) {
      const { candidates } = plan;
      const trials = plan.trials.map((trial: Omit<Trial, 'recipe'>) => ({
        ...trial,
        recipe: candidates[trial.candidate].recipe,
      }));
      return { sweep, identity, plan: { candidates, trials } };
    }
  } catch {
    // No JSON, or half a record: told below.
  }
  throw new InputError(`${path} is not the record of a sweep, or that of another version`);
}
