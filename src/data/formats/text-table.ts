// CSV and its relatives as a table, whatever program wrote it. Every guess is said in a note, and can be overruled.

import { InputError } from '../../errors.ts';
import type { Note } from '../notes.ts';
import { type CellReading, isMissing, type Table } from './columns.ts';
import { describeDelimiter, findRecords, type Records } from './dialect.ts';
import { COMPARED, guessHeader, type HeaderGuess, headingOf } from './header.ts';
import { findFormat, NUMERIC_SHARE, type NumberFormat } from './numbers.ts';
import { namesIn, rowsAtEnd, titlesAbove } from './rows-around.ts';
import { type Detector, decodeText } from './text-encoding.ts';

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

/** Examples with what is to be said of how they were read. */
export type NotedTable = Table & { readonly notes: readonly Note[] };

/** A table is held in memory as text, at several times the size of its file. */
export const MAX_BYTES = 512 * 2 ** 20;
const MAX_COLUMNS = 100_000;
/** Rows that tell how numbers are written in a file as a whole. */
const SAMPLE = 500;

/** Throws an InputError where a text is larger than what is read. */
export function checkSize(size: number, path: string): void {
  if (size <= MAX_BYTES) return;
  throw new InputError(
    `${path}: expected at most ${MAX_BYTES / 2 ** 20} MiB of CSV, found ${Math.ceil(size / 2 ** 20)}; take a sample of it, or an NPY file`,
  );
}

/**
 * Parses the bytes of a CSV file, whose encoding is told with the help of `detect` where it is neither said nor plain. Throws an
 * InputError that names `path`.
 */
export function parseTextTable(
  bytes: Uint8Array,
  path: string,
  detect: Detector | undefined,
  options: TextOptions = {},
): NotedTable {
  const { text, encoding, isGuessed } = decodeText(bytes, path, detect, options.encoding);
  const records = findRecords(text.replace(/\r\n?/g, '\n'), path, options.delimiter);
  const { rows, delimiter } = records;
  if (rows.length === 0)
    throw new InputError(`${path} is empty: expected a table with a row for each example`);
  const width = rows[0].length;
  if (width > MAX_COLUMNS) {
    throw new InputError(`${path}: expected at most ${MAX_COLUMNS} columns, found ${width}`);
  }
  // Whoever says whether the first row is names says that of no other row.
  const isSaid = options.header !== undefined;
  const titles = titlesAbove(isSaid || records.isNamed ? [] : rows.slice(0, COMPARED));
  const all = rows.slice(titles.count);
  const guess = headerOf({ ...records, rows: all }, options.header);
  const head = guess.hasHeader
    ? namesIn(all.slice(0, isSaid ? 1 : COMPARED))
    : { names: all[0], count: 0, notes: [] };
  const { names, text: heading } = headingOf(
    head.names,
    all.length - Math.max(0, head.count - 1),
    guess,
    path,
  );
  const body = all.slice(head.count);
  const atEnd = rowsAtEnd(isSaid ? [] : body);
  const examples = atEnd.count > 0 ? body.slice(0, -atEnd.count) : body;
  const columns = names.map((name, k) => ({ name, values: examples.map(row => row[k]) }));
  const cells = readingOf(examples, delimiter, options);
  const doubt = isGuessed ? ', guessed: --encoding overrules it' : '';
  const notes: Note[] = [
    {
      code: 'read',
      text: `read as ${encoding} text${doubt}: ${describeDelimiter(delimiter)}, ${heading}, ${examples.length} rows of ${width} column${width === 1 ? '' : 's'}`,
      ...(isGuessed && { isWarning: true }),
    },
    ...records.notes,
    ...titles.notes,
    ...head.notes,
    ...atEnd.notes,
  ];
  return { name: path, count: examples.length, columns, hasNames: guess.hasHeader, cells, notes };
}

function headerOf({ rows, isNamed }: Records, wanted: boolean | undefined): HeaderGuess {
  if (wanted !== undefined) return { hasHeader: wanted, why: 'as was said' };
  return isNamed ? { hasHeader: true, why: 'a comment has them' } : guessHeader(rows);
}

/** What is known of all cells: what was said, and whether columns that can be read in one way only have decimal commas. */
function readingOf(rows: readonly string[][], delimiter: string, options: TextOptions): CellReading {
  const { decimal, thousands, missing } = options;
  const votes = { '.': 0, ',': 0 };
  const sample = rows.slice(0, SAMPLE);
  for (let k = 0; k < rows[0].length; k++) {
    const cells = sample.map(row => row[k]).filter(cell => !isMissing(cell, missing) && /[.,]/.test(cell));
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
