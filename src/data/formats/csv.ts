// CSV and its relatives as a table, whatever program wrote it. Every guess is said in a note, and can be overruled.

import { stat } from 'node:fs/promises';
import { InputError } from '../../errors.ts';
import { readChunks } from '../../files/chunks.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import type { Note } from '../notes.ts';
import { checkRoom } from '../room.ts';
import type { Cells } from './cells.ts';
import { type CellReading, isMissing, type Table } from './columns.ts';
import { BLANKS, countLengths, type Dialect, describeDelimiter, findDialect } from './dialect.ts';
import { COMPARED, guessHeader, type HeaderGuess, headingOf } from './header.ts';
import { findFormat, NUMERIC_SHARE, type NumberFormat } from './numbers.ts';
import { type Reading, readFrom, readIn } from './passes.ts';
import { RecordCutter } from './record-cutter.ts';
import { mostFrequent } from './record-kinds.ts';
import { type Records, RecordTable } from './record-table.ts';
import { findEncoding, type TextEncoding } from './text-encoding.ts';
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
type NotedTable = Table & { readonly notes: readonly Note[] };

/** A file, or bytes, while it is read. */
interface Source {
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
/** Rows that there is room for, over those that are expected. */
const MARGIN = 1.02;
/** Bytes after which it is foreseen again what the whole will take. */
const STEP = 1 << 22;

/**
 * Reads the CSV file at `path`, gzipped or not, of any size as long as memory holds its columns; tells of it now and then. Throws an
 * InputError where it cannot be read, is no table, or too large.
 */
export async function readCsv(
  path: string,
  options: TextOptions = {},
  onProgress?: (progress: ReadProgress) => void,
): Promise<NotedTable> {
  const found = await stat(path).catch(error => {
    throw fileError('read', path, error);
  });
  // What comes out of a pipe comes once.
  if (!found.isFile()) return parseCsv(await readBytes(path), path, options);
  const source: Source = { path, size: found.size };
  const open = async function* () {
    for await (const chunk of readChunks(path)) {
      const { size: of, table } = source;
      onProgress?.({ path, bytes: chunk.at, of, ...(table && { table }) });
      yield chunk;
    }
  };
  return readFrom(open, readTable(source, options));
}

/** Parses the bytes of a CSV file. Throws an InputError that names `path`. */
export function parseCsv(bytes: Uint8Array, path: string, options: TextOptions = {}): NotedTable {
  return readIn(bytes, readTable({ path, size: bytes.length }, options));
}

function* readTable(source: Source, options: TextOptions): Reading<NotedTable> {
  const { path } = source;
  const encoding = yield* findEncoding(path, options.encoding);
  let { table, dialect } = yield* readRecords(source, encoding, options);
  if (table.count === 0)
    throw new InputError(`${path} is empty: expected a table with a row for each example`);
  // The first records were others than most.
  const { usualWidth } = table;
  if (usualWidth !== table.width)
    ({ table, dialect } = yield* readRecords(source, encoding, options, usualWidth));
  return tableOf(table.finish(path), dialect, encoding, path, options);
}

/** All records, those of `width` cells as columns; by default those of as many as the first ones have. */
function* readRecords(
  source: Source,
  encoding: TextEncoding,
  { delimiter }: TextOptions,
  width?: number,
): Reading<{ table: RecordTable; dialect: Dialect }> {
  const { path } = source;
  const pieces = new TextPieces(encoding);
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
  // A second mark of the encoding, which Papa Parse leaves out of what it takes for the beginning of a file.
  if (dialect.delimiter !== BLANKS && rest.startsWith('\ufeff')) rest = rest.slice(1);
  const table = new RecordTable(dialect, first);
  for (const row of cutter.cut(rest)) table.add(row);
  [text, rest] = ['', ''];
  let told = 0;
  while (!isWhole) {
    if (at >= told) {
      foresee(source, table, at);
      told = at + STEP;
    }
    const chunk = yield 'next';
    isWhole = chunk === undefined;
    at = chunk?.at ?? at;
    for (const row of cutter.cut(pieces.decode(chunk?.bytes))) table.add(row);
  }
  for (const row of cutter.cut()) table.add(row);
  return { table, dialect };
}

/** Finds out what the whole will take, from the records in the first `at` bytes, and refuses what will not fit. */
function foresee(source: Source, table: RecordTable, at: number): void {
  const { path, size } = source;
  const rows = Math.ceil((table.count * size) / at);
  const needed = table.expect(rows);
  const what = `${path}: some ${rows} rows of ${table.width} columns`;
  checkRoom(needed, table.expect(table.count), what, 'take a part of the rows or of the columns');
  table.reserve(Math.ceil(MARGIN * rows));
  source.table = {
    rows: table.count,
    columns: table.width,
    expectedRows: rows,
    memory: needed.arrays + needed.heap,
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
  const { first } = records;
  const width = first.length;
  checkWidth(width, path);
  const guess = headerOf(records, options.header);
  const { names, begin, text: heading } = headingOf(first, records.count, guess, path);
  const columns = names.map((name, k) => ({ name, values: records.column(k, begin === 0) }));
  const count = records.count - begin;
  const cells = readingOf(columns, delimiter, options);
  const doubt = isGuessed ? ', guessed: --encoding overrules it' : '';
  const notes: Note[] = [
    {
      code: 'read',
      text: `read as ${encoding} text${doubt}: ${describeDelimiter(delimiter)}, ${heading}, ${count} rows of ${width} column${width === 1 ? '' : 's'}`,
      ...(isGuessed && { isWarning: true }),
    },
    ...records.notes,
  ];
  return { name: path, count, columns, hasNames: guess.hasHeader, cells, notes };
}

function headerOf(records: Records, wanted: boolean | undefined): HeaderGuess {
  if (wanted !== undefined) return { hasHeader: wanted, why: 'as was said' };
  if (records.isNamed) return { hasHeader: true, why: 'a comment has them' };
  const below = Math.min(COMPARED, records.count - 1);
  return guessHeader(records.first, below, k => [...records.column(k, false).slice(0, below)]);
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
