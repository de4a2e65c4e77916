// How a table becomes inputs is decided here, from its training rows and from what its user says: which columns say something, which
// hold numbers, dates or categories, and how these are written.

import { InputError } from '../../errors.ts';
import { type Column, MOST_WORDS, type Table, texts } from '../formats/columns.ts';
import { type DateOrder, dateParts, findDateOrder, parseDate } from '../formats/dates.ts';
import { describeFormat, NUMERIC_SHARE } from '../formats/numbers.ts';
import { MOST_LABEL_INPUTS } from '../label-inputs.ts';
import { columnText, few, type Note } from '../notes.ts';
import { type Decorrelation, fitDecorrelation, isDecorrelated } from './decorrelation.ts';
import { findApart, whyIdentifier } from './identifiers.ts';
import { readNumbers } from './number-reading.ts';
import { noColumn } from './table.ts';
import {
  type ColumnEncoding,
  type ColumnReading,
  columnFinder,
  columnValues,
  type NumberColumn,
  standardised,
  type TableEncoding,
} from './table-encoding.ts';
import { areMany, tellingColumns } from './telling-columns.ts';

/** What a user has to say of the columns of a table. */
export interface ColumnOptions {
  /** Names of columns that are not learned from. */
  readonly ignore?: readonly string[] | undefined;
  /** Names of the only columns that are. */
  readonly columns?: readonly string[] | undefined;
  /** Names of columns that are learned from although they look like numbers of rows. */
  readonly keep?: readonly string[] | undefined;
  /** What columns hold, by name; the order of a date by what comes first. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
}

/** What a column may be said to hold. */
export type ColumnType = 'number' | 'category' | DateOrder;

/** A column that is not learned from, and why. */
export interface DroppedColumn {
  readonly name: string;
  readonly reason: string;
}

/** Intervals of a column of numbers, and the rows that each has to have. */
const MOST_INTERVALS = 16;
const FEWEST_IN_INTERVAL = 90;
const MOST_CATEGORIES = 40;
/** More rows than this say nothing more about how columns go together. */
const SAMPLE = 20_000;

/** Rows, and the numbers of their classes. */
export interface KnownLabels {
  readonly rows: Uint32Array;
  readonly labels: Uint32Array;
}

/**
 * Fits the encoding of `table`, whose column number `label` is learned, on the rows `rows`. Where there are many more columns than rows,
 * those are left out that do not tell the labels `known`, if these are given.
 */
export function fitEncoding(
  table: Table,
  label: number,
  classNames: readonly string[],
  rows: Uint32Array,
  options: ColumnOptions = {},
  known?: KnownLabels,
): { encoding: TableEncoding; dropped: DroppedColumn[]; notes: Note[] } {
  let columns: ColumnEncoding[] = [];
  const dropped: DroppedColumn[] = [];
  const notes: Note[] = [];
  checkNames(table, options);
  table.columns.forEach((column, k) => {
    const { name } = column;
    if (k === label || options.ignore?.includes(name)) return;
    if (options.columns && !options.columns.includes(name)) return;
    const found = fitColumn(column, rows, table, options, notes);
    if (typeof found === 'string') dropped.push({ name, reason: found });
    else columns.push(...found);
  });
  if (columns.length === 0) {
    const reasons = dropped.slice(0, 4).map(({ name, reason }) => `${name}: ${reason}`);
    throw new InputError(
      `${table.name} has no column to learn ${table.columns[label].name} from${reasons.length ? ` (${reasons.join('; ')})` : ''}`,
    );
  }
  if (known && !options.columns)
    columns = withoutChance(columns, table, known, classNames.length, options, notes);
  const encoding: TableEncoding = {
    kind: 'table',
    label: table.columns[label].name,
    classNames,
    columns,
    constant: Math.sqrt(columns.length) / 2,
    ...(!table.hasNames && { unnamed: table.columns.length }),
    ...(table.cells?.missing && { missing: table.cells.missing }),
    ...(classNames.length > MOST_LABEL_INPUTS && { hasNoLabel: true as const }),
  };
  notes.push(...formatNotes(columns));
  const decorrelation = decorrelationOf(encoding, table, rows);
  return { encoding: { ...encoding, ...(decorrelation && { decorrelation }) }, dropped, notes };
}

/** Of many more columns than rows, those that do not tell classes by chance alone. */
function withoutChance(
  columns: ColumnEncoding[],
  table: Table,
  { rows, labels }: KnownLabels,
  classes: number,
  { keep, types = {} }: ColumnOptions,
  notes: Note[],
): ColumnEncoding[] {
  const isOpen = ({ name }: ColumnEncoding) => !keep?.includes(name) && !Object.hasOwn(types, name);
  const open = columns.filter(column => column.kind === 'number' && isOpen(column)) as NumberColumn[];
  if (!areMany(open.length, rows.length)) return columns;
  const named = new Map(table.columns.map(column => [column.name, column]));
  const isTelling = tellingColumns(
    open.length,
    k => {
      const column = open[k];
      const values = at(columnValues(column, named.get(column.name)!, table.cells?.missing), rows);
      return values.map(value => (Number.isFinite(value) ? standardised(column, value) : Number.NaN));
    },
    labels,
    classes,
  );
  const left = new Set<ColumnEncoding>(isTelling && open.filter((_, k) => isTelling[k] === 0));
  if (left.size === 0) return columns;
  const text = `${left.size} of ${open.length} columns of numbers left out, which differ between classes by no more than chance among so many and only ${rows.length} rows; --keep NAME learns from one of them`;
  notes.push({ code: 'left-out', count: left.size, text });
  return columns.filter(column => !left.has(column));
}

const TYPES: readonly unknown[] = ['number', 'category', 'day', 'month', 'year'] satisfies ColumnType[];

function checkNames(table: Table, { ignore = [], columns = [], keep = [], types = {} }: ColumnOptions): void {
  for (const [name, type] of Object.entries(types)) {
    if (TYPES.includes(type)) continue;
    throw new InputError(`types.${name}: expected one of ${TYPES.join(', ')}, found ${JSON.stringify(type)}`);
  }
  const names = table.columns.map(({ name }) => name);
  for (const name of [...ignore, ...columns, ...keep, ...Object.keys(types)]) {
    if (!names.includes(name)) throw noColumn(table, name);
  }
}

function decorrelationOf(
  encoding: TableEncoding,
  table: Table,
  rows: Uint32Array,
): Decorrelation | undefined {
  const columns = encoding.columns.filter(column => column.kind === 'number');
  if (!isDecorrelated(columns.length)) return;
  const step = Math.ceil(rows.length / SAMPLE);
  const sample = rows.filter((_, i) => i % step === 0);
  const values = new Float64Array(sample.length * columns.length);
  const find = columnFinder(encoding, table);
  columns.forEach((column, k) => {
    const cells = columnValues(column, find(column.name), encoding.missing);
    sample.forEach((row, i) => {
      values[i * columns.length + k] = standardised(column, cells[row]);
    });
  });
  return fitDecorrelation(values, sample.length, columns.length);
}

/** The encoding of a column, of a date several, or why it is of no use. */
function fitColumn(
  column: Column,
  rows: Uint32Array,
  { cells }: Table,
  { keep, types }: ColumnOptions,
  notes: Note[],
): ColumnEncoding[] | string {
  const { name } = column;
  const type = types && Object.hasOwn(types, name) ? types[name] : undefined;
  const missing = cells?.missing;
  if (type === undefined || type === 'number') {
    const how = readNumbers(column, rows, cells, type === 'number', notes);
    if (how) {
      const values = columnValues(how, column, missing);
      const found = fitNumbers(how, values, rows);
      if (typeof found === 'string') return found;
      if (type === 'number' || keep?.includes(name)) return [found];
      return whyIdentifier(name, values) ?? [withoutApart(found, values, rows, notes)];
    }
    if (type === 'number') return 'no cell is a number';
  }
  const words = texts(column, missing);
  if (type !== 'category') {
    const dates = fitDates(name, words, rows, type, notes);
    if (dates) return dates;
    if (type !== undefined) return 'no cell is a date';
  }
  return fitCategory(name, words, rows, type === 'category', notes);
}

/** One note for all columns whose numbers are written in the same way, where that is not plain. */
function formatNotes(columns: readonly ColumnEncoding[]): Note[] {
  const names = new Map<string, string[]>();
  for (const column of columns) {
    if (column.kind !== 'number' || !column.format) continue;
    const how = describeFormat(column.format);
    const list = names.get(how) ?? [];
    list.push(column.name);
    names.set(how, list);
  }
  return [...names].map(([how, list]) => ({
    code: 'cells',
    count: list.length,
    text: `${how} in ${list.length} column${list.length === 1 ? '' : 's'} (${few(list)})`,
  }));
}

function fitNumbers(how: ColumnReading, values: Float64Array, rows: Uint32Array): NumberColumn | string {
  let [count, sum] = [0, 0];
  for (const row of rows) {
    if (!Number.isFinite(values[row])) continue;
    count++;
    sum += values[row];
  }
  if (count === 0) return 'empty';
  const mean = sum / count;
  let squares = 0;
  for (const row of rows) if (Number.isFinite(values[row])) squares += (values[row] - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  const mayMiss = count < rows.length;
  if (!Number.isFinite(mean + deviation)) return 'its numbers are too large';
  if (!(deviation > 1e-12 * Math.abs(mean)) && !mayMiss) return 'the same everywhere';
  return { kind: 'number', ...how, mean, deviation: deviation || 1, mayMiss, edges: fitEdges(values, rows) };
}

/** The same without the number that stands for a missing cell, where one lies far from all others. */
function withoutApart(
  found: NumberColumn,
  values: Float64Array,
  rows: Uint32Array,
  notes: Note[],
): NumberColumn {
  const absent = findApart(at(values, rows));
  if (absent === undefined) return found;
  const { name, format, unit } = found;
  const known = values.map(value => (value === absent ? Number.NaN : value));
  const again = fitNumbers({ name, ...(format && { format }), ...(unit && { unit }), absent }, known, rows);
  if (typeof again === 'string') return found;
  const count = values.filter(value => value === absent).length;
  const text = `${columnText(name)}: ${absent} stands apart, ${count} times, and counts as missing; --types ${name}=number takes it as a number`;
  notes.push({ code: 'cells', column: name, count, text, isWarning: true });
  return again;
}

/** The parts of dates that vary, if nearly all cells are dates. */
function fitDates(
  name: string,
  words: readonly string[],
  rows: Uint32Array,
  said: DateOrder | undefined,
  notes: Note[],
): NumberColumn[] | undefined {
  const known = Array.from(rows, row => words[row]).filter(cell => cell !== '');
  const found = said ? { order: said, isAmbiguous: false } : findDateOrder(known, NUMERIC_SHARE);
  if (!found || known.length === 0) return undefined;
  const { order, isAmbiguous } = found;
  const fitted = dateParts
    .map(part => {
      const how = { name, date: { order, part } };
      return fitNumbers(how, columnValues(how, { name, values: words }), rows);
    })
    .filter(part => typeof part !== 'string');
  if (fitted.length === 0) return undefined;
  const parts = fitted.map(({ date }) => date!.part).join(', ');
  const doubt = isAmbiguous
    ? `; day and month could be the other way round: say --types ${name}=day or ${name}=month, whichever comes first`
    : '';
  const zones = [...new Set(known.map(cell => parseDate(cell, order)?.zone ?? ''))];
  const asWritten = zones.length > 1 ? `; hours are as written, of several time zones (${few(zones)})` : '';
  const text = `${columnText(name)}: dates, ${order} first, of which ${parts} are learned from${doubt}${asWritten}`;
  const isWarning = isAmbiguous || (asWritten !== '' && fitted.some(({ date }) => date!.part === 'hour'));
  notes.push({ code: 'cells', column: name, text, ...(isWarning && { isWarning }) });
  return fitted;
}

function fitCategory(
  name: string,
  cells: readonly string[],
  rows: Uint32Array,
  isSaid: boolean,
  notes: Note[],
): ColumnEncoding[] | string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    counts.set(cells[row], (counts.get(cells[row]) ?? 0) + 1);
    if (counts.size > MOST_WORDS) return `text with more than ${MOST_WORDS} different values`;
  }
  if (counts.size === 1) return counts.has('') ? 'empty' : 'the same everywhere';
  const frequent = [...counts].filter(([, count]) => count > 1).sort((a, b) => b[1] - a[1]);
  if (counts.size > MOST_CATEGORIES && counts.size > rows.length / 2 && !isSaid) {
    return `text that differs in nearly every row (${counts.size} values)`;
  }
  const values = (counts.size <= MOST_CATEGORIES ? [...counts] : frequent.slice(0, MOST_CATEGORIES))
    .map(([value]) => value)
    .sort();
  const listing = listingOf([...counts.keys()]);
  if (listing) {
    const text = `${columnText(name)}: cells that list several words count as a whole, such as ${JSON.stringify(listing.slice(0, 40))}; to learn from each word, give it a column of its own`;
    notes.push({ code: 'cells', column: name, text });
  }
  return [{ kind: 'category', name, values, hasOthers: values.length < counts.size }];
}

