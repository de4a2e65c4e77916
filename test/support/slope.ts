// The slope of a number over one of those that it follows from, by a central difference, and steps that are to follow it.

import { expect } from 'vitest';

/** Moves `row[j]` a little both ways; `value` gives the number that follows. */
export function slope(value: () => number, row: number[], j: number): number {
  const [kept, step] = [row[j], 1e-5];
  const [more, less] = [step, -step].map(by => {
    row[j] = kept + by;
    return value();
  });
  row[j] = kept;
  return (more - less) / (2 * step);
}

/** Holds steps uphill on `value`, of rate 1, against its slopes: they differ by less than `least` and a `share` of them. */
export function stepsOn(value: () => number, least: number, share = 1e-4) {
  let largest = 0;
  return {
    /** Number `j` of a row that has moved from `before` has moved by `scale` times the slope. */
    compare(before: number[], moved: number[], j: number, scale = 1): void {
      const expected = scale * slope(value, before, j);
      expect(Math.abs(moved[j] - before[j] - expected)).toBeLessThan(least + share * Math.abs(expected));
      largest = Math.max(largest, Math.abs(expected));
    },
    /** Something has to have moved for all of that to say anything. */
    haveMoved(): void {
      expect(largest).toBeGreaterThan(1e-3);
    },
  };
}
