// CSV and its relatives as a table, whatever program wrote it. Every guess is said in a note, and can be overruled.

import { InputError } from '../../errors.ts';
import type { Note } from '../notes.ts';
import type { Cells } from './cells.ts';
import { type CellReading, isMissing, type Table } from './columns.ts';
import { BLANKS, countLengths, type Dialect, describeDelimiter, findDialect } from './dialect.ts';
import { findFormat, NUMERIC_SHARE, type NumberFormat } from './numbers.ts';
import type { Reading } from './passes.ts';
import { RecordCutter } from './record-cutter.ts';
import { mostFrequent } from './record-kinds.ts';
import { type GrowingColumns, type Records, RecordTable } from './record-table.ts';
import { examplesIn } from './rows-around.ts';
import { type Detector, findEncoding, type TextEncoding } from './text-encoding.ts';
import { TextPieces } from './text-pieces.ts';

/** How a text is to be read as a table, where that is not to be guessed. */
export interface TextOptions {
  /** What stands between cells; a blank stands for one or more of them. */
  readonly delimiter?: string | undefined;
  readonly decimal?: '.' | ',' | undefined;
  /** What stands between groups of three digits; '' for nothing. */
  readonly thousands?: NumberFormat['thousands'] | undefined;
  /** A label of the Encoding Standard, such as `gbk`. */
  readonly encoding?: string | undefined;
  /** Whether the first record names the columns. */
  readonly header?: boolean | undefined;
  /** The cells that are missing, besides empty ones, as they are written; by default those that are by custom. */
  readonly missing?: readonly string[] | undefined;
}

/** How far the reading of a file has come. */
export interface ReadProgress {
  readonly path: string;
  /** Bytes of the file: read in this pass over it, and in all. */
  readonly bytes: number;
  readonly of: number;
  /** Absent in the first pass, which finds out how characters are encoded. */
  readonly table?: {
    readonly rows: number;
    readonly columns: number;
    /** Rows that there will be, and the bytes of memory that they will take, by those so far. */
    readonly expectedRows: number;
    readonly memory: number;
  };
}

/** Examples with what is to be said of how they were read. */
export type NotedTable = Table & { readonly notes: readonly Note[] };

/** What Node has for reading, and pages have not. */
export interface TextHost {
  readonly detect?: Detector;
  /** Makes text of bytes below 128. */
  readonly asciiText?: (bytes: Uint8Array) => string;
  /** Columns that take little memory. */
  readonly columnsFor?: (source: TextSource, width: number) => GrowingColumns;
}

/** A file, or bytes, while it is read. */
export interface TextSource {
  readonly path: string;
  /** Bytes in all. */
  readonly size: number;
  table?: NonNullable<ReadProgress['table']>;
}

const MAX_COLUMNS = 100_000;
/** Rows that tell how numbers are written in a file as a whole. */
const SAMPLE = 500;
/** Characters of a text that is looked at first; of a table of long lines, more. */
const BEGINNING = 1 << 19;

/** Reads the table in a text, whose bytes it is given; throws an InputError where it is none, or too large. */
export function* readText(source: TextSource, host: TextHost, options: TextOptions): Reading<NotedTable> {
  const { path } = source;
  const encoding = yield* findEncoding(path, host.detect, options.encoding);
  let { table, dialect } = yield* readRecords(source, host, encoding, options);
  if (table.count === 0)
    throw new InputError(`${path} is empty: expected a table with a row for each example`);
  // The first records were others than most.
  const { usualWidth } = table;
  if (usualWidth !== table.width)
    ({ table, dialect } = yield* readRecords(source, host, encoding, options, usualWidth));
  return tableOf(table.finish(path), dialect, encoding, path, options);
}

