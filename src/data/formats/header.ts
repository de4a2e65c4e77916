// Whether the first record of a table names its columns: told by comparing it with what stands below it.

import { InputError } from '../../errors.ts';
import { isMissing, placedName } from './columns.ts';
import { findFormat, parseNumber } from './numbers.ts';

/** Records below the first that are looked at. */
export const COMPARED = 200;
const NUMERIC_SHARE = 0.9;
/** A number this many times the range of those below it away from them is of another kind. */
const FAR = 3;
/** So many numbers do not count up by chance. */
const SURE = 5;

/** Whether there is a header, and why, in words. */
export interface HeaderGuess {
  readonly hasHeader: boolean;
  readonly why: string;
}

/** Compares the first record with up to 200 below it, of which there are `count`; `cellsBelow` gives those of a column. */
export function guessHeader(
  first: readonly string[],
  count: number,
  cellsBelow: (k: number) => readonly string[],
): HeaderGuess {
  if (count === 0) {
    const isText = first.every(cell => isMissing(cell) || !isNumber(cell));
    return { hasHeader: isText, why: isText ? 'it has no numbers' : 'there is no other' };
  }
  const votes = first.map((cell, k) =>
    vote(
      cell,
      cellsBelow(k).filter(other => !isMissing(other)),
    ),
  );
  const isLike = (row: readonly string[]) => isCounting(row) && isFromStart(row) === isFromStart(first);
  const nearest = () => {
    const columns = first.map((_, k) => cellsBelow(k));
    return Array.from({ length: Math.min(5, count) }, (_, i) => columns.map(cells => cells[i]));
  };
  if (isCounting(first) && !nearest().some(isLike)) {
    const numeric = first.filter(isNumber).length;
    const isValue = first.some((cell, k) =>
      isNumber(cell) ? numeric < SURE && isInside(cell, cellsBelow(k)) : votes[k] < 0,
    );
    if (!isValue) return { hasHeader: true, why: 'its numbers count up from column to column' };
  }
  const [names, values] = [1, -1].map(sign => votes.filter(each => Math.sign(each) === sign));
  const sum = votes.reduce((total, each) => total + each, 0);
  if (names.length + values.length > 0 && sum !== 0) {
    return sum > 0
      ? { hasHeader: true, why: 'its cells are not like those below them' }
      : { hasHeader: false, why: 'the first row is like those below it' };
  }
  const isDistinct =
    new Set(first).size === first.length && first.every(cell => !isMissing(cell) && !isNumber(cell));
  return {
    hasHeader: isDistinct,
    why: isDistinct ? 'its cells are different words' : 'the first row is like those below it',
  };
}

/** Above 0 for a name, below 0 for a value, 0 for what may be both. */
function vote(cell: string, below: readonly string[]): number {
  if (below.length === 0) return 0;
  const { format, count } = findFormat(below);
  const isNumeric = count >= NUMERIC_SHARE * below.length;
  if (cell === '') return 0.5;
  if (!isNumeric) {
    if (below.includes(cell)) return -1;
    if (isNumber(cell)) return 0;
    // A word that is not among few others is a name; one of many that all differ may be anything.
    return new Set(below).size <= below.length / 2 ? 1 : 0;
  }
  if (isMissing(cell)) return 0;
  const value = parseNumber(cell, format);
  if (Number.isNaN(value)) return 2;
  const others = below.map(other => parseNumber(other, format)).filter(Number.isFinite);
  const [least, most] = [Math.min(...others), Math.max(...others)];
  const range = most - least;
  const isFar = value < least - FAR * range || value > most + FAR * range;
  // Whole where all others have decimals: 2019 above 2.134.
  const isOther = /^\d+$/.test(cell) && below.every(other => /[.,]\d/.test(other));
  if (isOther && below.length >= 3) return 1;
  return isFar && below.length >= 5 ? 0.5 : -1;
}

function isNumber(cell: string): boolean {
  return findFormat([cell]).count === 1;
}

/** Whether a number lies among those below it. */
function isInside(cell: string, below: readonly string[]): boolean {
  const others = below.map(Number).filter(Number.isFinite);
  const value = Number(cell);
  return others.some(other => other <= value) && others.some(other => other >= value);
}

/** As libraries number columns that have no names. */
function isFromStart(row: readonly string[]): boolean {
  return Number(row.find(isNumber)) <= 1;
}

/** Whether at least three cells are whole numbers that go up in equal steps, and no other is a number: 0, 1, 2 or 400, 402, 404. */
function isCounting(row: readonly string[]): boolean {
  const numbers = row.filter(isNumber);
  if (numbers.length < 3 || !numbers.every(cell => /^\d+$/.test(cell))) return false;
  const values = numbers.map(Number);
  const step = values[1] - values[0];
  return step > 0 && values.every((value, i) => value === values[0] + i * step);
}

/** What a header, or its absence, makes of a table whose first record is `first`. */
export interface Heading {
  readonly names: readonly string[];
  /** Whether there is a header and why, in words. */
  readonly text: string;
}

/** The names of columns: those in the first of `count` records, or their places. Throws an InputError, beginning with `where`, without an example. */
export function headingOf(
  first: readonly string[],
  count: number,
  { hasHeader, why }: HeaderGuess,
  where: string,
): Heading {
  if (hasHeader && count === 1) {
    throw new InputError(`${where} has a header and nothing else: expected examples`);
  }
  return {
    names: hasHeader ? uniqueNames(first) : first.map((_, k) => placedName(k)),
    text: `${hasHeader ? '' : 'no '}names in the first row (${why}${hasHeader ? twiceIn(first) : ''})`,
  };
}

/** What is to be said of names that several columns have. */
function twiceIn(cells: readonly string[]): string {
  const seen = new Set<string>();
  const name = cells.find(cell => {
    if (cell === '' || !seen.has(cell)) seen.add(cell);
    else return true;
    return false;
  });
  return name === undefined ? '' : `; several columns are called ${name}: the second is ${name} (2) here`;
}

/** Names of columns, none of them empty or twice. */
function uniqueNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, k) => {
    const base = cell || placedName(k);
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base} (${n})`;
    taken.add(name);
    return name;
  });
}
