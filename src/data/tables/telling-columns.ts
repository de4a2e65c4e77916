// Of many more columns than rows, most tell classes apart by chance, and drown those that do so for a reason. The columns are kept whose
// means differ between classes by more than they do where the labels are shuffled: with a false discovery rate as Benjamini and Hochberg,
// "Controlling the False Discovery Rate" (1995), define it, and the shuffled labels for its null distribution.

import { shuffled } from '../split.ts';

/** Of the columns that are kept, the share that may be there by chance: of 0.05, 0.2 and 0.5, it was best for linear models under cross-validation. */
const CHANCE_SHARE = 0.2;
/** Below so many columns there are too few to tell what chance does. */
const FEWEST_COLUMNS = 100;
const SHUFFLES = 10;
/** One or two may be there by chance where what tells classes apart is spread over all. */
const FEWEST_TELLING = 3;

/** Whether there are so many columns that most are best left out. */
export function areMany(columns: number, rows: number): boolean {
  return columns >= FEWEST_COLUMNS && columns > rows;
}

/**
 * Which of `columns` columns of numbers tell the classes of rows apart, 1 for those that do; undefined where they cannot be told from the others. `labels` are
 * below `classes`; `valuesOf` gives the numbers of a column in these rows, of a mean near 0, NaN where one is missing.
 */
export function tellingColumns(
  columns: number,
  valuesOf: (k: number) => Float64Array,
  labels: Uint32Array,
  classes: number,
): Uint8Array | undefined {
  const shuffles = Array.from({ length: SHUFFLES }, (_, s) =>
    shuffled(labels.length, s + 1).map(i => labels[i]),
  );
  const found = new Float64Array(columns);
  const byChance = new Float64Array(columns * SHUFFLES);
  for (let k = 0; k < columns; k++) {
    const values = valuesOf(k);
    found[k] = varianceRatio(values, labels, classes);
    shuffles.forEach((others, s) => {
      byChance[s * columns + k] = varianceRatio(values, others, classes);
    });
  }
  const least = threshold(found.toSorted(), byChance.sort());
  return least === undefined ? undefined : Uint8Array.from(found, ratio => Number(ratio >= least));
}

/** The least ratio from which on few enough columns are there by chance. Both lists ascend. */
function threshold(found: Float64Array, byChance: Float64Array): number | undefined {
  let above = 0;
  for (let k = 0; k <= found.length - FEWEST_TELLING; k++) {
    while (above < byChance.length && byChance[above] < found[k]) above++;
    const expected = (byChance.length - above) / SHUFFLES;
    if (expected <= CHANCE_SHARE * (found.length - k)) return found[k] > 0 ? found[k] : undefined;
  }
  return undefined;
}

/** The variance between classes over that within them (F); 0 where there are too few values. */
function varianceRatio(values: Float64Array, labels: Uint32Array, classes: number): number {
  const counts = new Float64Array(classes);
  const sums = new Float64Array(classes);
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    squares += value * value;
    counts[labels[i]]++;
    sums[labels[i]] += value;
  }
  let between = -(sum * sum) / count;
  let present = 0;
  for (let c = 0; c < classes; c++) {
    if (counts[c] === 0) continue;
    between += sums[c] ** 2 / counts[c];
    present++;
  }
  const within = squares - (sum * sum) / count - between;
  if (present < 2 || count <= present || !(between > 0)) return 0;
  return between / (present - 1) / (Math.max(within, 1e-12 * squares) / (count - present));
}
