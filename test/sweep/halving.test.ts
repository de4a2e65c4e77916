// Which trainings go on, by what all have come to, and how a sweep is ranked.

import { describe, expect, it } from 'vitest';
import { nextTasks } from '../../src/sweep/halving.ts';
import type { TrialOutcome, TrialTask } from '../../src/sweep/learn.ts';
import { effects, rank } from '../../src/sweep/ranking.ts';
import { outcomeOf, planOf, sweepOf } from '../support/sweep.ts';

const rates = [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009];
const more = {
  settings: { 'learning.optimizer.rate': rates, epochs: [9] },
  seeds: 2,
  halving: { epochs: 1, factor: 3 },
};
const [sweep, plan] = [sweepOf(more), planOf(more)];
const named = (tasks: readonly TrialTask[]) => [
  ...new Set(tasks.map(({ trial, until }) => `${trial.candidate} until ${until}`)),
];
/** The candidates in the middle are best. */
const errorOf = ({ trial, until }: TrialTask) =>
  Math.abs(trial.candidate - 4) + trial.seed / 10 - until / 100;
const outcomes = (tasks: readonly TrialTask[]): TrialOutcome[] =>
  tasks.map(task => outcomeOf(task.trial.id, task.until, 20 + errorOf(task)));

describe('hopeless trainings', () => {
  it('end early: the best third goes on, three times as long each time', () => {
    const first = nextTasks(sweep, plan, []);
    expect(named(first)).toEqual(rates.map((_, i) => `${i} until 1`));
    const done = outcomes(first);
    const second = nextTasks(sweep, plan, done);
    expect(named(second)).toEqual(['3 until 3', '4 until 3', '5 until 3']);
    done.push(...outcomes(second));
    const third = nextTasks(sweep, plan, done);
    expect(named(third)).toEqual(['4 until 9']);
    done.push(...outcomes(third));
    expect(nextTasks(sweep, plan, done)).toEqual([]);
    expect(rank(plan, done).map(({ candidate }) => candidate.number)).toEqual([4, 3, 5, 2, 6, 1, 7, 0, 8]);
  });

  it('are the same whoever was first, and wait for those that are not done', () => {
    const first = outcomes(nextTasks(sweep, plan, []));
    const second = nextTasks(sweep, plan, first);
    expect(nextTasks(sweep, plan, first.toReversed())).toEqual(second);
    expect(named(nextTasks(sweep, plan, first.slice(1)))).toEqual(['0 until 1']);
  });

  it('that come to nothing do not go on, even where too few are left', () => {
    const first = nextTasks(sweep, plan, []).map(({ trial, until }) =>
      outcomeOf(trial.id, until, trial.candidate === 7 ? 30 : undefined),
    );
    expect(named(nextTasks(sweep, plan, first))).toEqual(['7 until 3']);
    const none = first.map(({ trial, until }) => outcomeOf(trial, until));
    expect(nextTasks(sweep, plan, none)).toEqual([]);
    expect(rank(plan, none)[0].failures).toEqual(['diverged']);
    // Whoever fails in the end is not first for having learned longest.
    const late = [
      ...outcomes(nextTasks(sweep, plan, [])),
      ...plan.trials.filter(({ candidate }) => candidate === 4).map(({ id }) => outcomeOf(id, 9)),
    ];
    expect(rank(plan, late).at(-1)!.candidate.number).toBe(4);
  });

  it('of recipes with fewer epochs are compared where these end', () => {
    const mixed = { ...more, settings: { epochs: [2, 9] }, halving: { epochs: 1, factor: 2 } };
    const [sweep, plan] = [sweepOf(mixed), planOf(mixed)];
    const first = outcomes(nextTasks(sweep, plan, []));
    // The first of two goes on at each step, to its end.
    const second = nextTasks(sweep, plan, first);
    expect(named(second)).toEqual(['1 until 2']);
    const done = [...first, ...outcomes(second)];
    expect(named(nextTasks(sweep, plan, done))).toEqual(['1 until 4']);
  });
});

it('a sweep without halving does all at once, and ranks by error alone', () => {
  const all = { ...more, halving: undefined };
  const [sweep, plan] = [sweepOf(all), planOf(all)];
  const tasks = nextTasks(sweep, plan, []);
  expect(tasks.length).toBe(18);
  const ranked = rank(plan, outcomes(tasks));
  expect(ranked[0].candidate.number).toBe(4);
  expect(ranked[0].error!.mean).toBeCloseTo(20.06, 10);
  expect(ranked[0].error!.deviation).toBeCloseTo(Math.SQRT1_2 / 10, 10);
  expect(ranked[0].epochs).toBe(9);
});

it('what a setting does is told over all candidates that have it', () => {
  const two = { settings: { 'learning.optimizer.rate': [0.001, 0.002], batch: [10, 20, 30] } };
  const plan = planOf(two);
  const done = nextTasks(sweepOf(two), plan, []).map(({ trial, until }) =>
    outcomeOf(trial.id, until, 10 + trial.candidate),
  );
  const found = effects(rank(plan, done));
  expect([...found.keys()]).toEqual(['learning.optimizer.rate', 'batch']);
  expect(found.get('batch')!.map(({ value, count, error }) => [value, count, error.mean])).toEqual([
    ['10', 2, 11.5],
    ['20', 2, 12.5],
    ['30', 2, 13.5],
  ]);
  expect(found.get('learning.optimizer.rate')!.map(({ error }) => error.mean)).toEqual([11, 14]);
});
