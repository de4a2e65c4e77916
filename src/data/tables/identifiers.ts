// Numbers that say nothing of what they stand beside: numbers of rows and keys, and the number that stands for none.

import { placeIn } from '../formats/columns.ts';

/** Rows below which nothing is told from numbers that all differ. */
const FEWEST = 10;
/** Pairs of equal numbers that chance would have made among as many of this range. */
const EXPECTED_PAIRS = 5;
/** Among so many, fractions and numbers that come twice show. */
const LOOK = 1000;
const NAMES =
  /^(|unnamed.*|index|idx|id|.*[_ .-]id|id[_ .-].*|.*Id|.*ID|row([_ .-]?(id|no|nr|number|names?))?|no\.?|nr\.?|number|key|uuid|guid|.*[_ ](no|nr|index|key))$/;

/** Why a column of numbers, one for each row, names its rows and says nothing of them; undefined where it may say something. */
export function whyIdentifier(name: string, values: Float64Array): string | undefined {
  const first = values.subarray(0, LOOK).filter(Number.isFinite);
  // As nearly all columns, without looking further.
  if (!first.every(Number.isInteger) || new Set(first).size < first.length) return undefined;
  const known = values.filter(Number.isFinite);
  if (known.length < FEWEST || known.length < 0.99 * values.length || !known.every(Number.isInteger))
    return undefined;
  if (hasPair(known)) return undefined;
  if (values.every((value, i) => value === values[0] + i)) return 'it numbers the rows';
  const range =
    known.reduce((most, value) => Math.max(most, value)) -
    known.reduce((least, value) => Math.min(least, value));
  const isSorted =
    known.every((value, i) => i === 0 || known[i - 1] < value) ||
    known.every((value, i) => i === 0 || known[i - 1] > value);
  const pairs = (known.length * (known.length - 1)) / 2 / (range + 1);
  const isNamed = NAMES.test(name) && placeIn(name) === undefined;
  if (!(isSorted || isNamed || pairs >= EXPECTED_PAIRS)) return undefined;
  return `it seems to number the rows: whole numbers that all differ; --keep ${name} learns from it`;
}

/** Whether a number comes twice. */
function hasPair(values: Float64Array): boolean {
  // A set holds no more than 16 million.
  return values.toSorted().some((value, i, sorted) => i > 0 && value === sorted[i - 1]);
}

/** Numbers that stand for a missing cell where people have no other sign. */
const SIGNS = [-999, -9999, -99999, -99, 999, 9999, 99999];
/** Of how many cells. */
const FEWEST_APART = 2;

/** One of the signs for a missing number, where it is as far from all other values as these are from each other. */
export function findApart(values: Float64Array): number | undefined {
  return SIGNS.filter(sign => values.includes(sign)).find(sign => {
    let [least, most, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    let others = 0;
    for (const value of values) {
      if (value === sign) count++;
      else if (Number.isFinite(value)) {
        others++;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    if (count < FEWEST_APART || others < FEWEST) return false;
    const gap = sign < 0 ? least - sign : sign - most;
    return gap > 0 && gap >= most - least && gap > 0.5 * Math.abs(sign);
  });
}
