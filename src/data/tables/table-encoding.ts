// From the columns of a table to the inputs of a network, as a careful person would do it: numbers standardised, cut into
// intervals and decorrelated, categories one input each, missing cells told, useless columns left out. Fitted on the training
// rows, kept as JSON in the model file, applied again to whatever is to be predicted.

import { InputError } from '../../errors.ts';
import { sharedBuffer } from '../../threads/memory.ts';
import { type Column, cellNumber, isMissing, numbers, type Table, texts } from '../formats/columns.ts';
import { type Decorrelation, fitDecorrelation, isDecorrelated, isDecorrelation } from './decorrelation.ts';

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
}

type NumberColumn = Extract<ColumnEncoding, { kind: 'number' }>;

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
): { encoding: TableEncoding; dropped: DroppedColumn[] } {
  const columns: ColumnEncoding[] = [];
  const dropped: DroppedColumn[] = [];
  table.columns.forEach((column, k) => {
    if (k === label) return;
    const found = fitColumn(column, rows);
    if (typeof found === 'string') dropped.push({ name: column.name, reason: found });
    else columns.push(found);
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
  };
  const decorrelation = decorrelationOf(encoding, table, rows);
  return { encoding: { ...encoding, ...(decorrelation && { decorrelation }) }, dropped };
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
    const cells = numbers(findColumn(encoding, table, column.name));
    sample.forEach((row, i) => {
      values[i * columns.length + k] = standardised(column, cells[row]);
    });
  });
  return fitDecorrelation(values, sample.length, columns.length);
}

/** The encoding of a column, or why it is of no use. */
function fitColumn(column: Column, rows: Uint32Array): ColumnEncoding | string {
  const { name } = column;
  if (isNumeric(column, rows)) {
    const values = numbers(column);
    let [count, sum] = [0, 0];
    for (const row of rows) {
      if (!Number.isFinite(values[row])) continue;
      count++;
      sum += values[row];
    }
    const mean = sum / count;
    let squares = 0;
    for (const row of rows) if (Number.isFinite(values[row])) squares += (values[row] - mean) ** 2;
    const deviation = Math.sqrt(squares / count);
    const mayMiss = count < rows.length;
    if (!Number.isFinite(mean + deviation)) return 'its numbers are too large';
    if (!(deviation > 1e-12 * Math.abs(mean)) && !mayMiss) return 'the same everywhere';
    if (countsRows(values)) return 'it numbers the rows';
    return { kind: 'number', name, mean, deviation: deviation || 1, mayMiss, edges: fitEdges(values, rows) };
  }
  const cells = texts(column);
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(cells[row], (counts.get(cells[row]) ?? 0) + 1);
  if (counts.size === 1) return counts.has('') ? 'empty' : 'the same everywhere';
  const frequent = [...counts].filter(([, count]) => count > 1).sort((a, b) => b[1] - a[1]);
  if (counts.size > MOST_CATEGORIES && counts.size > rows.length / 2) {
    return `text that differs in nearly every row (${counts.size} values)`;
  }
  const values = (counts.size <= MOST_CATEGORIES ? [...counts] : frequent.slice(0, MOST_CATEGORIES))
    .map(([value]) => value)
    .sort();
  return { kind: 'category', name, values, hasOthers: values.length < counts.size };
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

function isNumeric(column: Column, rows: Uint32Array): boolean {
  if (column.values instanceof Float64Array) {
    const values = column.values;
    return rows.some(row => Number.isFinite(values[row]));
  }
  let [known, numeric] = [0, 0];
  for (const row of rows) {
    const cell = column.values[row];
    if (isMissing(cell)) continue;
    known++;
    if (Number.isFinite(cellNumber(cell))) numeric++;
  }
  return numeric > 0 && numeric >= NUMERIC_SHARE * known;
}

/** Whether a column counts its rows by ones: in a file that is sorted by class it would give the answer away. */
function countsRows(values: Float64Array): boolean {
  if (values.length < 10) return false;
  return values.every((value, i) => value === values[0] + i);
}

/** Throws an InputError unless `encoding`, whatever it really is, can be applied. */
export function checkTableEncoding({ label, columns, decorrelation, constant }: TableEncoding): void {
  const isFine =
    typeof label === 'string' &&
    Number.isFinite(constant) &&
    Array.isArray(columns) &&
    columns.every(column => {
      if (typeof column?.name !== 'string') return false;
      if (column.kind === 'number') {
        const { mean, deviation, edges } = column;
        return (
          Number.isFinite(mean) &&
          deviation > 0 &&
          Array.isArray(edges) &&
          edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edges[i - 1] < edge))
        );
      }
      return (
        column.kind === 'category' &&
        Array.isArray(column.values) &&
        column.values.every((value: unknown) => typeof value === 'string')
      );
    }) &&
    (decorrelation === undefined ||
      isDecorrelation(decorrelation, columns.filter(({ kind }) => kind === 'number').length));
  if (!isFine) throw new InputError('the encoding does not say how columns become inputs');
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
 * The rows `rows` of `table` as inputs, (rows, classes + features) with the first `classes` left to the label. Throws an
 * InputError where the table lacks a column that was learned from.
 */
export function encodeRows(encoding: TableEncoding, table: Table, rows: Uint32Array): Float32Array {
  const labels = encoding.classNames.length;
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
      const values = numbers(source);
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
      const cells = texts(source);
      const places = new Map(column.values.map((value, k) => [value, k]));
      rows.forEach((row, i) => {
        const place = places.get(cells[row]) ?? (column.hasOthers ? column.values.length : -1);
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

function findColumn({ unnamed, label }: TableEncoding, table: Table, name: string): Column {
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
