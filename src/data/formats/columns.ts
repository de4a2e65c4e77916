// Examples as a person keeps them: named columns of cells, numbers or text, some of them missing. Every reader of tables
// makes these; what a network can learn from is made of them by the encoding.

import { InputError } from '../../errors.ts';

/** Equally long columns. */
export interface Table {
  /** What to call it in messages, e.g. the path. */
  readonly name: string;
  /** Number of rows. */
  readonly count: number;
  readonly columns: readonly Column[];
  /** False where the columns are named by their position only. */
  readonly hasNames: boolean;
}

/** A column; an empty text and NaN stand for a missing cell. */
export interface Column {
  readonly name: string;
  readonly values: readonly string[] | Float64Array;
}

/** Cells that say that there is nothing, in lower case. */
const MISSING = new Set(['', '?', 'na', 'n/a', '#n/a', 'nan', 'null']);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number in a cell; NaN where it holds none. */
export function cellNumber(cell: string): number {
  return NUMBER.test(cell) ? Number(cell) : Number.NaN;
}

/** Whether a cell says that its value is missing. */
export function isMissing(cell: string): boolean {
  return cell.length < 5 && MISSING.has(cell.toLowerCase());
}

/** A column as text; a missing cell is empty. */
export function texts({ values }: Column): readonly string[] {
  if (!(values instanceof Float64Array)) return values.map(cell => (isMissing(cell) ? '' : cell));
  return Array.from(values, value => (Number.isNaN(value) ? '' : String(value)));
}

/** A column as numbers; NaN where a cell is missing or holds none. */
export function numbers({ values }: Column): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values, cellNumber);
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
