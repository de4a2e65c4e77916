// The objectives as they are published, for the plain networks that training is held against.

import type { ObjectiveSpec } from '../../src/recipes/recipe.ts';

/**
 * How much of its gradient a positive asks for, and how much of its own a negative is to lose, from the goodness of both; `ones` is the
 * goodness of as many units that are all 1.
 */
export function weigh(
  objective: ObjectiveSpec,
  good: number,
  bad: number,
  ones: number,
): { up: number; down: number } {
  if (objective.kind === 'logistic') {
    const { threshold, temperature } = objective;
    const level = threshold * ones;
    return {
      up: 1 / (1 + Math.exp((good - level) / temperature)) / temperature,
      down: 1 / (1 + Math.exp(-(bad - level) / temperature)) / temperature,
    };
  }
  const u = -objective.alpha * (good - bad);
  const p = 1 / (1 + Math.exp(-u));
  const both = objective.alpha * (objective.kind === 'symba' ? p : p + u * p * (1 - p));
  return { up: both, down: both };
}
