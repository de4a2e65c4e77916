// JSON as a table: a list of objects, one an example, or a line of JSON for each; or a list for each column.

import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { tableFrom } from '../tables/table.ts';
import { placedName, type Table } from './columns.ts';
import { detectEncodings } from './detector.ts';
import { decodeText } from './text-encoding.ts';

type Row = Readonly<Record<string, unknown>>;

/** Objects within objects. */
const MOST_LEVELS = 16;

/** Reads the file `path`; throws an InputError where it holds no rows, or something that no cell can hold. */
export async function readJson(path: string): Promise<Table> {
  return tableFrom(parseRows(decodeText(await readBytes(path), path, detectEncodings).text, path), path);
}

/** The rows in a text: a JSON array, an object with one in it or with a list for each column, or JSON lines. Throws an InputError that names `path`. */
export function parseRows(text: string, path: string): Row[] {
  const bare = text.trim();
  if (bare === '') throw new InputError(`${path} is empty: expected a list of objects, one for each example`);
  const whole = tryJson(bare);
  const rows = whole === undefined ? linesOf(bare, path) : rowsIn(whole);
  if (!rows || rows.length === 0) {
    throw new InputError(
      `${path}: expected a list of objects with a cell for each column, as [{"a": 1, "b": "x"}, …] or one on each line`,
    );
  }
  return rows.map((row, i) => {
    if (isRecord(row)) return flattened(row);
    if (Array.isArray(row)) return Object.fromEntries(row.map((cell, k) => [placedName(k), cell]));
    throw new InputError(
      `${path}: row ${i + 1}: expected an object of cells, found ${JSON.stringify(row).slice(0, 40)}`,
    );
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The rows of a whole text: of the only list in an object, too; an object alone is a row. */
function rowsIn(whole: unknown): readonly unknown[] | undefined {
  if (Array.isArray(whole)) return whole;
  if (typeof whole !== 'object' || whole === null) return undefined;
  const lists = Object.values(whole).filter(Array.isArray);
  const isRows =
    lists.length === 1 && lists[0].every((row: unknown) => typeof row === 'object' && row !== null);
  return isRows ? lists[0] : (rowsOfColumns(whole as Row) ?? [whole]);
}

/**
 * The rows of an object that has a list for each column or, as pandas writes tables, an object of cells by the number of the row, or
 * else an object of cells by column for each number of a row.
 */
function rowsOfColumns(whole: Row): readonly unknown[] | undefined {
  const names = Object.keys(whole);
  const columns = Object.values(whole);
  const [first] = columns.map(keysOf);
  const isAlike = columns.every(cells => keysOf(cells)?.join('\n') === first?.join('\n'));
  if (columns.length < 2 || !first || first.length < 2 || !isAlike) return undefined;
  if (areNumbers(first) && !areNumbers(names)) {
    return first.map(key => Object.fromEntries(names.map((name, k) => [name, (columns[k] as Row)[key]])));
  }
  return areNumbers(names) && !areNumbers(first) ? columns : undefined;
}

function areNumbers(keys: readonly string[]): boolean {
  return keys.every(key => /^\d+$/.test(key));
}

/** The keys of cells that are no lists and no objects. */
function keysOf(cells: unknown): string[] | undefined {
  if (typeof cells !== 'object' || cells === null) return undefined;
  return Object.values(cells).some(cell => typeof cell === 'object' && cell !== null)
    ? undefined
    : Object.keys(cells);
}

function isRecord(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects within a row as columns of their own: `size.width`. */
function flattened(row: Row, levels = MOST_LEVELS): Row {
  if (levels === 0 || !Object.values(row).some(isRecord)) return row;
  const cells = Object.entries(row).flatMap(([name, value]): [string, unknown][] =>
    isRecord(value)
      ? Object.entries(flattened(value, levels - 1)).map(([key, cell]) => [`${name}.${key}`, cell])
      : [[name, value]],
  );
  return Object.fromEntries(cells);
}

function linesOf(text: string, path: string): unknown[] {
  const lines = text.split('\n').map(line => line.trim());
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line)];
    } catch (cause) {
      throw new InputError(`${path}: line ${i + 1}: ${(cause as Error).message}; expected JSON`, { cause });
    }
  });
}
