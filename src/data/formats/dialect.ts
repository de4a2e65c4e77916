// How a text is a table: what stands between cells, which lines around the table are not of it. Told by comparing lines.

import { InputError, refuse } from '../../errors.ts';
import type { Note } from '../notes.ts';
import { isMissing } from './columns.ts';
import { findFormat } from './numbers.ts';
import { cutRecords } from './records.ts';

/** One or more blanks between cells, as in tables that are aligned by eye. */
export const BLANKS = ' ';

/** In this order where nothing else decides: who writes decimal commas puts something else between cells. */
const DELIMITERS = ['\t', ';', '|', ',', BLANKS];
/** Records that are compared. */
const SAMPLE_RECORDS = 200;
const SAMPLE_CHARACTERS = 1 << 18;
/** Records that may stand before a table, and behind it. */
const MOST_BEFORE = 50;
const MOST_BEHIND = 5;
/** Share of records that have to be cut into as many cells. */
const ALIKE = 0.9;

/** A table's records, all of as many cells, and what was done to find them. */
export interface Records {
  readonly rows: readonly string[][];
  readonly delimiter: string;
  /** The first of them names the columns, since a comment does. */
  readonly isNamed: boolean;
  /** What was left out, and what the ends of lines were taken for. */
  readonly notes: readonly Note[];
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

/** Cuts a text into records, by `wanted` or by what is found to stand between cells. Throws an InputError that names `path`. */
export function findRecords(text: string, path: string, wanted?: string): Records {
  const notes: Note[] = [];
  const leaveOut = (count: number, what: string) => {
    if (count > 0) notes.push({ code: 'skipped', count, text: `${count} ${what} left out` });
  };
  const declared = /^\s*"?sep=(.)"?[^\S\n]*\n/i.exec(text);
  const { rest, comments, head } = withoutComments(declared ? text.slice(declared[0].length) : text);
  leaveOut(declared ? 1 : 0, 'line sep=');
  if (wanted !== undefined && (wanted === '' || /["\n\r]/.test(wanted)))
    refuse('delimiter', 'what stands between cells: no quote and no end of a line', wanted);
  const delimiter = wanted ?? declared?.[1] ?? findDelimiter(rest);
  const all = cut(rest, delimiter, path);
  if (all.length === 0) return { rows: [], delimiter, isNamed: false, notes };
  const width = mostFrequent(all);
  const { begin, end } = tableIn(all, width);
  const names = head === undefined ? undefined : nameLine(head, delimiter, width);
  leaveOut(comments - (names ? 1 : 0), 'comment lines');
  leaveOut(begin, 'lines before the table');
  leaveOut(all.length - end, 'lines behind the table');
  const inside = all.slice(begin, end);
  const table = inside.filter(
    row => !(row[0].startsWith('#') && row.length !== width && !isNeighbour(row, width)),
  );
  leaveOut(inside.length - table.length, 'comment lines in the table');
  const { rows, what } = evenOut(
    names ? [names, ...table] : table,
    width,
    path,
    delimiter,
    begin + comments + (declared ? 1 : 0),
  );
  if (what !== undefined) notes.push({ code: 'skipped', count: 1, text: what });
  return { rows, delimiter, isNamed: names !== undefined, notes };
}

/** The text without the lines at its beginning that a # makes comments; the last of them may name the columns. */
function withoutComments(text: string): { rest: string; comments: number; head?: string } {
  let at = 0;
  let comments = 0;
  let head: string | undefined;
  while (comments <= MOST_BEFORE) {
    const match = /^[^\S\n]*(?:#([^\n]*))?\n/.exec(text.slice(at, at + (1 << 16)));
    if (!match || (match[1] === undefined && comments === 0)) break;
    if (match[1] !== undefined) {
      comments++;
      head = match[1];
    }
    at += match[0].length;
  }
  // A table of which every line begins so has no comments but a first column that does.
  if (comments > MOST_BEFORE || at >= text.length) return { rest: text, comments: 0 };
  return { rest: text.slice(at), comments, ...(head !== undefined && { head }) };
}

/** The cells of a comment that names as many columns as there are. */
function nameLine(comment: string, delimiter: string, width: number): string[] | undefined {
  const [cells] = cutLines(comment, delimiter).map(row => row.map(cell => cell.trim()));
  const isName = (cell: string) => cell !== '' && cell.length < 60;
  return width > 1 && cells?.length === width && cells.every(isName) ? cells : undefined;
}

/** What cuts the first records into as many cells each, of which the most are numbers; of those that do alike, into the most. */
function findDelimiter(text: string): string {
  const end = text.length > SAMPLE_CHARACTERS ? text.lastIndexOf('\n', SAMPLE_CHARACTERS) : text.length;
  const sample = text.slice(0, end > 0 ? end : SAMPLE_CHARACTERS);
  let best = ',';
  let most = 0;
  let isWhole = false;
  for (const delimiter of DELIMITERS) {
    // What stands between thousands, or between the words of a cell, where something cuts the lines that can be nothing else.
    if (delimiter === BLANKS && most > 0 && best !== ',') continue;
    const rows = cutLines(sample, delimiter, SAMPLE_RECORDS).filter(isFilled);
    if (rows.length === 0) continue;
    const width = mostFrequent(rows);
    if (width < 2) continue;
    const { begin, end: after } = tableIn(rows, width);
    // Blanks within cells cut the rows, and not the names above them.
    if (delimiter === BLANKS && isWhole && begin > 0) continue;
    const inside = rows.slice(begin, after);
    const alike = inside.filter(row => row.length === width || isNeighbour(row, width));
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

/** Of the columns of some records, the share that nearly all are numbers, in whatever way they are written. */
function numericShare(rows: readonly string[][], width: number): number {
  let numeric = 0;
  for (let k = 0; k < width; k++) {
    const cells = rows.map(row => (row[k] ?? '').trim()).filter(cell => !isMissing(cell));
    if (cells.length > 0 && findFormat(cells).count >= ALIKE * cells.length) numeric++;
  }
  return numeric / width;
}

function cut(text: string, delimiter: string, path: string): string[][] {
  if (delimiter === BLANKS) return cutLines(text, delimiter).filter(isFilled);
  const { records, fault } = cutRecords(text, delimiter);
  if (fault) {
    throw new InputError(
      `${path}: record ${fault.record + 1}: ${fault.what}; close the quote, and write a quote inside of quotes twice`,
    );
  }
  for (const row of records) for (let k = 0; k < row.length; k++) row[k] = row[k].trim();
  return records.filter(isFilled);
}

/** The same without a word about what is wrong, of `most` records at most. */
function cutLines(text: string, delimiter: string, most?: number): string[][] {
  if (delimiter !== BLANKS) return cutRecords(text, delimiter, most).records;
  const lines = text.split('\n', most);
  // Quotes keep blanks together.
  return lines.map(line => (line.match(/"[^"]*"|\S+/g) ?? ['']).map(cell => cell.replace(/^"(.*)"$/, '$1')));
}

function isFilled(row: readonly string[]): boolean {
  return row.length > 1 || row[0].trim() !== '';
}

/** How many cells most records have; of numbers that are as frequent, the larger one. */
function mostFrequent(rows: readonly string[][]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0][0];
}

/** The table without lines of other lengths before and behind it, of which there are few. */
function tableIn(rows: readonly string[][], width: number): { begin: number; end: number } {
  const fits = (row: readonly string[]) => row.length === width || isNeighbour(row, width);
  // A title is shorter than a record: a line that is not is a record with something wrong.
  const isAround = (row: readonly string[]) => row.length < width && !fits(row);
  let begin = 0;
  while (begin < Math.min(MOST_BEFORE, rows.length - 2) && isAround(rows[begin])) begin++;
  if (!fits(rows[begin])) begin = 0;
  let end = rows.length;
  while (end > begin + 2 && rows.length - end < MOST_BEHIND && isAround(rows[end - 1])) end--;
  if (!fits(rows[end - 1])) end = rows.length;
  return { begin, end };
}

/** Whether a record has one cell more, which is empty, or one less: a delimiter at its end, or none there. */
function isNeighbour(row: readonly string[], width: number): boolean {
  return (row.length === width - 1 && width > 2) || (row.length === width + 1 && row[width].trim() === '');
}

/** Gives all records as many cells where a delimiter at the end of the header or of the rows, or a name, is what they differ by. */
function evenOut(
  rows: readonly string[][],
  width: number,
  path: string,
  delimiter: string,
  before: number,
): { rows: string[][]; what?: string } {
  const [head, ...body] = rows;
  const isEven = body.every(row => row.length === width);
  if (isEven && head.length === width) return { rows: [...rows] };
  if (isEven && body.length > 0 && head.length === width + 1 && head[width] === '') {
    return { rows: [head.slice(0, width), ...body], what: `delimiter at the end of the header` };
  }
  if (isEven && head.length === width - 1 && body.length > 0) {
    if (body.every(row => row[width - 1] === '')) {
      return {
        rows: [head, ...body.map(row => row.slice(0, -1))],
        what: 'delimiter at the end of every row',
      };
    }
    return { rows: [['', ...head], ...body], what: 'first column has no name' };
  }
  const i = rows.findIndex(row => row.length !== width);
  const { length } = rows[i];
  throw new InputError(
    `${path}: record ${before + i + 1} has ${length} cell${length === 1 ? '' : 's'}, expected ${width} as in most (${describeDelimiter(delimiter)}); mend it, or say with --delimiter what stands between cells`,
  );
}
