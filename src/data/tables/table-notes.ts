// What is odd about the cells of a table, in the eyes of the encoding that reads them: said when a model is trained, and when it is
// asked.

import { nearestName } from '../../errors.ts';
import { type Column, isMissing, isMissingText, type Table, texts } from '../formats/columns.ts';
import { describeFormat, type NumberFormat } from '../formats/numbers.ts';
import { columnText, few, type Note } from '../notes.ts';
import { categoryPlaces } from './categories.ts';
import { type KnownColumns, knownColumns } from './known-columns.ts';
import {
  type CategoryColumn,
  type ColumnEncoding,
  columnFinder,
  columnValues,
  type NumberColumn,
  type TableEncoding,
  valuesAgain,
} from './table-encoding.ts';

/** Columns that are named one by one. */
const MOST_NAMED = 5;
/** Deviations from the mean beyond which a number is like none that was learned from. */
const FAR = 10;
/** Share of rows that one column has to tell the label of to be suspected of knowing it. */
const LEAK_SHARE = 0.99;
/** Rows that are looked at for it. */
const LEAK_SAMPLE = 2000;
/** Rows of a value or of an interval that are taken for more than chance. */
const FEWEST_OF_A_KIND = 5;

/** The cells of columns of numbers that hold none and do not say that they are missing. */
export function unreadableCells(encoding: TableEncoding, table: Table): Note[] {
  const notes: Note[] = [];
  for (const read of readNumbers(encoding, table)) notes.push(...unreadableNote(read));
  return shortened(notes);
}

/**
 * What answers about `table` may be wrong for: columns that are not there, or called otherwise; cells that were never seen, that
 * are missing where none were, that are written otherwise, or far from all.
 */
export function oddCells(encoding: TableEncoding, given: Table): Note[] {
  const known = knownColumns(encoding, given);
  const { table, lacking } = known;
  const find = columnFinder(encoding, table);
  const notesOf = new Map<ColumnEncoding, Note[]>();
  const unreadable: Note[] = [];
  // What lacks as a whole has no odd cells.
  const there = { ...encoding, columns: encoding.columns.filter(({ name }) => !lacking.has(name)) };
  // One column after the other: all of their numbers would be several times the table.
  for (const read of readNumbers(there, table)) {
    unreadable.push(...unreadableNote(read));
    notesOf.set(read.column, oddNumbers(read));
  }
  const odd = there.columns.flatMap(column =>
    column.kind === 'category'
      ? oddWords(column, texts(find(column.name), encoding.missing), table.count)
      : (notesOf.get(column) ?? []),
  );
  return [
    ...shortened(lackingNotes(known, encoding)),
    ...shortened(respelledNotes(known)),
    ...shortened([...shortened(unreadable), ...odd]),
  ];
}

function lackingNotes({ lacking, table }: KnownColumns, { label, columns }: TableEncoding): Note[] {
  const meant = new Set([label, ...columns.map(({ name }) => name)]);
  const spare = table.columns.map(({ name }) => name).filter(name => !meant.has(name));
  return Array.from(lacking, name => {
    const nearest = nearestName(name, spare);
    const advice =
      nearest === undefined ? '' : `; was ${columnText(nearest)}, which is not learned from, meant?`;
    const text = `${columnText(name)}, which was learned from, is not there: it counts as missing in all ${table.count} rows${advice}`;
    return { code: 'no-column', column: name, count: table.count, isWarning: true, text };
  });
}

function respelledNotes({ respelled }: KnownColumns): Note[] {
  return Array.from(respelled, ([name, found]) => ({
    code: 'renamed',
    column: name,
    isWarning: true,
    text: `${columnText(name)} is called ${found} here`,
  }));
}

/** A column of numbers as its encoding reads it. */
interface ReadNumbers {
  readonly column: NumberColumn;
  readonly values: Float64Array;
  /** How they are written, where otherwise than in training. */
  readonly format?: NumberFormat;
  /** How many cells hold no number and do not say that they are missing, and the first of them. */
  readonly odd: { readonly count: number; readonly example: string };
}

/** All columns of numbers; of a date, whose parts are in the same cells, the first one. */
function* readNumbers(encoding: TableEncoding, table: Table): Generator<ReadNumbers, void, void> {
  const { columns, missing } = encoding;
  const find = columnFinder(encoding, table);
  let last: string | undefined;
  for (const column of columns) {
    if (column.kind !== 'number' || column.name === last) continue;
    last = column.name;
    const source = find(column.name);
    const { values, format } = valuesAgain(column, source, missing);
    yield { column, values, odd: unreadable(source, values, missing), ...(format && { format }) };
  }
}

function unreadable(
  { values: cells }: Column,
  values: Float64Array,
  missing?: readonly string[],
): ReadNumbers['odd'] {
  let [count, example] = [0, ''];
  if (cells instanceof Float64Array) return { count, example };
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    const cell = cells.at(i)!;
    if (isMissing(cell, missing)) continue;
    if (count === 0) example = cell;
    count++;
  }
  return { count, example };
}

function unreadableNote({ column, values, odd }: ReadNumbers): Note[] {
  if (odd.count === 0) return [];
  return [cellsNote(column.name, odd.count, values.length, 'no number and count as missing', odd.example)];
}