/** All records, those of `width` cells as columns; by default those of as many as the first ones have. */
function* readRecords(
  source: TextSource,
  host: TextHost,
  encoding: TextEncoding,
  { delimiter }: TextOptions,
  width?: number,
): Reading<{ table: RecordTable; dialect: Dialect }> {
  const { path } = source;
  const pieces = new TextPieces(encoding, host.asciiText);
  yield 'rewind';
  let text = '';
  let dialect: Dialect | undefined;
  let at = 0;
  let isWhole = false;
  for (let wanted = BEGINNING; !dialect; wanted *= 2) {
    while (!isWhole && text.length < wanted) {
      const chunk = yield 'next';
      isWhole = chunk === undefined;
      at = chunk?.at ?? at;
      text += pieces.decode(chunk?.bytes);
    }
    dialect = findDialect(text, isWhole, delimiter);
  }
  const first = width ?? (dialect.sample.length > 0 ? mostFrequent(countLengths(dialect.sample)) : 1);
  checkWidth(first - 1, path);
  const cutter = new RecordCutter(dialect.delimiter, path);
  let rest = text.slice(dialect.begin);
  // A second mark of the encoding, which would keep a quote from being the first sign of its cell.
  if (dialect.delimiter !== BLANKS && rest.startsWith('\ufeff')) rest = rest.slice(1);
  const columns = host.columnsFor?.(source, first) ?? plainColumns(first);
  const table = new RecordTable(dialect, first, columns);
  for (const row of cutter.cut(rest)) table.add(row);
  [text, rest] = ['', ''];
  while (!isWhole) {
    columns.foresee?.(table.count, at);
    const chunk = yield 'next';
    isWhole = chunk === undefined;
    at = chunk?.at ?? at;
    for (const row of cutter.cut(pieces.decode(chunk?.bytes))) table.add(row);
  }
  for (const row of cutter.cut()) table.add(row);
  return { table, dialect };
}

function plainColumns(width: number): GrowingColumns {
  const columns = Array.from({ length: width }, (): string[] => []);
  return {
    set(k, i, text) {
      columns[k][i] = text;
    },
    slice: (k, begin, end) => columns[k].slice(begin, end),
  };
}

function checkWidth(width: number, path: string): void {
  if (width > MAX_COLUMNS)
    throw new InputError(`${path}: expected at most ${MAX_COLUMNS} columns, found ${width}`);
}

function tableOf(
  records: Records,
  { delimiter }: Dialect,
  { encoding, isGuessed }: TextEncoding,
  path: string,
  options: TextOptions,
): NotedTable {
  const width = records.row(0).length;
  checkWidth(width, path);
  const found = examplesIn(records, path, { header: options.header, isNamed: records.isNamed });
  const { names, hasNames, begin, end, heading } = found;
  const columns = names.map((name, k) => ({ name, values: records.column(k, begin, end) }));
  const count = end - begin;
  const cells = readingOf(columns, delimiter, options);
  const doubt = isGuessed ? ', guessed: --encoding overrules it' : '';
  const notes: Note[] = [
    {
      code: 'read',
      text: `read as ${encoding} text${doubt}: ${describeDelimiter(delimiter)}, ${heading}, ${count} rows of ${width} column${width === 1 ? '' : 's'}`,
      ...(isGuessed && { isWarning: true }),
    },
    ...records.notes,
    ...found.notes,
  ];
  return { name: path, count, columns, hasNames, cells, notes };
}

/** What is known of all cells: what was said, and whether columns that can be read in one way only have decimal commas. */
function readingOf(
  columns: readonly { readonly values: readonly string[] | Cells }[],
  delimiter: string,
  options: TextOptions,
): CellReading {
  const { decimal, thousands, missing } = options;
  const votes = { '.': 0, ',': 0 };
  for (const { values } of columns) {
    const cells = [...values.slice(0, SAMPLE)].filter(cell => !isMissing(cell, missing) && /[.,]/.test(cell));
    if (cells.length === 0) continue;
    const { format, count, isAmbiguous } = findFormat(cells);
    // A point before three digits says little: it may stand between thousands where commas are decimal.
    const isTold = cells.some(cell => !/^\D*\d{1,3}([.,])\d{3}\D*$/.test(cell));
    if (!isAmbiguous && isTold && count >= NUMERIC_SHARE * cells.length) votes[format.decimal]++;
  }
  const told = votes[','] > votes['.'] ? ',' : votes['.'] > 0 ? '.' : undefined;
  const likelyDecimal = told ?? (delimiter === ';' ? ',' : undefined);
  return {
    ...(decimal && { decimal }),
    ...(thousands !== undefined && { thousands }),
    ...(missing && { missing }),
    ...(likelyDecimal && { likelyDecimal }),
  };
}
