// Tables from memory, and which column of a table is the one to learn.

import { InputError, nearestName } from '../../errors.ts';
import { type Column, columnOf, placedName, type Table, texts } from '../formats/columns.ts';

/**
 * A table of `rows`, objects with a property a column, from memory or from a stream of any length that memory holds. The
 * columns are all properties met; one that a row lacks, null, undefined and '' are missing cells. Throws an InputError for
 * values other than numbers, text and booleans.
 */
export async function tableFrom(
  rows: AsyncIterable<Readonly<Record<string, unknown>>> | Iterable<Readonly<Record<string, unknown>>>,
  name = 'rows',
): Promise<Table> {
  const { add, table } = gathering(name);
  for await (const row of rows) add(row);
  return table();
}

/** What makes a table of rows that are added one after the other. */
export function gathering(name: string) {
  const columns = new Map<string, unknown[]>();
  let count = 0;
  const add = (row: Readonly<Record<string, unknown>>): void => {
    if (typeof row !== 'object' || row === null) {
      throw new InputError(`${name}: expected row ${count} to be an object of cells, found ${typeof row}`);
    }
    for (const [key, value] of Object.entries(row)) {
      const cells = columns.get(key) ?? [];
      columns.set(key, cells);
      cells[count] = value;
    }
    count++;
  };
  const table = (): Table => ({
    name,
    count,
    columns: [...columns].map(([key, cells]) =>
      columnOf(
        key,
        Array.from({ length: count }, (_, i) => cells[i]),
        name,
      ),
    ),
    hasNames: true,
  });
  return { add, table };
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
    name: placedName(k),
    values: Float64Array.from({ length: count }, (_, i) => values[i * width + k]),
  }));
  if (labels) columns.push(columnOf('label', Array.from(labels), name));
  return { name, count, columns, hasNames: false };
}

/** Column names that, by custom, say what to learn. */
const CUSTOMARY = ['label', 'labels', 'class', 'target', 'y', 'species', 'category'];

/**
 * The index of the column to learn: by its name, or by its position from 1, or from the end as -1; without `label`, one of
 * a customary name or else the last, and why. Throws an InputError that names the nearest column.
 */
export function labelColumn(
  table: Pick<Table, 'name' | 'columns'>,
  label: string | undefined,
): { readonly index: number; readonly why?: string } {
  if (label !== undefined) return { index: namedColumn(table, label) };
  const lower = table.columns.map(column => column.name.toLowerCase());
  const customary = CUSTOMARY.map(word => lower.indexOf(word)).find(index => index >= 0);
  if (customary !== undefined) return { index: customary };
  return { index: table.columns.length - 1, why: 'the last column, since none has a customary name' };
}

function namedColumn({ name, columns }: Pick<Table, 'name' | 'columns'>, label: string): number {
  const exact = columns.findIndex(column => column.name === label);
  if (exact >= 0) return exact;
  const alike = columns.findIndex(column => column.name.toLowerCase() === label.toLowerCase());
  if (alike >= 0) return alike;
  const position = /^-?\d+$/.test(label) ? Number(label) : 0;
  if (position >= 1 && position <= columns.length) return position - 1;
  if (position <= -1 && position >= -columns.length) return columns.length + position;
  throw noColumn({ name, columns }, label, `; or a position from 1 to ${columns.length}`);
}

/** What is wrong with a table that lacks the column `wanted`; `more` is what could be given besides a name. */
export function noColumn(
  { name, columns }: Pick<Table, 'name' | 'columns'>,
  wanted: string,
  more = '',
): InputError {
  const names = columns.map(column => column.name);
  const nearest = nearestName(wanted, names);
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  const isRow = columns.length > 2 && texts(columns[0]).includes(wanted);
  if (isRow) {
    return new InputError(
      `${name} has no column ${wanted}, but a row of that name: expected an example in each row; turn the table, so that its rows become columns`,
    );
  }
  return new InputError(
    `${name} has no column ${wanted}${nearest ? `: did you mean ${nearest}?` : ''} (columns: ${shown}${more})`,
  );
}
