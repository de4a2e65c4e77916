// Rows as a program has them, one after the other, as the table that an encoding reads.

import { InputError } from '../../errors.ts';
import { placedName, type Table } from '../formats/columns.ts';
import { gathering } from './table.ts';
import type { TableEncoding } from './table-encoding.ts';

/**
 * The cells of a row by the names of their columns, or in the order of `rowColumns`: numbers, text, booleans or dates; null, undefined,
 * NaN and '' are missing.
 */
export type Row = Readonly<Record<string, unknown>> | readonly unknown[];

/** The columns that a row has: those that were learned from, or, where they had no names, all of them but the label. */
export function rowColumns({ columns, unnamed, label }: TableEncoding): readonly string[] {
  if (unnamed === undefined) return [...new Set(columns.map(({ name }) => name))];
  const names = Array.from({ length: unnamed }, (_, k) => placedName(k));
  // Where the label has a name all the same, it comes last.
  return names.includes(label) ? names.filter(name => name !== label) : names.slice(0, -1);
}

/** The table of some rows; throws an InputError for what is no row, or not one of such a table. */
export function tableOfRows(encoding: TableEncoding, rows: readonly Row[], name: string): Table {
  const columns = rowColumns(encoding);
  const isUnnamed = encoding.unnamed !== undefined;
  const { add, table } = gathering(name);
  rows.forEach((row, i) => {
    if (Array.isArray(row) || ArrayBuffer.isView(row)) {
      const cells = Array.from(row as Iterable<unknown>);
      if (cells.length !== columns.length) {
        throw new InputError(
          `${name}: expected row ${i} to have the ${columns.length} cells ${columns.slice(0, 12).join(', ')}${columns.length > 12 ? ', …' : ''}, found ${cells.length}`,
        );
      }
      add(Object.fromEntries(columns.map((column, k) => [column, cells[k]])));
    } else if (isUnnamed) {
      throw new InputError(
        `${name}: expected row ${i} to be an array of ${columns.length} cells, since the columns had no names in training`,
      );
    } else {
      add(row as Readonly<Record<string, unknown>>);
    }
  });
  return { ...table(), hasNames: !isUnnamed };
}
