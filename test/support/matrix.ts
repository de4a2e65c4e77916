// Matrices of the plain networks, row by row, in double precision.

export type Matrix = number[][];

export function zeros(rows: number, columns: number): Matrix {
  return Array.from({ length: rows }, () => new Array(columns).fill(0));
}

/** The rows of a row-major array. */
export function rowsOf(data: ArrayLike<number>, columns: number): Matrix {
  return Array.from({ length: data.length / columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => data[i * columns + j]),
  );
}

/** The row over its root mean square. */
export function normalized(row: readonly number[]): number[] {
  const rms = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / row.length);
  return row.map(x => x / (1e-20 + rms));
}
