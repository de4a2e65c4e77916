// CSV and its relatives (tabs, semicolons, bars) as a table: with a header or without, whatever program wrote it.

import { stat } from 'node:fs/promises';
import Papa from 'papaparse';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import { cellNumber, isMissing, type Table } from './columns.ts';

/** A table is held in memory as text, at several times the size of its file. */
const MAX_BYTES = 512 * 2 ** 20;
const MAX_COLUMNS = 20_000;
const DELIMITERS = [',', ';', '\t', '|'];
/** Characters that are looked at to find the delimiter. */
const SAMPLE = 1 << 16;
/** Rows that are looked at to tell a header from an example. */
const HEADER_ROWS = 100;
const DECIMAL_COMMA = /^[+-]?\d*,\d+$/;

/** Reads the CSV file at `path`; throws an InputError where it cannot be read or is no table. */
export async function readCsv(path: string): Promise<Table> {
  const size = await stat(path).then(
    found => found.size,
    error => {
      throw fileError('read', path, error);
    },
  );
  if (size > MAX_BYTES) {
    throw new InputError(
      `${path}: expected at most ${MAX_BYTES / 2 ** 20} MiB of CSV, found ${Math.ceil(size / 2 ** 20)}; take a sample of it, or an NPY file`,
    );
  }
  const bytes = await readBytes(path);
  return parseCsv(bytes, path);
}

/** Parses the bytes of a CSV file: UTF-8, UTF-16 with its mark, or Windows-1252. Throws an InputError that names `path`. */
export function parseCsv(bytes: Uint8Array, path: string): Table {
  const text = decodeText(bytes, path).replace(/\r\n?/g, '\n');
  const delimiter = findDelimiter(text);
  const { data, errors } = Papa.parse<string[]>(text, { delimiter, newline: '\n' });
  const [error] = errors;
  if (error) {
    throw new InputError(
      `${path}: record ${(error.row ?? 0) + 1}: ${error.message.toLowerCase()}; close the quote, and write a quote inside of quotes twice`,
    );
  }
  const rows: string[][] = [];
  for (const [i, row] of data.entries()) {
    if (row.length === 1 && row[0].trim() === '') continue;
    for (let k = 0; k < row.length; k++) row[k] = row[k].trim();
    const expected = rows[0]?.length ?? row.length;
    if (row.length !== expected) {
      throw new InputError(
        `${path}: record ${i + 1} has ${row.length} cell${row.length === 1 ? '' : 's'}, expected ${expected} as in the first (separated by ${JSON.stringify(delimiter)})`,
      );
    }
    rows.push(row);
  }
  if (rows.length === 0)
    throw new InputError(`${path} is empty: expected a table with a row for each example`);
  const width = rows[0].length;
  if (width < 2) {
    throw new InputError(
      `${path} has a single column: expected the label and at least one more, separated by a comma, semicolon, tab or bar`,
    );
  }
  if (width > MAX_COLUMNS) {
    throw new InputError(`${path}: expected at most ${MAX_COLUMNS} columns, found ${width}`);
  }
  const hasNames = isHeader(rows);
  const names = hasNames ? uniqueNames(rows[0]) : rows[0].map((_, k) => `column ${k + 1}`);
  const examples = hasNames ? rows.slice(1) : rows;
  if (examples.length === 0) throw new InputError(`${path} has a header and nothing else: expected examples`);
  const columns = names.map((name, k) => {
    const values = examples.map(row => row[k]);
    return { name, values: delimiter === ',' ? values : withDecimalPoints(values) };
  });
  return { name: path, count: examples.length, columns, hasNames };
}

function decodeText(bytes: Uint8Array, path: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.includes(0)) {
    throw new InputError(
      `${path} is not text: expected a CSV file, found a zero byte at offset ${bytes.indexOf(0)}`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The delimiter that cuts the first lines into the most cells, the same number in each of them. */
function findDelimiter(text: string): string {
  const end = text.length > SAMPLE ? text.lastIndexOf('\n', SAMPLE) : text.length;
  const sample = text.slice(0, end > 0 ? end : SAMPLE);
  let best = ',';
  let most = 1;
  for (const delimiter of DELIMITERS) {
    const rows = Papa.parse<string[]>(sample, { delimiter, newline: '\n', preview: 50 }).data.filter(
      row => row.length > 1 || row[0] !== '',
    );
    const cells = rows[0]?.length ?? 0;
    if (cells > most && rows.every(row => row.length === cells)) [best, most] = [delimiter, cells];
  }
  return best;
}

/**
 * Whether the first row names the columns: it is text, and numbers stand below some of it, or none of it stands in its
 * column again. Counting 0, 1, 2, … is naming, too.
 */
function isHeader(rows: readonly string[][]): boolean {
  const [first, ...rest] = rows.slice(0, HEADER_ROWS);
  const counted = first.filter(cell => !Number.isNaN(cellNumber(cell))).map(Number);
  if (counted.length > 0) {
    return counted.length > 2 && counted[0] <= 1 && counted.every((value, i) => value === counted[0] + i);
  }
  if (first.some((cell, k) => !isMissing(cell) && isNumericBelow(rest, k))) return true;
  const isDistinct = new Set(first).size === first.length;
  return isDistinct && first.every((cell, k) => !isMissing(cell) && !rest.some(row => row[k] === cell));
}

function isNumericBelow(rows: readonly string[][], column: number): boolean {
  let count = 0;
  for (const row of rows) {
    if (isMissing(row[column])) continue;
    if (Number.isNaN(cellNumber(row[column])) && !DECIMAL_COMMA.test(row[column])) return false;
    count++;
  }
  return count > 0;
}

function uniqueNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, k) => {
    const base = cell || `column ${k + 1}`;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base} (${n})`;
    taken.add(name);
    return name;
  });
}

/** Where cells are not separated by commas, a comma in every number that has a fraction is a decimal comma. */
function withDecimalPoints(values: readonly string[]): readonly string[] {
  let fractions = 0;
  for (const cell of values) {
    if (DECIMAL_COMMA.test(cell)) fractions++;
    else if (Number.isNaN(cellNumber(cell)) && !isMissing(cell)) return values;
  }
  return fractions === 0 ? values : values.map(cell => cell.replace(',', '.'));
}
