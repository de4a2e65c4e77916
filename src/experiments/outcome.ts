// What came of one training of an experiment: figures only, kept as JSON until all of them are there.

import { isDeepStrictEqual } from 'node:util';
import type { Fingerprint } from '../data/fingerprint.ts';
import { InputError } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { Provenance } from './provenance.ts';

/** Errors in % as training went on; all lists are of one length. */
export interface Curve {
  readonly unit: 'epochs' | 'examples';
  /** Epochs done, or examples seen. */
  readonly at: readonly number[];
  /** On examples as they are learned from: over an epoch, or over all that were seen so far. */
  readonly trainError: readonly number[];
  /** On the examples held out, where some are. */
  readonly validationError?: readonly number[];
}

/** What was learned. Errors in % on the test set, or on the examples held out; absent where there is no such readout. */
export interface Learned {
  readonly goodnessError?: number;
  readonly softmaxError?: number;
  readonly epochs: number;
  readonly trainSeconds: number;
  readonly threads: number;
  readonly build: string;
  readonly curve: Curve;
}

export interface Outcome extends Learned {
  readonly variant: string;
  readonly seed: number;
  readonly recipe: Recipe;
  /** Examples that were learned from. */
  readonly examples: number;
  /** What was learned from, and what the errors are of; older outcomes do not tell. */
  readonly data?: { readonly train: Fingerprint; readonly test: Fingerprint };
  readonly made: Provenance;
}

/** The error that counts: of the goodness readout, where there is one. */
export function errorOf({ goodnessError, softmaxError }: Learned): number | undefined {
  return goodnessError ?? softmaxError;
}

/** What to do where something was made of other settings or data. */
export const FRESH = 'begin anew with --fresh';

/** Reads an outcome that an earlier command wrote; throws an InputError where the file is none. */
export async function readOutcome(path: string): Promise<Outcome> {
  const text = Buffer.from(await readBytes(path)).toString('utf8');
  try {
    const outcome: Outcome = JSON.parse(text);
    if (isOutcome(outcome)) return outcome;
  } catch {
    // No JSON, or of another form: told below.
  }
  throw new InputError(`${path} is not the outcome of a training: delete it, or ${FRESH}`);
}

/** Whether `outcome`, which may be anything, is one; throws where it is not even alike. What is told of its data is not looked at. */
function isOutcome({ variant, seed, recipe, examples, made, ...learned }: Outcome): boolean {
  const { goodnessError = 0, softmaxError = 0, epochs, trainSeconds, threads, build, curve } = learned;
  const { unit, at, trainError, validationError = trainError } = curve;
  const { commit = '', version, cpu, node, v8, date } = made;
  return (
    [variant, build, commit, version, cpu, node, v8, date].every(text => typeof text === 'string') &&
    [goodnessError, softmaxError, trainSeconds].every(Number.isFinite) &&
    [seed, examples, epochs, threads].every(Number.isInteger) &&
    typeof recipe === 'object' &&
    ['epochs', 'examples'].includes(unit) &&
    [at, trainError, validationError].every(list => list.length === at.length && list.every(Number.isFinite))
  );
}

/** Throws an InputError where what `path` holds was made with other settings than those of now. */
export function checkSame(
  path: string,
  found: { readonly recipe: Recipe; readonly seed: number; readonly examples: number },
  now: { readonly recipe: Recipe; readonly seed: number; readonly examples: number },
): void {
  const differs = (['recipe', 'seed', 'examples'] as const).find(
    name => !isDeepStrictEqual(found[name], JSON.parse(JSON.stringify(now[name]))),
  );
  if (differs) {
    throw new InputError(`${path} was made with another ${differs} than the experiment has now: ${FRESH}`);
  }
}
