// ARFF, Weka's tables: what the columns are called and hold is written before the rows.

import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import type { Column, Table } from './columns.ts';
import { detectEncodings } from './detector.ts';
import { decodeText } from './text-encoding.ts';

const ATTRIBUTE = /^@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s+(.+)$/i;
/** A cell, in quotes or not, and what ends it. */
const CELL = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,\t]*?))\s*[,\t]/g;
const NUMERIC = /^(numeric|real|integer)\b/i;

/** Reads the file `path`; throws an InputError that says what is not as ARFF has it. */
export async function readArff(path: string): Promise<Table> {
  return parseArff(decodeText(await readBytes(path), path, detectEncodings).text, path);
}

/** Parses the text of an ARFF file; throws an InputError that names `path`. */
export function parseArff(text: string, path: string): Table {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const names: string[] = [];
  const isNumeric: boolean[] = [];
  let at = 0;
  for (; at < lines.length && !/^\s*@data\b/i.test(lines[at]); at++) {
    const line = lines[at].trim();
    if (line === '' || line.startsWith('%') || /^@relation\b/i.test(line)) continue;
    const match = ATTRIBUTE.exec(line);
    if (!match) {
      throw new InputError(
        `${path}: line ${at + 1}: expected @attribute NAME TYPE, found ${JSON.stringify(line.slice(0, 40))}`,
      );
    }
    names.push(unquoted(match[1]));
    isNumeric.push(NUMERIC.test(match[2]));
  }
  if (at === lines.length) throw new InputError(`${path}: expected a line @data before the rows, found none`);
  if (names.length === 0)
    throw new InputError(`${path}: expected a line @attribute for each column, found none`);
  const rows = lines.slice(at + 1).flatMap((line, i) => {
    const bare = line.trim();
    return bare === '' || bare.startsWith('%')
      ? []
      : [cellsOf(bare, names.length, `${path}: line ${at + 2 + i}`)];
  });
  if (rows.length === 0) throw new InputError(`${path} has no rows after @data: expected examples`);
  const columns = names.map((name, k): Column => {
    const values = rows.map(row => row[k]);
    if (!isNumeric[k]) return { name, values };
    return {
      name,
      values: Float64Array.from(values, (cell, i) => numberIn(cell, `${path}: row ${i + 1}, column ${name}`)),
    };
  });
  return { name: path, count: rows.length, columns, hasNames: true };
}

function cellsOf(line: string, width: number, where: string): string[] {
  if (line.startsWith('{')) {
    throw new InputError(
      `${where}: rows that list only what is not zero cannot be read: write them out in full`,
    );
  }
  const cells = Array.from(`${line},`.matchAll(CELL), ([, single, double, bare]) => {
    const quoted = single ?? double;
    return quoted === undefined ? (bare === '?' ? '' : bare) : quoted.replace(/\\(.)/g, '$1');
  });
  if (cells.length === width) return cells;
  throw new InputError(`${where}: expected ${width} cells, one for each @attribute, found ${cells.length}`);
}

function numberIn(cell: string, where: string): number {
  if (cell === '') return Number.NaN;
  const value = Number(cell);
  if (Number.isNaN(value))
    throw new InputError(`${where}: expected a number, found ${JSON.stringify(cell.slice(0, 20))}`);
  return value;
}

function unquoted(name: string): string {
  return /^['"]/.test(name) ? name.slice(1, -1).replace(/\\(.)/g, '$1') : name;
}
