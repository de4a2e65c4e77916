// From the columns of a table to the inputs of a network, as a careful person would do it: numbers standardised, cut into
// intervals and decorrelated, categories one input each, missing cells told, useless columns left out. Fitted on the training
// rows, kept as JSON in the model file, applied again to whatever is to be predicted.

import { InputError, nearestName } from '../../errors.ts';
import { sharedBuffer } from '../../threads/memory.ts';
import { type Column, isMissing, numbers, type Table, texts } from '../formats/columns.ts';
import {
  type DateOrder,
  type DatePart,
  datePart,
  dateParts,
  findDateOrder,
  isDateOrder,
  isDatePart,
} from '../formats/dates.ts';
import {
  describeFormat,
  findFormat,
  isNumberFormat,
  type NumberFormat,
  PLAIN,
  parseNumber,
  readableFormats,
} from '../formats/numbers.ts';
import { MOST_LABEL_INPUTS } from '../label-inputs.ts';
import { columnText, few, type Note } from '../notes.ts';
import { type Decorrelation, fitDecorrelation, isDecorrelated, isDecorrelation } from './decorrelation.ts';
import { findApart, isIdentifier } from './identifiers.ts';

/** How one column becomes inputs. */
export type ColumnEncoding =
  /**
   * (value − mean) / deviation, within ±LIMIT; a missing cell is 0, and 1 in an input of its own where any were missing. Then one
   * input for each interval between two of the `edges`, which ascend: the share of it that lies below the value, 0 to 1. That
   * is the piecewise linear encoding of Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep
   * Learning" (2022). There are no edges where there are too few rows.
   */
  | {
      readonly kind: 'number';
      readonly name: string;
      readonly mean: number;
      readonly deviation: number;
      readonly mayMiss: boolean;
      readonly edges: readonly number[];
      /** How the cells are written, where not plainly. */
      readonly format?: NumberFormat;
      /** The number that stands for a missing cell, such as -999. */
      readonly absent?: number;
      /** What of a date the number is, where the cells are dates. */
      readonly date?: { readonly order: DateOrder; readonly part: DatePart };
    }
  /** One input for each value, and one for all others where there are any. */
  | {
      readonly kind: 'category';
      readonly name: string;
      readonly values: readonly string[];
      readonly hasOthers: boolean;
    };

/** How a table becomes a dataset; plain data. */
export interface TableEncoding {
  readonly kind: 'table';
  /** The column that is learned. */
  readonly label: string;
  /** Its values, in the order of the classes. */
  readonly classNames: readonly string[];
  readonly columns: readonly ColumnEncoding[];
  /** Makes one more input of each column of numbers, within ±LIMIT; absent for few or very many of them. */
  readonly decorrelation?: Decorrelation;
  /** The value of an input that is always on: what keeps the length of a row in sight, which a layer divides away. */
  readonly constant: number;
  /** Columns of the training data, which are told by position, where they had no names. */
  readonly unnamed?: number;
  /** What stands for a missing cell besides an empty one, where that was said. */
  readonly missing?: readonly string[];
  /** Whether no inputs are left to the label, of which there are too many. */
  readonly hasNoLabel?: true;
}

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

export type NumberColumn = Extract<ColumnEncoding, { kind: 'number' }>;

/** A column that is not learned from, and why. */
export interface DroppedColumn {
  readonly name: string;
  readonly reason: string;
}

/** Deviations from the mean beyond which a value is cut off. */
const LIMIT = 4;
/** Intervals of a column of numbers, and the rows that each has to have. */
const MOST_INTERVALS = 16;
const FEWEST_IN_INTERVAL = 90;
const MOST_CATEGORIES = 40;
/** More rows than this say nothing more about how columns go together. */
const SAMPLE = 20_000;
/** A column with fewer numbers than this share of its cells is text; the odd cell in a column of numbers is missing. */
const NUMERIC_SHARE = 0.95;

