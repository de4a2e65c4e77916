// Rows of a table that are no examples: titles above the names of columns, further names or units below them, totals at the end. Told
// by what stands in the columns otherwise.

import type { Note } from '../notes.ts';
import { isMissing } from './columns.ts';
import { COMPARED, guessHeader, type HeaderGuess, headingOf } from './header.ts';
import { findFormat } from './numbers.ts';

/** Equally long rows of text, of which some are looked at. */
export interface Rows {
  readonly count: number;
  row(i: number): readonly string[];
  /** The cells of a column in the rows from `begin` to `end`. */
  cells(k: number, begin: number, end: number): readonly string[];
}

/** Rows that may stand above the names, below them, and at the end. */
const MOST_TITLES = 50;
const MOST_NAMES = 2;
const MOST_AT_END = 5;
/** Examples without which nothing is told about them. */
const FEWEST = 3;
/** Of some known cells, those that are numbers in a column of numbers: titles and totals are among them. */
const MOST_NUMBERS = 0.9;
const UNIT = /^([[(].*[\])]|[%‰°µ]?\p{L}{0,3}[²³]?(\/\p{L}{1,3}[²³]?)?)$/u;
const TOTAL =
  /^((grand |sub)?totals?|totale?|sum|sums|summe|gesamt(summe)?|insgesamt|somme|suma|итого|合计|总计|合計|averages?|mean|durchschnitt|mittelwert)( \(.*\))?:?$/i;

/** Rows that are no examples, and what is to be said of them. */
interface RowsAround {
  readonly count: number;
  readonly notes: readonly Note[];
}

const NONE: RowsAround = { count: 0, notes: [] };

/** The examples among the rows of a table, and the names of its columns. */
export interface ExampleRows {
  readonly names: readonly string[];
  readonly hasNames: boolean;
  /** The examples are the rows from here to `end`. */
  readonly begin: number;
  readonly end: number;
  /** Whether there are names and why, in words. */
  readonly heading: string;
  readonly notes: readonly Note[];
}

/**
 * Tells the examples among `rows` from what is none. Whoever says whether the first row is names says that of no other row; where a
 * comment names the columns (`isNamed`), there are no titles. Throws an InputError, beginning with `where`, without an example.
 */
export function examplesIn(
  rows: Rows,
  where: string,
  said?: { readonly header?: boolean | undefined; readonly isNamed: boolean },
): ExampleRows {
  const { header, isNamed = false } = said ?? {};
  const isSaid = header !== undefined;
  const titles = isSaid || isNamed ? NONE : titlesAbove(rows);
  const guess = isSaid
    ? { hasHeader: header, why: 'as was said' }
    : isNamed
      ? { hasHeader: true, why: 'a comment has them' }
      : guessAt(rows, titles.count);
  const names = rows.row(titles.count);
  const head = !guess.hasHeader
    ? { ...NONE, names }
    : isSaid
      ? { ...NONE, names, count: 1 }
      : namesAt(rows, titles.count);
  const count = rows.count - titles.count - Math.max(0, head.count - 1);
  const heading = headingOf(head.names, count, guess, where);
  const begin = titles.count + head.count;
  const atEnd = isSaid ? NONE : rowsAtEnd(rows, begin);
  return {
    names: heading.names,
    hasNames: guess.hasHeader,
    begin,
    end: rows.count - atEnd.count,
    heading: heading.text,
    notes: [...titles.notes, ...head.notes, ...atEnd.notes],
  };
}

function guessAt(rows: Rows, at: number): HeaderGuess {
  const end = Math.min(rows.count, at + 1 + COMPARED);
  return guessHeader(rows.row(at), end - at - 1, k => rows.cells(k, at + 1, end));
}

/** How many of the first rows, filled up to the width of the table, are titles above the names of columns. */
function titlesAbove(rows: Rows): RowsAround {
  const most = Math.min(MOST_TITLES + 1, rows.count);
  let names = 0;
  while (names < most && filled(rows.row(names)) <= rows.row(names).length / 2) names++;
  if (names === 0 || names === most || !guessAt(rows, names).hasHeader) return NONE;
  // Above names that are there twice may stand what they are of.
  const row = rows.row(names);
  const isSecond = new Set(row).size < row.length && filled(rows.row(names - 1)) > 1;
  const count = isSecond ? names - 1 : names;
  if (count === 0) return NONE;
  const text = `${count} ${count === 1 ? 'line' : 'lines'} above the names left out`;
  return { count, notes: [{ code: 'skipped', count, text }] };
}

/** The names of columns, and how many rows have them or stand between them and the examples. */
interface NameRows extends RowsAround {
  readonly names: readonly string[];
}

/** The names in the row `at` and, where these are not there or there twice, in those below it that are no examples. */
function namesAt(rows: Rows, at: number): NameRows {
  const first = rows.row(at);
  const end = Math.min(rows.count, at + COMPARED);
  let count = 1;
  while (count <= MOST_NAMES && isHeading(rows, at + count, end)) count++;
  if (count === 1) return { names: first, count, notes: [] };
  const below = Array.from({ length: count - 1 }, (_, i) => rows.row(at + 1 + i));
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

/** How many of the last rows are no examples, of those from `begin` on. */
function rowsAtEnd(rows: Rows, begin: number): RowsAround {
  const most = Math.min(MOST_AT_END, rows.count - begin);
  const end = Math.min(begin + COMPARED, rows.count - most);
  if (end - begin < FEWEST) return NONE;
  const first = (k: number) => rows.cells(k, begin, end);
  const isTotal = (row: readonly string[]) =>
    row.some((cell, k) => TOTAL.test(cell) && !first(k).includes(cell));
  const isRemark = (row: readonly string[]) =>
    filled(row) <= row.length / 2 &&
    row.some(cell => cell !== '') &&
    row.every((cell, k) => cell === '' || (!isMissing(cell) && !isNumber(cell) && isNumbers(first(k))));
  let count = 0;
  const totals: string[] = [];
  for (; count < most; count++) {
    const row = rows.row(rows.count - 1 - count);
    if (isTotal(row)) totals.push(row.find(cell => TOTAL.test(cell))!);
    else if (filled(row) > 0 && !isRemark(row)) break;
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

/** Whether the row `at` has names or units: words in columns of numbers, and no cell that is like those below it, up to `end`. */
function isHeading(rows: Rows, at: number, end: number): boolean {
  if (end - at - 1 < FEWEST) return false;
  const row = rows.row(at);
  let words = 0;
  for (const [k, cell] of row.entries()) {
    if (cell === '' || isMissing(cell)) continue;
    const others = rows.cells(k, at + 1, end);
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
  return known.length >= FEWEST && findFormat(known).count >= MOST_NUMBERS * known.length;
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
