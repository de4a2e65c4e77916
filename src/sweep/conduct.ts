// A sweep from its first training to its last, whoever does them.

import { InputError } from '../errors.ts';
import type { Engine, Listener } from './engine.ts';
import { nextTasks } from './halving.ts';
import type { TrialOutcome } from './learn.ts';
import type { Sweep } from './spec.ts';
import type { Plan } from './trials.ts';

/** Has all trainings done; gives every outcome, those of earlier commands included. Rejects with `Stopped` where the signal ends it. */
export async function conduct(
  sweep: Sweep,
  plan: Plan,
  engine: Engine,
  listener: Listener,
  signal: AbortSignal,
): Promise<TrialOutcome[]> {
  const known = new Set(plan.trials.map(({ id }) => id));
  const outcomes = engine.finished.filter(({ trial }) => known.has(trial));
  for (;;) {
    const tasks = nextTasks(sweep, plan, outcomes);
    if (tasks.length === 0) {
      await engine.done();
      return outcomes;
    }
    const before = outcomes.length;
    outcomes.push(...(await engine.run(tasks, listener, signal)));
    if (outcomes.length !== before + tasks.length) {
      throw new InputError(`expected ${tasks.length} outcomes, found ${outcomes.length - before}`);
    }
  }
}
