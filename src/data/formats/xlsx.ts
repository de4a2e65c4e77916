// Excel's workbooks as tables, by the package read-excel-file where it is installed.

import { readFile } from 'node:fs/promises';
import { InputError } from '../../errors.ts';
import { fileError } from '../../files/write.ts';
import type { Note } from '../notes.ts';
import { columnOf, type Table } from './columns.ts';
import { examplesIn, type Rows } from './rows-around.ts';
import { isZip, namesIn } from './zip.ts';

const MAX_BYTES = 64 * 2 ** 20;

/** Reads the first sheet that holds something. Throws an InputError where the package is not installed, or the file is none. */
export async function readXlsx(path: string): Promise<Table & { readonly notes: readonly Note[] }> {
  const { default: readSheets } = await import('read-excel-file/universal').catch(cause => {
    throw new InputError(
      `${path}: to read workbooks, npm install read-excel-file; or save the sheet as CSV`,
      {
        cause,
      },
    );
  });
  const bytes = await readFile(path).catch(error => {
    throw fileError('read', path, error);
  });
  if (bytes.length > MAX_BYTES) {
    throw new InputError(
      `${path}: expected a workbook of at most ${MAX_BYTES / 2 ** 20} MiB, found ${Math.ceil(bytes.length / 2 ** 20)}; save the sheet as CSV`,
    );
  }
  const unreadable = (reason: string, cause?: Error) =>
    new InputError(`${path}: no workbook that can be read (${reason}); save it again, or as CSV`, { cause });
  if (!isZip(bytes)) throw unreadable('it is no ZIP');
  // Before the package unpacks all of it: what that comes to, and whether it is something that the package ends with.
  if (!namesIn(bytes, path).includes('xl/workbook.xml')) throw unreadable('it has no xl/workbook.xml');
  const sheets = await readSheets(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  ).catch((cause: Error) => {
    throw unreadable(cause.message, cause);
  });
  // What the package makes of a sheet that is not as Excel has it.
  const damaged = sheets.find(({ data }) => !Array.isArray(data));
  if (damaged) throw unreadable(`sheet ${damaged.sheet} has no rows`);
  const filled = sheets
    .map(({ sheet, data }) => ({ sheet, rows: tableIn(data as readonly (readonly unknown[])[]) }))
    .filter(({ rows }) => rows.length > 0);
  if (filled.length === 0) throw new InputError(`${path} has no sheet with rows: expected a table`);
  const [{ sheet, rows }, ...others] = filled;
  const texts: Rows = {
    count: rows.length,
    row: i => rows[i].map(textOf),
    cells: (k, begin, end) => rows.slice(begin, end).map(row => textOf(row[k])),
  };
  const { names, hasNames, begin, end, heading, notes } = examplesIn(texts, `${path}, sheet ${sheet}`);
  const body = rows.slice(begin, end);
  const rest = others.length > 0 ? `; not read: ${others.map(other => other.sheet).join(', ')}` : '';
  const text = `read sheet ${sheet}: ${heading}, ${body.length} rows of ${names.length} columns${rest}`;
  return {
    name: path,
    count: body.length,
    columns: names.map((name, k) =>
      columnOf(
        name,
        body.map(row => row[k] ?? null),
        path,
      ),
    ),
    hasNames,
    notes: [{ code: 'read', text, ...(others.length > 0 && { isWarning: true }) }, ...notes],
  };
}

/** The rows of a sheet without empty ones and without lines of one cell above a wider table. */
function tableIn(sheet: readonly (readonly unknown[])[]): (readonly unknown[])[] {
  const isThere = (cell: unknown) => cell !== null && cell !== undefined && cell !== '';
  const rows = sheet.filter(row => row.some(isThere));
  const width = Math.max(0, ...rows.map(row => row.findLastIndex(isThere) + 1));
  const begin = Math.max(
    0,
    rows.findIndex(row => row.filter(isThere).length > 1),
  );
  return (width > 1 ? rows.slice(begin) : rows).map(row =>
    Array.from({ length: width }, (_, k) => row[k] ?? null),
  );
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return cell instanceof Date ? cell.toISOString() : String(cell);
}
