// The gate that weights pass on their way into a file and out of one.

/** The index of the first value that is NaN or infinite; -1 where all are finite. */
export function firstNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}