/** Fits the encoding of `table`, whose column number `label` is learned, on the rows `rows`. */
export function fitEncoding(
  table: Table,
  label: number,
  classNames: readonly string[],
  rows: Uint32Array,
  options: ColumnOptions = {},
): { encoding: TableEncoding; dropped: DroppedColumn[]; notes: Note[] } {
  const columns: ColumnEncoding[] = [];
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

const TYPES: readonly unknown[] = ['number', 'category', 'day', 'month', 'year'] satisfies ColumnType[];

function checkNames(table: Table, { ignore = [], columns = [], keep = [], types = {} }: ColumnOptions): void {
  for (const [name, type] of Object.entries(types)) {
    if (TYPES.includes(type)) continue;
    throw new InputError(`types.${name}: expected one of ${TYPES.join(', ')}, found ${JSON.stringify(type)}`);
  }
  const names = table.columns.map(({ name }) => name);
  for (const name of [...ignore, ...columns, ...keep, ...Object.keys(types)]) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    throw new InputError(
      `${table.name} has no column ${name}${nearest ? `: did you mean ${nearest}?` : ''} (columns: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''})`,
    );
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
  columns.forEach((column, k) => {
    const cells = valuesOf(column, findColumn(encoding, table, column.name), encoding.missing);
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
    const how = numbersIn(column, rows, cells, type === 'number', notes);
    if (how) {
      const values = valuesOf(how, column, missing);
      const found = fitNumbers(how, values, rows);
      if (typeof found === 'string') return found;
      if (type === 'number' || keep?.includes(name)) return [found];
      return isIdentifier(name, values) ?? [withoutApart(found, values, rows, notes)];
    }
    if (type === 'number') return 'no cell is a number';
  }
  const words = texts(column, missing);
  if (type !== 'category') {
    const dates = fitDates(name, words, rows, type, notes);
    if (dates) return dates;
    if (type !== undefined) return 'no cell is a date';
  }
  return fitCategory(name, words, rows, type === 'category');
}

type Reading = Pick<NumberColumn, 'name' | 'format' | 'absent' | 'date'>;

/** One note for all columns whose numbers are written in the same way, where that is not plain. */
function formatNotes(columns: readonly ColumnEncoding[]): Note[] {
  const names = new Map<string, string[]>();
  for (const column of columns) {
    if (column.kind !== 'number' || !column.format) continue;
    const how = describeFormat(column.format);
    names.set(how, [...(names.get(how) ?? []), column.name]);
  }
  return [...names].map(([how, list]) => ({
    code: 'cells',
    count: list.length,
    text: `${how} in ${list.length} column${list.length === 1 ? '' : 's'} (${few(list)})`,
  }));
}

/** How the numbers of a column are to be read; undefined where it holds others, too many for `isSaid` to make them missing. */
function numbersIn(
  column: Column,
  rows: Uint32Array,
  cells: Table['cells'],
  isSaid: boolean,
  notes: Note[],
): Reading | undefined {
  const { name, values } = column;
  if (values instanceof Float64Array)
    return rows.some(row => Number.isFinite(values[row])) ? { name } : undefined;
  const known: string[] = [];
  for (const row of rows) if (!isMissing(values[row], cells?.missing)) known.push(values[row]);
  if (known.length === 0) return undefined;
  const { format, count, isAmbiguous } = findFormat(known, cells);
  if (count === 0 || (count < NUMERIC_SHARE * known.length && !isSaid)) return undefined;
  const isPlain = format.decimal === '.' && format.thousands === '' && !format.hasPercent;
  if (isAmbiguous) {
    const example = known.find(cell => /\D/.test(cell)) ?? known[0];
    const text = `${columnText(name)}: ${describeFormat(format)}, so that ${JSON.stringify(example.slice(0, 20))} is ${parseNumber(example, format)}; it could mean something else: say with --decimal and --thousands what is meant`;
    notes.push({ code: 'cells', column: name, text, isWarning: true });
  }
  return { name, ...(!isPlain && { format }) };
}

function fitNumbers(how: Reading, values: Float64Array, rows: Uint32Array): NumberColumn | string {
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
  const absent = findApart(Float64Array.from(rows, row => values[row]));
  if (absent === undefined) return found;
  const { name, format } = found;
  const known = values.map(value => (value === absent ? Number.NaN : value));
  const again = fitNumbers({ name, ...(format && { format }), absent }, known, rows);
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
      return fitNumbers(how, valuesOf(how, { name, values: words }), rows);
    })
    .filter(part => typeof part !== 'string');
  if (fitted.length === 0) return undefined;
  const parts = fitted.map(({ date }) => date!.part).join(', ');
  const doubt = isAmbiguous
    ? `; day and month could be the other way round: say --types ${name}=day or ${name}=month, whichever comes first`
    : '';
  const text = `${columnText(name)}: dates, ${order} first, of which ${parts} are learned from${doubt}`;
  notes.push({ code: 'cells', column: name, text, ...(isAmbiguous && { isWarning: true }) });
  return fitted;
}

function fitCategory(
  name: string,
  cells: readonly string[],
  rows: Uint32Array,
  isSaid: boolean,
): ColumnEncoding[] | string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(cells[row], (counts.get(cells[row]) ?? 0) + 1);
  if (counts.size === 1) return counts.has('') ? 'empty' : 'the same everywhere';
  const frequent = [...counts].filter(([, count]) => count > 1).sort((a, b) => b[1] - a[1]);
  if (counts.size > MOST_CATEGORIES && counts.size > rows.length / 2 && !isSaid) {
    return `text that differs in nearly every row (${counts.size} values)`;
  }
  const values = (counts.size <= MOST_CATEGORIES ? [...counts] : frequent.slice(0, MOST_CATEGORIES))
    .map(([value]) => value)
    .sort();
  return [{ kind: 'category', name, values, hasOthers: values.length < counts.size }];
}