/** One of some different cells that list words apart by a sign, where most do and the words are fewer than the lists. */
function listingOf(cells: readonly string[]): string | undefined {
  for (const sign of [';', '|']) {
    const lists = cells.filter(cell => cell.includes(sign));
    const words = new Set(lists.flatMap(cell => cell.split(sign).map(word => word.trim())));
    if (lists.length > cells.length / 2 && words.size < lists.length) return lists[0];
  }
  return undefined;
}

function at(values: Float64Array, rows: Uint32Array): Float64Array {
  const some = new Float64Array(rows.length);
  for (let i = 0; i < some.length; i++) some[i] = values[rows[i]];
  return some;
}

/** Quantiles of the known values, each once; none unless they make two intervals. */
function fitEdges(values: Float64Array, rows: Uint32Array): number[] {
  const known = at(values, rows).filter(Number.isFinite).sort();
  const intervals = Math.min(MOST_INTERVALS, Math.floor(known.length / FEWEST_IN_INTERVAL));
  if (intervals < 2) return [];
  const last = known.length - 1;
  const quantiles = Array.from(
    { length: intervals + 1 },
    (_, i) => known[Math.round((i * last) / intervals)],
  );
  const edges = [...new Set(quantiles)];
  return edges.length > 2 ? edges : [];
}
