// JSON as a table: a list of objects, one an example, or a line of JSON for each.

import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { tableFrom } from '../tables/table.ts';
import { placedName, type Table } from './columns.ts';
import { detectEncodings } from './detector.ts';
import { decodeText } from './text-encoding.ts';

type Row = Readonly<Record<string, unknown>>;

/** Reads the file `path`; throws an InputError where it holds no rows, or something that no cell can hold. */
export async function readJson(path: string): Promise<Table> {
  return tableFrom(parseRows(decodeText(await readBytes(path), path, detectEncodings).text, path), path);
}

/** The rows in a text: a JSON array, an object with one in it, or JSON lines. Throws an InputError that names `path`. */
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
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Row;
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
  return isRows ? lists[0] : [whole];
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
