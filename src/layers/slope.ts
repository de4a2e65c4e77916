// The slope of the goodness over the sum of squares. Apart from goodness.ts, so that what only predicts does not load what checks
// recipes.

import type { Goodness } from './goodness.ts';

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
