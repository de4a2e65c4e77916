// What a sweep has found: its candidates by the error on examples held out, and what each setting does.

import { type Spread, spreadOf } from '../report/spread.ts';
import type { TrialOutcome } from './learn.ts';
import { type Candidate, type Plan, trialsOf } from './trials.ts';

/** A candidate and what its seeds and folds have come to. */
export interface Ranked {
  readonly candidate: Candidate;
  /** The last outcome of each of its trainings. */
  readonly outcomes: readonly TrialOutcome[];
  /** Epochs that all of them have learned. */
  readonly epochs: number;
  /** Over seeds and folds, in %; absent where one of them has failed or is not there. */
  readonly error?: Spread;
  readonly failures: readonly string[];
}

/** Each candidate and what has come of it; what was learned after epoch `until` is not looked at. */
export function gather(
  { candidates, trials }: Plan,
  outcomes: readonly TrialOutcome[],
  until = Number.POSITIVE_INFINITY,
): Ranked[] {
  const lasts = lastOutcomes(outcomes, until);
  const owns = trialsOf(trials);
  return candidates.map(candidate => {
    const own = owns.get(candidate.number)!;
    const last = own.flatMap(({ id }) => lasts.get(id) ?? []);
    const isWhole = last.length === own.length;
    const errors = last.map(({ error }) => error);
    const error = isWhole && errors.every(each => each !== undefined) ? spreadOf(errors) : undefined;
    return {
      candidate,
      outcomes: last,
      epochs: isWhole ? Math.min(...last.map(outcome => outcome.until)) : 0,
      failures: [...new Set(last.flatMap(({ failure }) => failure ?? []))],
      ...(error && { error }),
    };
  });
}

/** By error, the least first; of equal ones, that which the sweep names first. */
export function byError(a: Ranked, b: Ranked): number {
  const error = (one: Ranked) => one.error?.mean ?? Number.POSITIVE_INFINITY;
  return error(a) < error(b) ? -1 : error(a) > error(b) ? 1 : a.candidate.number - b.candidate.number;
}

/**
 * The same of a whole sweep, for each of its data best first: those that have learned all of their epochs, behind them those that ended early,
 * the later the better, and last those of which a training has no result.
 */
export function rank(plan: Plan, outcomes: readonly TrialOutcome[]): Ranked[] {
  const share = ({ epochs, candidate }: Ranked) => epochs / candidate.recipe.epochs;
  return gather(plan, outcomes).sort(
    (a, b) =>
      a.candidate.source - b.candidate.source ||
      Number(!a.error) - Number(!b.error) ||
      share(b) - share(a) ||
      byError(a, b),
  );
}

/** By training, the outcome of each that has learned longest, up to epoch `until`. */
export function lastOutcomes(
  outcomes: readonly TrialOutcome[],
  until = Number.POSITIVE_INFINITY,
): Map<string, TrialOutcome> {
  const found = new Map<string, TrialOutcome>();
  for (const outcome of outcomes) {
    const before = found.get(outcome.trial);
    if (outcome.until <= until && !(before && before.until > outcome.until))
      found.set(outcome.trial, outcome);
  }
  return found;
}

/** A value of a setting, and the errors of all candidates that have it and have learned to the end. */
export interface Effect {
  readonly value: string;
  readonly error: Spread;
  /** Candidates. */
  readonly count: number;
}

/** By path of a setting that differs between candidates: its values, in the order of the sweep. */
export function effects(ranked: readonly Ranked[]): Map<string, Effect[]> {
  const whole = ranked
    .filter(({ error, epochs, candidate }) => error && epochs >= candidate.recipe.epochs)
    .sort((a, b) => a.candidate.number - b.candidate.number);
  const paths = new Set(whole.flatMap(({ candidate }) => Object.keys(candidate.changed)));
  const found = new Map<string, Effect[]>();
  for (const path of paths) {
    const errors = new Map<string, number[]>();
    for (const { candidate, error } of whole) {
      const value = JSON.stringify(candidate.changed[path]);
      errors.set(value, [...(errors.get(value) ?? []), error!.mean]);
    }
    if (errors.size < 2) continue;
    found.set(
      path,
      [...errors].map(([value, list]) => ({ value, count: list.length, error: spreadOf(list)! })),
    );
  }
  return found;
}
