// Rows of a table that are no examples: titles above the names of columns, further names or units below them, totals at the end. Told
// by what stands in the columns otherwise.

import type { Note } from '../notes.ts';
import { isMissing } from './columns.ts';
import { COMPARED, guessHeader } from './header.ts';
import { findFormat } from './numbers.ts';

type Rows = readonly (readonly string[])[];

/** Rows that may stand above the names, below them, and at the end. */
const MOST_TITLES = 50;
const MOST_NAMES = 2;
const MOST_AT_END = 5;
/** Examples without which nothing is told about them. */
const FEWEST = 3;
const NUMERIC_SHARE = 0.9;
const UNIT = /^([[(].*[\])]|[%‰°µ]?\p{L}{0,3}[²³]?(\/\p{L}{1,3}[²³]?)?)$/u;
const TOTAL =
  /^((grand |sub)?totals?|totale?|sum|sums|summe|gesamt(summe)?|insgesamt|somme|suma|итого|合计|总计|合計|averages?|mean|durchschnitt|mittelwert)( \(.*\))?:?$/i;

/** Rows that are no examples, and what is to be said of them. */
export interface RowsAround {
  readonly count: number;
  readonly notes: readonly Note[];
}

const NONE: RowsAround = { count: 0, notes: [] };

/** How many of the first rows, filled up to the width of the table, are titles above the names of columns. */
export function titlesAbove(rows: Rows): RowsAround {
  const names = rows.slice(0, MOST_TITLES + 1).findIndex(row => filled(row) > row.length / 2);
  if (names <= 0 || !guessHeader(rows.slice(names).map(row => [...row])).hasHeader) {
    return NONE;
  }
  // Above names that are there twice may stand what they are of.
  const isSecond = new Set(rows[names]).size < rows[names].length && filled(rows[names - 1]) > 1;
  const count = isSecond ? names - 1 : names;
  if (count === 0) return NONE;
  const text = `${count} ${count === 1 ? 'line' : 'lines'} above the names left out`;
  return { count, notes: [{ code: 'skipped', count, text }] };
}

/** The names of columns, and how many rows have them or stand between them and the examples. */
export interface NameRows extends RowsAround {
  readonly names: readonly string[];
}

/** The names in the first row and, where these are not there or there twice, in those below it that are no examples. */
export function namesIn(rows: Rows): NameRows {
  const [first] = rows;
  let count = 1;
  while (count <= MOST_NAMES && isHeading(rows, count)) count++;
  if (count === 1) return { names: first, count, notes: [] };
  const below = rows.slice(1, count);
  const isWhole = first.slice(1).every(cell => cell !== '') && new Set(first).size === first.length;
  const words = below.flat().filter(cell => cell !== '');
  if (isWhole) {
    const text = `${count - 1} more ${count === 2 ? 'row' : 'rows'} of names or units left out (${shown(words)})`;
    return { names: first, count, notes: [{ code: 'skipped', count: count - 1, text }] };
  }
  // What is merged in a sheet is written in the first of its cells.
  const above = first.map((cell, k) => cell || (k > 0 && below[0][k] ? lastFilled(first, k) : ''));
  const names = above.map((cell, k) =>
    [...new Set([cell, ...below.map(row => row[k])])].filter(Boolean).join(' '),
  );
  const text = `the names of columns are in ${count} rows, and joined (${shown(names.filter(Boolean))})`;
  return { names, count, notes: [{ code: 'read', text }] };
}

/** How many rows at the end are no examples. */
export function rowsAtEnd(rows: Rows): RowsAround {
  const last = rows.slice(-MOST_AT_END);
  const first = rows.slice(0, Math.min(COMPARED, rows.length - last.length));
  if (first.length < FEWEST) return NONE;
  const isTotal = (row: readonly string[]) =>
    row.some((cell, k) => TOTAL.test(cell) && !first.some(other => other[k] === cell));
  const isRemark = (row: readonly string[]) =>
    filled(row) <= row.length / 2 &&
    row.some(cell => cell !== '') &&
    row.every(
      (cell, k) =>
        cell === '' || (!isMissing(cell) && !isNumber(cell) && isNumbers(first.map(other => other[k]))),
    );
  let count = 0;
  const totals: string[] = [];
  for (const row of last.toReversed()) {
    if (isTotal(row)) totals.push(row.find(cell => TOTAL.test(cell))!);
    else if (filled(row) > 0 && !isRemark(row)) break;
    count++;
  }
  const notes: Note[] = [];
  const others = count - totals.length;
  if (others > 0) {
    notes.push({
      code: 'skipped',
      count: others,
      text: `${others} ${others === 1 ? 'line' : 'lines'} behind the table left out`,
    });
  }
  if (totals.length > 0) {
    const text = `${totals.length} ${totals.length === 1 ? 'row' : 'rows'} at the end left out, as no example (${shown(totals)})`;
    notes.push({ code: 'skipped', count: totals.length, text, isWarning: true });
  }
  return { count, notes };
}

/** Whether row number `at` has names or units: words in columns of numbers, and no cell that is like those below it. */
function isHeading(rows: Rows, at: number): boolean {
  const row = rows[at];
  const below = rows.slice(at + 1);
  if (below.length < FEWEST) return false;
  let words = 0;
  for (const [k, cell] of row.entries()) {
    if (cell === '' || isMissing(cell)) continue;
    const others = below.map(other => other[k]);
    if (!isNumbers(others)) {
      if (others.includes(cell)) return false;
    } else if (isNumber(cell)) return false;
    else words++;
  }
  const isAlone = filled(row) === 1 && row[0] !== '' && row.length > 2;
  return words >= 2 || (words === 1 && (isAlone || row.every(cell => UNIT.test(cell))));
}

function isNumbers(cells: readonly string[]): boolean {
  const known = cells.filter(cell => !isMissing(cell));
  return known.length >= FEWEST && findFormat(known).count >= NUMERIC_SHARE * known.length;
}

function isNumber(cell: string): boolean {
  return findFormat([cell]).count === 1;
}

function filled(row: readonly string[]): number {
  return row.filter(cell => cell !== '').length;
}

function lastFilled(row: readonly string[], k: number): string {
  return row.slice(0, k).findLast(cell => cell !== '') ?? '';
}

function shown(words: readonly string[]): string {
  return words.slice(0, 4).join(', ') + (words.length > 4 ? ', …' : '');
}