/** The numbers in the cells of a column, as its encoding reads them; NaN where a cell is missing or holds none. */
export function valuesOf(
  { format = PLAIN, absent, date }: Reading,
  source: Column,
  missing?: readonly string[],
): Float64Array {
  if (date) return Float64Array.from(texts(source, missing), cell => datePart(cell, date.order, date.part));
  const values = numbers(source, format, missing);
  return absent === undefined ? values : values.map(value => (value === absent ? Number.NaN : value));
}

/** Quantiles of the known values, each once; none unless they make two intervals. */
function fitEdges(values: Float64Array, rows: Uint32Array): number[] {
  const known = Float64Array.from(rows, row => values[row])
    .filter(Number.isFinite)
    .sort();
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

/**
 * The numbers of a column in another table than that of training, and how they are written there if otherwise: nearly all cells then
 * are numbers in that way only, and of several ways the one whose numbers are most like those of training.
 */
export function valuesAgain(
  column: NumberColumn,
  source: Column,
  missing?: readonly string[],
): { readonly values: Float64Array; readonly format?: NumberFormat } {
  const values = valuesOf(column, source, missing);
  if (column.date || source.values instanceof Float64Array) return { values };
  const cells = source.values.filter(cell => !isMissing(cell, missing));
  const isReadable = values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  if (column.absent !== undefined || isReadable >= NUMERIC_SHARE * cells.length) return { values };
  const others = readableFormats(cells, NUMERIC_SHARE).map(format => {
    const again = valuesOf({ ...column, format }, source, missing);
    const known = again.filter(value => !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return { values: again, format, distance: Math.abs(mean - column.mean) };
  });
  const [nearest] = others.sort((a, b) => a.distance - b.distance);
  return nearest ?? { values };
}

/** Throws an InputError unless `encoding`, whatever it really is, can be applied. */
export function checkTableEncoding({
  label,
  columns,
  decorrelation,
  constant,
  missing,
}: TableEncoding): void {
  const isFine =
    typeof label === 'string' &&
    Number.isFinite(constant) &&
    (missing === undefined || isTexts(missing)) &&
    Array.isArray(columns) &&
    columns.every(column => {
      if (typeof column?.name !== 'string') return false;
      if (column.kind === 'number') {
        const { mean, deviation, edges, format, absent = 0, date } = column;
        return (
          (format === undefined || isNumberFormat(format)) &&
          (date === undefined || (isDateOrder(date.order) && isDatePart(date.part))) &&
          Number.isFinite(absent) &&
          Number.isFinite(mean) &&
          deviation > 0 &&
          Array.isArray(edges) &&
          edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edges[i - 1] < edge))
        );
      }
      return column.kind === 'category' && isTexts(column.values);
    }) &&
    (decorrelation === undefined ||
      isDecorrelation(decorrelation, columns.filter(({ kind }) => kind === 'number').length));
  if (!isFine) throw new InputError('the encoding does not say how columns become inputs');
}

function isTexts(list: readonly unknown[]): boolean {
  return Array.isArray(list) && list.every(value => typeof value === 'string');
}

/** Inputs before all others, which are left to the label. */
export function labelInputsOf({ classNames, hasNoLabel }: TableEncoding): number {
  return hasNoLabel ? 0 : classNames.length;
}

/** Inputs that the encoding makes beside those of the label. */
export function featuresOf({ columns, decorrelation = [] }: TableEncoding): number {
  return columns.reduce((count, column) => count + inputsOf(column), 1) + decorrelation.length;
}

function inputsOf(column: ColumnEncoding): number {
  if (column.kind === 'category') return column.values.length + Number(column.hasOthers);
  return 1 + Number(column.mayMiss) + Math.max(0, column.edges.length - 1);
}

/**
 * The rows `rows` of `table` as inputs, (rows, label inputs + features) with the first ones left to the label. Throws an
 * InputError where the table lacks a column that was learned from.
 */
