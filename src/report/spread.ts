// Several figures as one.

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