function oddNumbers({ column, values, format, odd }: ReadNumbers): Note[] {
  const { name, mean, deviation, mayMiss } = column;
  const count = values.length;
  const gaps = values.filter(Number.isNaN).length - odd.count;
  const isFar = (value: number) => Math.abs(value - mean) > FAR * deviation;
  const far = values.filter(isFar);
  const notes: Note[] = [];
  if (format) {
    const text = `${columnText(name)}: written otherwise than in training (${describeFormat(format)}), and read as the numbers that are most like those`;
    notes.push({ code: 'cells', column: name, text, isWarning: true });
  }
  if (gaps > 0 && !mayMiss) notes.push(cellsNote(name, gaps, count, 'missing, where none was in training'));
  if (far.length > 0) {
    const text = `${columnText(name)}: ${far.length} of ${count} numbers are far from all that was learned from, such as ${far.at(-1)} where the mean was ${Number(mean.toPrecision(4))}`;
    notes.push({ code: 'far', column: name, count: far.length, isWarning: true, text });
  }
  return notes;
}

function oddWords(column: CategoryColumn, cells: readonly string[], count: number): Note[] {
  const placeOf = categoryPlaces(column.values);
  const never: string[] = [];
  const respelled: string[] = [];
  let missing = 0;
  for (const cell of cells) {
    const place = placeOf(cell);
    if (place?.isRespelled) respelled.push(cell);
    else if (place === undefined && isMissingText(cell)) missing++;
    else if (place === undefined) never.push(cell);
  }
  const seen = column.hasOthers ? 'not among the most frequent ones learned from' : 'never seen in training';
  return [
    ...(never.length > 0
      ? [cellsNote(column.name, never.length, count, seen, never[0], !column.hasOthers)]
      : []),
    ...(missing > 0 ? [cellsNote(column.name, missing, count, 'missing, where none was in training')] : []),
    ...(respelled.length > 0
      ? [cellsNote(column.name, respelled.length, count, 'written otherwise than in training', respelled[0])]
      : []),
  ];
}

/** Columns that alone tell the label of nearly all of `allRows`, which have the labels `allLabels`: they may have known it from elsewhere. */
export function leaks(
  encoding: TableEncoding,
  table: Table,
  allLabels: Uint32Array,
  allRows: Uint32Array,
): Note[] {
  const step = Math.ceil(allRows.length / LEAK_SAMPLE);
  const [labels, rows] = [allLabels, allRows].map(list => list.filter((_, i) => i % step === 0));
  const find = columnFinder(encoding, table);
  const told = new Set<string>();
  for (const column of encoding.columns) {
    const { name } = column;
    const source = find(name);
    const share =
      column.kind === 'number'
        ? toldByNumbers(columnValues(column, source, encoding.missing), labels, rows)
        : toldByWords(texts(source, encoding.missing), labels, rows);
    if (share >= LEAK_SHARE) told.add(name);
  }
  if (told.size === 0) return [];
  const names = [...told];
  const who =
    names.length === 1
      ? `${columnText(names[0])} alone tells`
      : `each of ${names.length} columns (${few(names)}) alone tells`;
  const text = `${who} ${encoding.label} in at least ${100 * LEAK_SHARE} % of the rows: what is not known before ${encoding.label} is should be left out with --ignore`;
  return [{ code: 'leak', column: names[0], count: names.length, text, isWarning: true }];
}

function toldByWords(cells: readonly string[], labels: Uint32Array, rows: Uint32Array): number {
  const counts = new Map<string, Map<number, number>>();
  rows.forEach((row, i) => {
    const of = counts.get(cells[row]) ?? new Map<number, number>();
    counts.set(cells[row], of.set(labels[i], (of.get(labels[i]) ?? 0) + 1));
  });
  return toldBy(counts.values(), rows.length);
}

/** The share of rows that thresholds tell, of stretches of enough rows between them. */
function toldByNumbers(values: Float64Array, labels: Uint32Array, rows: Uint32Array): number {
  const order = Array.from(rows.keys()).filter(i => Number.isFinite(values[rows[i]]));
  order.sort((a, b) => values[rows[a]] - values[rows[b]]);
  const stretches: Map<number, number>[] = [];
  let begin = 0;
  for (let at = 1; at <= order.length; at++) {
    const isNext =
      at < order.length &&
      (labels[order[at]] === labels[order[at - 1]] ||
        values[rows[order[at]]] === values[rows[order[at - 1]]]);
    if (isNext) continue;
    const of = new Map<number, number>();
    for (const i of order.slice(begin, at)) of.set(labels[i], (of.get(labels[i]) ?? 0) + 1);
    stretches.push(of);
    begin = at;
  }
  return toldBy(stretches, rows.length);
}

function toldBy(kinds: Iterable<ReadonlyMap<number, number>>, count: number): number {
  let told = 0;
  for (const of of kinds) {
    const most = Math.max(...of.values());
    if (most >= FEWEST_OF_A_KIND) told += most;
  }
  return told / count;
}

function cellsNote(
  name: string,
  count: number,
  all: number,
  what: string,
  example?: string,
  isWarning = true,
): Note {
  const percent = (100 * count) / all;
  const share = percent >= 10 ? percent.toFixed(0) : percent.toPrecision(2);
  const such = example === undefined ? '' : `, such as ${JSON.stringify(example.slice(0, 20))}`;
  return {
    code: 'cells',
    column: name,
    count,
    isWarning,
    text: `${columnText(name)}: ${count} of ${all} cells (${share} %) are ${what}${such}`,
  };
}

function shortened(notes: readonly Note[]): Note[] {
  const more = notes.length - MOST_NAMED;
  if (more <= 0) return [...notes];
  const text = `and ${more} more of the kind in other columns`;
  return [
    ...notes.slice(0, MOST_NAMED),
    { code: notes[MOST_NAMED].code, count: more, text, isWarning: notes.some(({ isWarning }) => isWarning) },
  ];
}