export function encodeRows(encoding: TableEncoding, table: Table, rows: Uint32Array): Float32Array {
  const labels = labelInputsOf(encoding);
  const width = labels + featuresOf(encoding);
  const bytes = rows.length * width * 4;
  if (bytes > 2 ** 32) {
    throw new InputError(
      `${table.name}: ${rows.length} rows of ${width} inputs need ${(bytes / 2 ** 30).toFixed(1)} GiB, expected at most 4: take a sample of the rows`,
    );
  }
  const inputs = new Float32Array(sharedBuffer(bytes));
  const { decorrelation = [] } = encoding;
  const places: number[] = [];
  let at = labels;
  for (const column of encoding.columns) {
    const source = findColumn(encoding, table, column.name);
    if (column.kind === 'number') {
      const { values } = valuesAgain(column, source, encoding.missing);
      const { mayMiss, edges } = column;
      places.push(at);
      rows.forEach((row, i) => {
        const value = values[row];
        let to = i * width + at;
        if (!Number.isFinite(value)) {
          if (mayMiss) inputs[to + 1] = 1;
          return;
        }
        inputs[to] = standardised(column, value);
        to += 1 + Number(mayMiss);
        for (let k = 1; k < edges.length; k++, to++) {
          inputs[to] = Math.min(1, Math.max(0, (value - edges[k - 1]) / (edges[k] - edges[k - 1])));
        }
      });
    } else {
      const cells = texts(source, encoding.missing);
      const placeOf = categoryPlaces(column.values);
      rows.forEach((row, i) => {
        const place = placeOf(cells[row])?.place ?? (column.hasOthers ? column.values.length : -1);
        if (place >= 0) inputs[i * width + at + place] = 1;
      });
    }
    at += inputsOf(column);
  }
  for (let i = 0, first = 0; i < rows.length; i++, first += width) {
    decorrelation.forEach((weights, k) => {
      let sum = 0;
      for (let j = 0; j <= k; j++) sum += weights[j] * inputs[first + places[j]];
      inputs[first + at + k] = limited(sum);
    });
    inputs[first + at + decorrelation.length] = encoding.constant;
  }
  return inputs;
}

/** Deviations from the mean; 0 where the cell is missing. */
function standardised({ mean, deviation }: NumberColumn, value: number): number {
  return Number.isFinite(value) ? limited((value - mean) / deviation) : 0;
}

function limited(value: number): number {
  return Math.min(LIMIT, Math.max(-LIMIT, value));
}

const YES = ['true', 't', 'yes', 'y', '1', '1.0'];
const NO = ['false', 'f', 'no', 'n', '0', '0.0'];

/**
 * Which of `values` a cell is: as it is written or, where one alone is meant, in other letters, as another number that is equal, or as
 * another word for yes and no. Undefined for a cell that is none of them.
 */
export function categoryPlaces(
  values: readonly string[],
): (cell: string) => { readonly place: number; readonly isRespelled: boolean } | undefined {
  const exact = new Map(values.map((value, place) => [value, place]));
  const alike = new Map<string, number>();
  const add = (word: string, place: number) =>
    alike.set(word, alike.has(word) && alike.get(word) !== place ? -1 : place);
  const isOfTwo = values.filter(value => value !== '').length <= 2;
  const others = (word: string) => (isOfTwo ? [YES, NO].find(words => words.includes(word)) : undefined);
  values.forEach((value, place) => {
    for (const word of spellings(value)) add(word, place);
    for (const word of others(value.toLowerCase()) ?? []) add(word, place);
  });
  return cell => {
    const place = exact.get(cell);
    if (place !== undefined) return { place, isRespelled: false };
    const found = spellings(cell)
      .map(word => alike.get(word))
      .find(each => each !== undefined && each >= 0);
    return found === undefined ? undefined : { place: found, isRespelled: true };
  };
}

/** A word without what may differ in how it is written; a number in one way only. */
function spellings(word: string): string[] {
  const lower = word.toLowerCase().trim();
  const value = parseNumber(lower, PLAIN);
  return Number.isNaN(value) ? [lower] : [lower, String(value)];
}

/** The column of a table that an encoding calls `name`. Throws an InputError where there is none. */
export function findColumn({ unnamed, label }: TableEncoding, table: Table, name: string): Column {
  if (unnamed === undefined) {
    const found = table.columns.find(column => column.name === name);
    if (found) return found;
    throw new InputError(
      `${table.name} has no column ${name}, which the model learned from: expected the columns of the training data, with their names in the first row`,
    );
  }
  const count = table.columns.length;
  if (count !== unnamed && count !== unnamed - 1) {
    throw new InputError(
      `${table.name} has ${count} columns, expected the ${unnamed} of the training data, or all of them but the label`,
    );
  }
  const position = positionOf(name);
  return table.columns[count < unnamed && positionOf(label) < position ? position - 1 : position];
}

/** Of a column without a name, which readers call `column 1` and so on; what NPZ calls `label` comes last. */
function positionOf(name: string): number {
  const position = Number(/^column (\d+)$/.exec(name)?.[1]);
  return Number.isNaN(position) ? Number.MAX_SAFE_INTEGER : position - 1;
}
