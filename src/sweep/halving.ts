// Which trainings go on where hopeless ones end early: by what the others have come to, and by nothing else, such as who was first.

import type { TrialOutcome, TrialTask } from './learn.ts';
import { byError, gather } from './ranking.ts';
import type { Sweep } from './spec.ts';
import { type Candidate, type Plan, trialsOf } from './trials.ts';

/** The epochs after which candidates are compared; none where all learn to the end. */
function rungsOf({ halving }: Sweep, epochs: number): number[] {
  if (!halving) return [];
  const rungs: number[] = [];
  for (let at = halving.epochs; at < epochs; at *= halving.factor) rungs.push(at);
  return rungs;
}

/** What is to be done next, after all tasks before have come to `outcomes`; empty where the sweep is through. */
export function nextTasks(sweep: Sweep, plan: Plan, outcomes: readonly TrialOutcome[]): TrialTask[] {
  const done = new Set(outcomes.map(({ trial, until }) => `${trial}.${until}`));
  const longest = Math.max(...plan.candidates.map(({ recipe }) => recipe.epochs));
  const owns = trialsOf(plan.trials);
  let left = plan.candidates;
  for (const until of [...rungsOf(sweep, longest), longest]) {
    const open = left
      .flatMap(({ number, recipe }) =>
        owns.get(number)!.map(trial => ({ trial, until: Math.min(until, recipe.epochs) })),
      )
      .filter(({ trial, until }) => !done.has(`${trial.id}.${until}`));
    if (open.length > 0) return open;
    left = survivors(sweep, plan, left, outcomes, until);
  }
  return [];
}

/** Of the candidates on each of the data, the best of every `factor`, at least one. */
function survivors(
  { halving }: Sweep,
  plan: Plan,
  candidates: readonly Candidate[],
  outcomes: readonly TrialOutcome[],
  until: number,
): readonly Candidate[] {
  const sources = [...new Set(candidates.map(({ source }) => source))];
  return sources.flatMap(of => {
    const group = candidates.filter(({ source }) => source === of);
    const most = Math.max(1, Math.ceil(group.length / (halving?.factor ?? 1)));
    return gather({ ...plan, candidates: group }, outcomes, until)
      .filter(({ error }) => error !== undefined)
      .sort(byError)
      .slice(0, most)
      .map(({ candidate }) => candidate)
      .sort((a, b) => a.number - b.number);
  });
}
