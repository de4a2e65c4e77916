// Examples as a person keeps them: named columns of cells, numbers or text, some of them missing. Every reader of tables
// makes these; what a network can learn from is made of them by the encoding.

import { InputError } from '../../errors.ts';
// Not the class itself: in a page no table has any.
import type { Cells } from './cells.ts';
import {
  type FoundFormat,
  findFormat,
  holdsDigits,
  type NumberFormat,
  type NumberHints,
  PLAIN,
  parseNumber,
} from './numbers.ts';

/** Equally long columns. */
export interface Table {
  /** What to call it in messages, e.g. the path. */
  readonly name: string;
  /** Number of rows. */
  readonly count: number;
  readonly columns: readonly Column[];
  /** False where the columns are named by their position only. */
  readonly hasNames: boolean;
  /** How its cells are to be read, where somebody or the file has said so. */
  readonly cells?: CellReading;
}

/** A column; an empty text and NaN stand for a missing cell. */
export interface Column {
  readonly name: string;
  readonly values: readonly string[] | Cells | Float64Array;
}

/** What is known of the cells of a table before they are looked at. */
export interface CellReading extends NumberHints {
  /** What stands for a missing cell, instead of what does by custom. */
  readonly missing?: readonly string[] | undefined;
}

/** Different words of a column that are counted: a map cannot hold many more. */
export const MOST_WORDS = 10_000_000;

/** What a column at index `k` is called where it has no name. */
export function placedName(k: number): string {
  return `column ${k + 1}`;
}

/** The index of a column that is called so; undefined for any other name. */
export function placeIn(name: string): number | undefined {
  const position = /^column (\d+)$/.exec(name)?.[1];
  return position === undefined ? undefined : Number(position) - 1;
}

/** Cells that say that there is nothing, in lower case: in a column of numbers. */
const CUSTOMARY: readonly string[] = [
  '',
  '?',
  '.',
  '-',
  '--',
  '\u2013',
  '\u2014',
  'na',
  'n/a',
  'n.a.',
  '#n/a',
  '<na>',
  'nan',
  'null',
  'nil',
  'none',
  '\\n',
  'unknown',
  'missing',
  'not available',
  'no data',
  '#value!',
  '#ref!',
  '#div/0!',
  '#null!',
];
const MISSING: ReadonlySet<string> = new Set(CUSTOMARY);
/** Those that are no word of anything: in text, where None and NA may be values like others. */
const NEVER_TEXT: ReadonlySet<string> = new Set(['', '?', '#n/a', '<na>', 'nan', '\\n']);
const LONGEST = Math.max(...CUSTOMARY.map(({ length }) => length));

/** Whether a cell says that its value is missing, among numbers: as `missing` has it, or by custom. */
export function isMissing(cell: string, missing?: readonly string[]): boolean {
  if (missing) return cell === '' || missing.includes(cell);
  return cell.length <= LONGEST && MISSING.has(cell.toLowerCase());
}

/** Whether a cell of text does. */
export function isMissingText(cell: string, missing?: readonly string[]): boolean {
  if (missing) return cell === '' || missing.includes(cell);
  return cell.length <= LONGEST && NEVER_TEXT.has(cell.toLowerCase());
}

/** The cells of text that are missing, in lower case where letters do not matter. */
export function missingTexts(missing?: readonly string[]): readonly string[] {
  return missing ? ['', ...missing] : [...NEVER_TEXT];
}

/** Whether a word is one that stands for nothing in some tables and for itself in others. */
export function mayMeanMissing(cell: string): boolean {
  return isMissing(cell) && !isMissingText(cell);
}

function isStored(values: readonly string[] | Cells): values is Cells {
  return !Array.isArray(values);
}

/** A column as text; a missing cell is empty. */
export function texts({ values }: Column, missing?: readonly string[]): readonly string[] {
  if (values instanceof Float64Array)
    return Array.from(values, value => (Number.isNaN(value) ? '' : String(value)));
  return values.map(cell => (isMissingText(cell, missing) ? '' : cell));
}

/** A column as numbers; NaN where a cell is missing or holds none. */
export function numbers(
  { values }: Column,
  format: NumberFormat = PLAIN,
  missing?: readonly string[],
): Float64Array {
  if (values instanceof Float64Array) return values;
  if (isStored(values)) return values.numbers(format, missing);
  return Float64Array.from(values, cell =>
    missing?.includes(cell) ? Number.NaN : parseNumber(cell, format),
  );
}

/** The cells of text among `rows` that are not missing. */
export function knownCells(
  values: readonly string[] | Cells,
  rows: Uint32Array,
  missing?: readonly string[],
): string[] {
  const known: string[] = [];
  for (const row of rows) {
    const cell = values.at(row)!;
    if (!isMissing(cell, missing)) known.push(cell);
  }
  return known;
}

/** Of those, the cells that are not stored as numbers: of plain numbers none. */
export function wordsAmong(
  values: readonly string[] | Cells,
  rows: Uint32Array,
  missing?: readonly string[],
): string[] {
  return isStored(values)
    ? values.words(rows).filter(cell => !isMissing(cell, missing))
    : knownCells(values, rows, missing);
}

/** How many cells of text are not missing. */
export function countKnown(values: readonly string[] | Cells, missing?: readonly string[]): number {
  const isNone = (cell: string) => isMissing(cell, missing);
  if (isStored(values) && !missing?.some(holdsDigits)) return values.countKnown(isNone);
  let count = 0;
  for (const cell of values) if (!isNone(cell)) count++;
  return count;
}

/** How the numbers of the cells `rows` of text are written, those that are missing left out; and of how many cells it was told. */
export function formatOf(
  values: readonly string[] | Cells,
  rows: Uint32Array,
  { missing, ...hints }: CellReading = {},
): FoundFormat & { readonly known: number } {
  const isSaid = hints.decimal === ',' || (hints.thousands ?? '') !== '' || missing?.some(holdsDigits);
  if (isStored(values) && !isSaid) {
    const count = values.countPlain(rows, cell => isMissing(cell, missing));
    if (count !== undefined) return { format: PLAIN, count, known: count, isAmbiguous: false };
  }
  const known = knownCells(values, rows, missing);
  return { ...findFormat(known, hints), known: known.length };
}

/** A column of values of any kind that a cell can hold; throws an InputError for others. */
export function columnOf(name: string, cells: readonly unknown[], where: string): Column {
  const isNumeric = cells.every(
    cell => cell === null || cell === undefined || typeof cell === 'number' || typeof cell === 'bigint',
  );
  if (isNumeric)
    return { name, values: Float64Array.from(cells, cell => (cell == null ? Number.NaN : Number(cell))) };
  const values = cells.map((cell, i) => {
    if (cell === null || cell === undefined) return '';
    if (typeof cell === 'string') return cell.trim();
    if (typeof cell === 'number') return Number.isNaN(cell) ? '' : String(cell);
    if (typeof cell === 'boolean' || typeof cell === 'bigint') return String(cell);
    if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? '' : cell.toISOString();
    throw new InputError(
      `${where}: row ${i}, column ${name}: expected a number, text or nothing, found ${Array.isArray(cell) ? 'a list' : typeof cell}; leave the column out`,
    );
  });
  return { name, values };
}
