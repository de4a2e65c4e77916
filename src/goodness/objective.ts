// What each kind of goodness and objective asks of a layer: the coefficients of its rows.

import type { Layer } from '../layers/layer.ts';
import { SKIP } from '../layers/plan.ts';
import type { Goodness, Objective } from '../recipes/recipe.ts';

/** What a sum of squares over `units` is multiplied with to be the goodness. */
export function slope(goodness: Goodness, units: number): number {
  switch (goodness) {
    case 'sum-of-squares':
      return 1;
    case 'minus-sum-of-squares':
      return -1;
    case 'mean-of-squares':
      return 1 / units;
    default:
      return goodness satisfies never;
  }
}

/** The logistic objective's threshold on the goodness of a layer: `threshold` is that of the mean of squares. */
export function layerThreshold(goodness: Goodness, threshold: number, units: number): number {
  return threshold * units * slope(goodness, units);
}

/** Which rows of a batch move weights. */
export interface Phase {
  readonly positive: boolean;
  readonly negative: boolean;
}

/**
 * Computes coefficients and targets of the positive rows `begin` to `end` and of the negative rows that belong to them,
 * for a batch of `images`; neutral rows never move a weight, and of the others only those of the `phase` do.
 */
export function computeCoefficients(
  layer: Layer,
  goodness: Goodness,
  objective: Objective,
  images: number,
  phase: Phase,
  begin: number,
  end: number,
): void {
  const { kernels, plan } = layer;
  const { at, stride, groups, sharesImages, sharedRow } = plan;
  const units = plan.units / groups;
  const factor = slope(goodness, units);
  const negative = 2 * images;
  if (objective.kind === 'logistic') {
    const threshold = layerThreshold(goodness, objective.threshold, units);
    const { temperature } = objective;
    for (let isPositive = 1; isPositive >= 0; isPositive--) {
      const first = isPositive ? 0 : negative;
      kernels.logisticCoefficients(
        at.coefficients,
        at.targets,
        at.groupTotals,
        first + begin,
        first + end,
        stride,
        groups,
        factor,
        threshold,
        temperature,
        isPositive,
      );
    }
  } else {
    kernels.pairCoefficients(
      at.coefficients,
      at.targets,
      at.groupTotals,
      begin,
      end,
      stride,
      groups,
      factor,
      objective.alpha,
      negative,
      objective.kind === 'swish' ? 1 : 0,
    );
  }
  const targets = at.targets >>> 2;
  if (!phase.positive) layer.u32.fill(SKIP, targets + begin, targets + end);
  layer.u32.fill(SKIP, targets + images + begin, targets + images + end);
  if (!phase.negative) layer.u32.fill(SKIP, targets + negative + begin, targets + negative + end);
  if (sharesImages) kernels.shareTargets(at.targets, begin, end, 0, negative, sharedRow);
}
