// Examples as a person keeps them: named columns of cells, numbers or text, some of them missing. Every reader of tables
// makes one of these; what a network can learn from is made of it by the encoding.

import { InputError, nearestName } from '../errors.ts';

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

/**
 * A table of `rows`, objects with a property a column, from memory or from a stream of any length that memory holds. The
 * columns are all properties met; one that a row lacks, null, undefined and '' are missing cells. Throws an InputError for
 * values other than numbers, text and booleans.
 */
export async function tableFrom(
  rows: AsyncIterable<Readonly<Record<string, unknown>>> | Iterable<Readonly<Record<string, unknown>>>,
  name = 'rows',
): Promise<Table> {
  const columns = new Map<string, unknown[]>();
  let count = 0;
  for await (const row of rows) {
    if (typeof row !== 'object' || row === null) {
      throw new InputError(`${name}: expected row ${count} to be an object of cells, found ${typeof row}`);
    }
    for (const [key, value] of Object.entries(row)) {
      const cells = columns.get(key) ?? [];
      columns.set(key, cells);
      cells[count] = value;
    }
    count++;
  }
  const list = [...columns].map(([key, cells]) =>
    columnOf(
      key,
      Array.from({ length: count }, (_, i) => cells[i]),
      name,
    ),
  );
  return { name, count, columns: list, hasNames: true };
}

/**
 * A table of `values`, row-major with `width` numbers an example; NaN is a missing cell. `labels`, one an example, become the
 * last column, `label`. Throws an InputError where the lengths do not fit.
 */
export function tableFromArray(
  values: ArrayLike<number>,
  width: number,
  labels?: ArrayLike<string | number>,
  name = 'values',
): Table {
  const count = values.length / width;
  if (!(Number.isInteger(width) && width > 0 && Number.isInteger(count))) {
    throw new InputError(`${name}: expected rows of ${width} numbers, found ${values.length} in all`);
  }
  if (labels && labels.length !== count) {
    throw new InputError(
      `${name}: expected a label for each of the ${count} examples, found ${labels.length}`,
    );
  }
  const columns: Column[] = Array.from({ length: width }, (_, k) => ({
    name: `column ${k + 1}`,
    values: Float64Array.from({ length: count }, (_, i) => values[i * width + k]),
  }));
  if (labels) columns.push(columnOf('label', Array.from(labels), name));
  return { name, count, columns, hasNames: false };
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

/** Column names that, by custom, say what to learn. */
const CUSTOMARY = ['label', 'labels', 'class', 'target', 'y', 'species', 'category'];

/**
 * The index of the column to learn: by its name, or by its position from 1, or from the end as -1; without `label`, one of
 * a customary name or else the last. Throws an InputError that names the nearest column.
 */
export function labelColumn(
  { name, columns }: Pick<Table, 'name' | 'columns'>,
  label: string | undefined,
): number {
  if (label === undefined) {
    const lower = columns.map(column => column.name.toLowerCase());
    const customary = CUSTOMARY.map(word => lower.indexOf(word)).find(index => index >= 0);
    return customary ?? columns.length - 1;
  }
  const exact = columns.findIndex(column => column.name === label);
  if (exact >= 0) return exact;
  const alike = columns.findIndex(column => column.name.toLowerCase() === label.toLowerCase());
  if (alike >= 0) return alike;
  const position = /^-?\d+$/.test(label) ? Number(label) : 0;
  if (position >= 1 && position <= columns.length) return position - 1;
  if (position <= -1 && position >= -columns.length) return columns.length + position;
  const names = columns.map(column => column.name);
  const nearest = nearestName(label, names);
  const few = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  throw new InputError(
    `${name} has no column ${label}${nearest ? `: did you mean ${nearest}?` : ''} (columns: ${few}; or a position from 1 to ${names.length})`,
  );
}
