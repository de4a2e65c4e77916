// From the columns of a table to the inputs of a network, as a careful person would do it: numbers standardised, cut into
// intervals and decorrelated, categories one input each, missing cells told, useless columns left out. Fitted on the training
// rows, kept as JSON in the model file, applied again to whatever is to be predicted.

import { InputError } from '../../errors.ts';
import { sharedBuffer } from '../../threads/memory.ts';
import {
  type Column,
  countKnown,
  isMissing,
  numbers,
  placeIn,
  type Table,
  texts,
} from '../formats/columns.ts';
import { type DateOrder, type DatePart, datePart, isDateOrder, isDatePart } from '../formats/dates.ts';
import {
  isNumberFormat,
  NUMERIC_SHARE,
  type NumberFormat,
  PLAIN,
  readableFormats,
} from '../formats/numbers.ts';
import { withoutUnit } from '../formats/units.ts';
import { categoryPlaces } from './categories.ts';
import { type Decorrelation, isDecorrelation } from './decorrelation.ts';

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
      /** What the numbers are of, where the cells say so, such as EUR. */
      readonly unit?: string;
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

export type NumberColumn = Extract<ColumnEncoding, { kind: 'number' }>;
export type CategoryColumn = Extract<ColumnEncoding, { kind: 'category' }>;

/** Cells that are read before they are written: those of several columns lie side by side in a row. */
const AT_ONCE = 1 << 21;
/** Deviations from the mean beyond which a value is cut off. */
export const LIMIT = 4;

/** How the cells of a column are to be read as numbers. */
export type ColumnReading = Pick<NumberColumn, 'name' | 'format' | 'unit' | 'absent' | 'date'>;

/** The numbers in the cells of a column, as its encoding reads them; NaN where a cell is missing or holds none. */
export function columnValues(
  { format = PLAIN, unit, absent, date }: ColumnReading,
  given: Column,
  missing?: readonly string[],
): Float64Array {
  const source = withoutUnits(given, unit);
  if (date) return Float64Array.from(texts(source, missing), cell => datePart(cell, date.order, date.part));
  const values = numbers(source, format, missing);
  return absent === undefined ? values : values.map(value => (value === absent ? Number.NaN : value));
}

