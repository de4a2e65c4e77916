// How a text is a table: what stands between cells, and which lines above it are not of it. Told by comparing lines.

import { refuse } from '../../errors.ts';
import { isMissing } from './columns.ts';
import { findFormat } from './numbers.ts';
import { kindOf, mostFrequent, tableIn } from './record-kinds.ts';
import { cutRecords } from './records.ts';

/** One or more blanks between cells, as in tables that are aligned by eye. */
export const BLANKS = ' ';

/** In this order where nothing else decides: who writes decimal commas puts something else between cells. */
const DELIMITERS = ['\t', ';', '|', ',', BLANKS];
/** Records that are compared. */
const SAMPLE_RECORDS = 200;
const SAMPLE_CHARACTERS = 1 << 18;
/** Of long lines, so many, within so many characters. */
const SAMPLE_LINES = 6;
const MOST_CHARACTERS = 1 << 26;
/** Comments that may stand before a table. */
const MOST_COMMENTS = 50;
/** Characters that the lines above a table may have each. */
const LONGEST_COMMENT = 1 << 16;
/** Share of records that have to be cut into as many cells. */
const ALIKE = 0.9;

/** What the beginning of a text tells of it. */
export interface Dialect {
  readonly delimiter: string;
  /** Where the first record begins. */
  readonly begin: number;
  /** Whether a line says what stands between cells. */
  readonly isDeclared: boolean;
  /** Lines of comments before the first record. */
  readonly comments: number;
  /** The last of them, which may name the columns. */
  readonly head?: string;
  /** The first records, at least one where there is any, each a list of cells. */
  readonly sample: readonly string[][];
}

/** The delimiter in words. */
export function describeDelimiter(delimiter: string): string {
  const names: Readonly<Record<string, string>> = {
    ',': 'commas',
    ';': 'semicolons',
    '\t': 'tabs',
    '|': 'bars',
    [BLANKS]: 'blanks',
  };
  return `${names[delimiter] ?? JSON.stringify(delimiter)} between cells`;
}

/**
 * How the text that begins with `text`, whose lines end in \n, is a table: by `wanted` or by what is found to stand between cells.
 * Undefined where it takes more of a text that does not end there.
 */
export function findDialect(text: string, isWhole: boolean, wanted?: string): Dialect | undefined {
  if (wanted !== undefined && (wanted === '' || /["\n\r]/.test(wanted)))
    refuse('delimiter', 'what stands between cells: no quote and no end of a line', wanted);
  const declared = /^\s*"?sep=(.)"?[^\S\n]*\n/i.exec(text);
  const first = declared?.[0].length ?? 0;
  const { length, comments, head } = commentsIn(text.slice(first));
  const begin = first + length;
  const sample = sampleOf(text, begin, isWhole);
  if (sample === undefined) return undefined;
  const delimiter = wanted ?? declared?.[1] ?? findDelimiter(sample);
  return {
    delimiter,
    begin,
    isDeclared: declared !== null,
    comments,
    ...(head !== undefined && { head }),
    sample: cutLines(sample, delimiter, SAMPLE_RECORDS).filter(isFilled),
  };
}

/** The lines at the beginning of a text that a # makes comments, and the empty ones below them. */
function commentsIn(text: string): { length: number; comments: number; head?: string } {
  let at = 0;
  let comments = 0;
  let head: string | undefined;
  while (comments <= MOST_COMMENTS) {
    const match = /^[^\S\n]*(?:#([^\n]*))?\n/.exec(text.slice(at, at + LONGEST_COMMENT));
    if (!match || (match[1] === undefined && comments === 0)) break;
    if (match[1] !== undefined) {
      comments++;
      head = match[1];
    }
    at += match[0].length;
  }
  // A table of which every line begins so has no comments but a first column that does.
  if (comments > MOST_COMMENTS || at >= text.length) return { length: 0, comments: 0 };
  return { length: at, comments, ...(head !== undefined && { head }) };
}

/** Whole lines of the beginning of a text, from `begin` on; undefined where there have to be more. */
function sampleOf(text: string, begin: number, isWhole: boolean): string | undefined {
  const { length } = text;
  if (length - begin <= SAMPLE_CHARACTERS) return isWhole ? text.slice(begin) : undefined;
  let end = begin;
  for (let lines = 0; lines < SAMPLE_LINES; lines++) {
    end = text.indexOf('\n', end) + 1;
    if (end > 0) continue;
    if (!isWhole && length - begin < MOST_CHARACTERS) return undefined;
    end = length;
    break;
  }
  return text.slice(begin, Math.max(end, text.lastIndexOf('\n', begin + SAMPLE_CHARACTERS)));
}

/** The cells of a comment that names as many columns as there are. */
export function nameLine(comment: string, delimiter: string, width: number): string[] | undefined {
  const [cells] = cutLines(comment, delimiter).map(row => row.map(cell => cell.trim()));
  const isName = (cell: string) => cell !== '' && cell.length < 60;
  return width > 1 && cells?.length === width && cells.every(isName) ? cells : undefined;
}

/** What cuts the first records into as many cells each, of which the most are numbers; of those that do alike, into the most. */
function findDelimiter(sample: string): string {
  let best = ',';
  let most = 0;
  let isWhole = false;
  for (const delimiter of DELIMITERS) {
    // What stands between thousands, or between the words of a cell, where something cuts the lines that can be nothing else.
    if (delimiter === BLANKS && most > 0 && best !== ',') continue;
    const rows = cutLines(sample, delimiter, SAMPLE_RECORDS).filter(isFilled);
    if (rows.length === 0) continue;
    const width = mostFrequent(countLengths(rows));
    if (width < 2) continue;
    const { begin, end } = tableIn(rows.length, i => kindOf(rows[i], width));
    // Blanks within cells cut the rows, and not the names above them.
    if (delimiter === BLANKS && isWhole && begin > 0) continue;
    const inside = rows.slice(begin, end);
    const alike = inside.filter(row => kindOf(row, width) !== 'short' && kindOf(row, width) !== 'long');
    if (alike.length < ALIKE * inside.length || alike.length < 2) continue;
    const score =
      numericShare(alike.slice(1), width) + 0.1 * Math.log2(width) - (delimiter === BLANKS ? 0.15 : 0);
    if (score > most + 1e-9) {
      [best, most] = [delimiter, score];
      isWhole = alike.length === rows.length;
    }
  }
  return best;
}

/** How many records have how many cells. */
export function countLengths(rows: readonly string[][]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  return counts;
}

/** Of the columns of some records, the share that nearly all are numbers, in whatever way they are written. */
function numericShare(rows: readonly string[][], width: number): number {
  let numeric = 0;
  for (let k = 0; k < width; k++) {
    const cells = rows.map(row => (row[k] ?? '').trim()).filter(cell => !isMissing(cell));
    if (cells.length > 0 && findFormat(cells).count >= ALIKE * cells.length) numeric++;
  }
  return numeric / width;
}

/** The records in whole lines, `most` of them at most, without a word about what is wrong. */
export function cutLines(text: string, delimiter: string, most?: number): string[][] {
  if (delimiter !== BLANKS) return cutRecords(text, delimiter, most).records;
  const lines = text.split('\n', most);
  // Quotes keep blanks together.
  return lines.map(line => (line.match(/"[^"]*"|\S+/g) ?? ['']).map(cell => cell.replace(/^"(.*)"$/, '$1')));
}

/** Whether a record has a cell, or several. */
export function isFilled(row: readonly string[]): boolean {
  return row.length > 1 || row[0].trim() !== '';
}
