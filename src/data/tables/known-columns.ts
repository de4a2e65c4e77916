// A table that is asked about with the columns that its model learned from: those that it writes otherwise by their names, those
// that it lacks with all cells missing.

import { InputError } from '../../errors.ts';
import type { Table } from '../formats/columns.ts';
import { few } from '../notes.ts';
import type { TableEncoding } from './table-encoding.ts';

/** A table for an encoding, and what was done to make it one. */
export interface KnownColumns {
  readonly table: Table;
  /** Names of the columns that it lacked. */
  readonly lacking: ReadonlySet<string>;
  /** What it called those whose name it wrote otherwise. */
  readonly respelled: ReadonlyMap<string, string>;
}

/**
 * Gives a table the columns of an encoding. Throws an InputError where most of them are not there. Columns without names are told by
 * their position, so that none may lack: they are left as they are.
 */
export function knownColumns(encoding: TableEncoding, table: Table): KnownColumns {
  const present = new Set(table.columns.map(({ name }) => name));
  const wanted = new Set(encoding.columns.map(({ name }) => name));
  const others = [...wanted].filter(name => !present.has(name));
  if (others.length === 0 || encoding.unnamed !== undefined) {
    return { table, lacking: new Set(), respelled: new Map() };
  }
  const spare = byBareName([...present].filter(name => name !== encoding.label && !wanted.has(name)));
  const respelled = new Map<string, string>();
  for (const [bare, [name, ...more]] of byBareName(others)) {
    const [found, ...rest] = spare.get(bare) ?? [];
    if (found !== undefined && more.length + rest.length === 0) respelled.set(name, found);
  }
  const lacking = new Set(others.filter(name => !respelled.has(name)));
  if (lacking.size > wanted.size / 2) throw lacksMost(table, [...lacking], wanted.size);
  const names = new Map(Array.from(respelled, ([name, found]) => [found, name]));
  const values = new Float64Array(table.count).fill(Number.NaN);
  const columns = [
    ...table.columns.map(column => ({ ...column, name: names.get(column.name) ?? column.name })),
    ...Array.from(lacking, name => ({ name, values })),
  ];
  return { table: { ...table, columns }, lacking, respelled };
}

/** Names by what is left of them without what programs change: `Petal Length`, `petal_length` and `Petal.Length` are one. */
function byBareName(names: readonly string[]): Map<string, string[]> {
  const list = new Map<string, string[]>();
  for (const name of names) {
    const bare = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '') || name;
    list.set(bare, [...(list.get(bare) ?? []), name]);
  }
  return list;
}

function lacksMost({ name, columns, hasNames }: Table, lacking: readonly string[], all: number): InputError {
  const there = all - lacking.length;
  const lacks =
    all === 1
      ? `no column ${lacking[0]}, which the model learned from`
      : `${there > 0 ? `only ${there}` : 'none'} of the ${all} columns that the model learned from (it lacks ${few(lacking)})`;
  const found = hasNames ? few(columns.map(column => column.name)) : 'no names in the first row';
  return new InputError(
    `${name} has ${lacks}: expected the columns of the training data, with their names in the first row, found ${found}`,
  );
}