function withoutUnits({ name, values }: Column, unit: string | undefined): Column {
  if (unit === undefined || values instanceof Float64Array) return { name, values };
  return { name, values: values.map(cell => withoutUnit(cell, unit)) };
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
  const values = columnValues(column, source, missing);
  if (column.date || source.values instanceof Float64Array) return { values };
  const readable = values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  const bare = withoutUnits(source, column.unit).values as Exclude<Column['values'], Float64Array>;
  if (column.absent !== undefined || readable >= NUMERIC_SHARE * countKnown(bare, missing)) return { values };
  const cells = [...bare].filter(cell => !isMissing(cell, missing));
  const others = readableFormats(cells, NUMERIC_SHARE).map(format => {
    const again = columnValues({ ...column, format }, source, missing);
    const known = again.filter(value => !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return { values: again, format, distance: Math.abs(mean - column.mean) };
  });
  const [nearest] = others.sort((a, b) => a.distance - b.distance);
  return nearest ?? { values };
}

/** The encoding with its columns of numbers as they are written in `table`, where that is otherwise than in training. */
export function asWritten(encoding: TableEncoding, table: Table): TableEncoding {
  const find = columnFinder(encoding, table);
  const columns = encoding.columns.map(column => {
    if (column.kind !== 'number') return column;
    const { format } = valuesAgain(column, find(column.name), encoding.missing);
    return format ? { ...column, format } : column;
  });
  return { ...encoding, columns };
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
        const { mean, deviation, edges, format, unit = '', absent = 0, date } = column;
        return (
          (format === undefined || isNumberFormat(format)) &&
          (date === undefined || (isDateOrder(date.order) && isDatePart(date.part))) &&
          typeof unit === 'string' &&
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

/** Throws an InputError unless `rows` rows of `table` as inputs are no more than one array may hold. */
export function checkInputs(encoding: TableEncoding, table: Table, rows: number): void {
  const width = labelInputsOf(encoding) + featuresOf(encoding);
  const bytes = rows * width * 4;
  if (bytes <= 2 ** 32) return;
  throw new InputError(
    `${table.name}: ${rows} rows of ${width} inputs need ${(bytes / 2 ** 30).toFixed(1)} GiB, expected at most 4: take a sample of the rows`,
  );
}

/**
 * Each of the lists of rows in `parts` as inputs, (rows, label inputs + features) with the first ones left to the label, by an
 * encoding that is `asWritten`. Throws an InputError where the table lacks a column that was learned from.
 */
export function encodeRows(
  encoding: TableEncoding,
  table: Table,
  parts: readonly Uint32Array[],
): Float32Array[] {
  const labels = labelInputsOf(encoding);
  const width = labels + featuresOf(encoding);
  for (const rows of parts) checkInputs(encoding, table, rows.length);
  const inputs = parts.map(rows => new Float32Array(sharedBuffer(rows.length * width * 4)));
  const find = columnFinder(encoding, table);
  const places: number[] = [];
  const several = Math.max(1, Math.floor(AT_ONCE / Math.max(1, table.count)));
  let at = labels;
  for (let k = 0; k < encoding.columns.length; k += several) {
    const writers = encoding.columns.slice(k, k + several).map((column): RowWriter => {
      if (column.kind === 'number') places.push(at);
      const write = writerOf(column, find(column.name), encoding.missing, at);
      at += inputsOf(column);
      return write;
    });
    parts.forEach((rows, p) => {
      const to = inputs[p];
      for (let i = 0; i < rows.length; i++) for (const write of writers) write(rows[i], to, i * width);
    });
  }
  for (const part of inputs) finishRows(encoding, part, places, at, width);
  return inputs;
}

/** Writes the inputs of a column for one row of the table into the row that begins at `first`. */
type RowWriter = (row: number, inputs: Float32Array, first: number) => void;

/** Of a column that is `source` in the table, and whose inputs are from `at` on in a row. */
function writerOf(
  column: ColumnEncoding,
  source: Column,
  missing: readonly string[] | undefined,
  at: number,
): RowWriter {
  if (column.kind === 'category') {
    const { values, hasOthers } = column;
    const cells = texts(source, missing);
    const placeOf = categoryPlaces(values);
    return (row, inputs, first) => {
      const place = placeOf(cells[row])?.place ?? (hasOthers ? values.length : -1);
      if (place >= 0) inputs[first + at + place] = 1;
    };
  }
  const { mayMiss, edges } = column;
  const numbers = columnValues(column, source, missing);
  return (row, inputs, first) => {
    const value = numbers[row];
    let to = first + at;
    if (!Number.isFinite(value)) {
      if (mayMiss) inputs[to + 1] = 1;
      return;
    }
    inputs[to] = standardised(column, value);
    to += 1 + Number(mayMiss);
    for (let k = 1; k < edges.length; k++, to++) {
      inputs[to] = Math.min(1, Math.max(0, (value - edges[k - 1]) / (edges[k] - edges[k - 1])));
    }
  };
}

/** Writes what comes behind all columns, from the input `at` on: numbers without what others tell, from the inputs `places`, and the constant. */
function finishRows(
  { decorrelation = [], constant }: TableEncoding,
  inputs: Float32Array,
  places: readonly number[],
  at: number,
  width: number,
): void {
  for (let first = 0; first < inputs.length; first += width) {
    decorrelation.forEach((weights, k) => {
      let sum = 0;
      for (let j = 0; j <= k; j++) sum += weights[j] * inputs[first + places[j]];
      inputs[first + at + k] = limited(sum);
    });
    inputs[first + at + decorrelation.length] = constant;
  }
}

/** Deviations from the mean; 0 where the cell is missing. */
export function standardised({ mean, deviation }: NumberColumn, value: number): number {
  return Number.isFinite(value) ? limited((value - mean) / deviation) : 0;
}

function limited(value: number): number {
  return Math.min(LIMIT, Math.max(-LIMIT, value));
}

/** Finds the column of a table that an encoding calls by a name; throws an InputError where there is none. */
export function columnFinder({ unnamed, label }: TableEncoding, table: Table): (name: string) => Column {
  const { columns } = table;
  if (unnamed === undefined) {
    // Of several of one name, the first.
    const named = new Map(columns.toReversed().map(column => [column.name, column]));
    return name => {
      const found = named.get(name);
      if (found) return found;
      throw new InputError(
        `${table.name} has no column ${name}, which the model learned from: expected the columns of the training data, with their names in the first row`,
      );
    };
  }
  const count = columns.length;
  if (count !== unnamed && count !== unnamed - 1) {
    throw new InputError(
      `${table.name} has ${count} columns, expected the ${unnamed} of the training data, or all of them but the label`,
    );
  }
  return name => {
    const position = positionOf(name);
    return columns[count < unnamed && positionOf(label) < position ? position - 1 : position];
  };
}

/** Of a column without a name, which readers call `column 1` and so on; what NPZ calls `label` comes last. */
function positionOf(name: string): number {
  return placeIn(name) ?? Number.MAX_SAFE_INTEGER;
}
