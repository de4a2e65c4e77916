// When single precision is as close to double as it can be.

import { expect } from 'vitest';

/** A few steps in single precision: 1e-4 of the largest value leaves room for rounding, and for nothing else. */
export function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(found.length, what).toBe(expected.length);
  let [largest, worst] = [1e-6, 0];
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    worst = Math.max(worst, Math.abs(found[i] - expected[i]));
  }
  expect(worst / largest, what).toBeLessThan(1e-4);
}
