// What came of one training of an experiment: figures only, kept as JSON until all of them are there.

import { isDeepStrictEqual } from 'node:util';
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
  readonly made: Provenance;
}

/** Mean, and sample standard deviation of two or more values. */
export interface Spread {
  readonly mean: number;
  readonly deviation?: number;
}

/** The spread of the values that are there; undefined where there is none. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const found = values.filter(value => value !== undefined);
  if (found.length === 0) return undefined;
  const mean = found.reduce((a, b) => a + b) / found.length;
  if (found.length === 1) return { mean };
  const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (found.length - 1)) };
}

/** The error that counts: of the goodness readout, where there is one. */
export function errorOf({ goodnessError, softmaxError }: Learned): number | undefined {
  return goodnessError ?? softmaxError;
}

/** Reads an outcome that an earlier command wrote; throws an InputError where the file is none. */
export async function readOutcome(path: string): Promise<Outcome> {
  const text = Buffer.from(await readBytes(path)).toString('utf8');
  try {
    const outcome: Outcome = JSON.parse(text);
    if (typeof outcome.variant === 'string' && Array.isArray(outcome.curve?.at)) return outcome;
  } catch {
    // Told below.
  }
  throw new InputError(`${path} is not the outcome of a training: delete it, or begin anew with --fresh`);
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
    throw new InputError(
      `${path} was made with another ${differs} than the experiment has now: begin anew with --fresh`,
    );
  }
}
