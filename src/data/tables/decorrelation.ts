// Columns of numbers that rise and fall together say much of the same; what tells classes apart may be the little that each says
// beyond the others. A layer that sees unit variance in every direction finds it: inputs x with covariance C = L · Lᵀ become L⁻¹ · x,
// whose entry i is what is left of column i where the columns before it have told what they can.

/** Row i, of i + 1 numbers, is the row of L⁻¹ up to its diagonal. */
export type Decorrelation = readonly (readonly number[])[];

/** Columns beyond which it is left out: the work of a row grows with their square. */
const MOST_COLUMNS = 100;
/**
 * The shrinkage of Ledoit and Wolf gives the best estimate of a covariance, but its inverse enlarges what the estimate gets
 * wrong: of 1, 2, 4 and 8 times as much, this was best on validation splits of small tables.
 */
const SHRINKAGE = 4;
/** So that no direction grows by more than about thirty, however many rows there are: cells have few digits. */
const LEAST_SHRINKAGE = 0.001;

/** Whether this many columns are worth it: neither nothing to decorrelate nor too much. */
export function isDecorrelated(columns: number): boolean {
  return columns >= 2 && columns <= MOST_COLUMNS;
}

/** Fits it on `count` rows of `columns` numbers of mean 0 and variance 1 each, (count, columns). */
export function fitDecorrelation(values: Float64Array, count: number, columns: number): Decorrelation {
  const covariance = Array.from({ length: columns }, (_, i) => new Float64Array(i + 1));
  let fourths = 0;
  for (let row = 0; row < count; row++) {
    const x = values.subarray(row * columns, (row + 1) * columns);
    let squares = 0;
    for (let i = 0; i < columns; i++) {
      squares += x[i] ** 2;
      const sums = covariance[i];
      for (let j = 0; j <= i; j++) sums[j] += x[i] * x[j];
    }
    fourths += squares ** 2;
  }
  for (const sums of covariance) for (let j = 0; j < sums.length; j++) sums[j] /= count;

  const shrinkage = shrinkageOf(covariance, fourths / count, count);
  covariance.forEach((sums, i) => {
    for (let j = 0; j <= i; j++) sums[j] *= 1 - shrinkage;
    sums[i] += shrinkage;
  });
  return invert(factor(covariance)).map(row => Array.from(row, value => Number(value.toPrecision(7))));
}

/**
 * The weight of the unit matrix against the covariance: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional
 * covariance matrices" (2004), with the unit matrix as the target. `fourths` is the mean fourth power of the length of a row.
 */
function shrinkageOf(covariance: readonly Float64Array[], fourths: number, count: number): number {
  let [squares, distance] = [0, 0];
  covariance.forEach((sums, i) => {
    sums.forEach((value, j) => {
      const times = i === j ? 1 : 2;
      squares += times * value ** 2;
      distance += times * (value - Number(i === j)) ** 2;
    });
  });
  const error = (fourths - squares) / count;
  return Math.min(1, Math.max(LEAST_SHRINKAGE, (SHRINKAGE * error) / (distance || 1)));
}

/** The lower triangle L of L · Lᵀ (Cholesky), in place. */
function factor(rows: readonly Float64Array[]): readonly Float64Array[] {
  rows.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      for (let k = 0; k < j; k++) row[j] -= row[k] * rows[j][k];
      row[j] = i === j ? Math.sqrt(row[j]) : row[j] / rows[j][j];
    }
  });
  return rows;
}

/** The inverse of a lower triangle, one row after the other. */
function invert(rows: readonly Float64Array[]): readonly Float64Array[] {
  const inverse: Float64Array[] = [];
  rows.forEach((row, i) => {
    const found = new Float64Array(i + 1);
    for (let k = 0; k < i; k++) for (let j = 0; j <= k; j++) found[j] -= row[k] * inverse[k][j];
    found[i] = 1;
    for (let j = 0; j <= i; j++) found[j] /= row[i];
    inverse.push(found);
  });
  return inverse;
}

/** Whether `found`, whatever it really is, decorrelates `columns` columns. */
export function isDecorrelation(found: unknown, columns: number): boolean {
  return (
    Array.isArray(found) &&
    found.length === columns &&
    found.every((row, i) => Array.isArray(row) && row.length === i + 1 && row.every(Number.isFinite))
  );
}
