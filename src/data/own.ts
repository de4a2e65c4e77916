// Somebody's own data on its way to a network: read, told apart into classes, split, encoded. What a careful person would
// decide is decided here, and said in `notes`.

import { InputError } from '../errors.ts';
import { shared } from '../threads/memory.ts';
import type { Dataset } from './dataset.ts';
import { checkTableEncoding, encodeRows, featuresOf, fitEncoding, type TableEncoding } from './encoding.ts';
import {
  checkImageEncoding,
  encodeImages,
  fitImages,
  type ImageEncoding,
  type Images,
  imageInputs,
} from './images.ts';
import { splitByClass } from './split.ts';
import { labelColumn, numbers, type Table, texts } from './table.ts';

/** Examples before they are encoded. */
export type Examples = Table | Images;

/** Examples to learn from, and those to test on where the source has some. */
export interface Source {
  readonly examples: Examples;
  readonly test?: Examples;
}

/** How examples become a dataset; plain data, kept in the model file. */
export type Encoding = TableEncoding | ImageEncoding;

/** Encoded data, ready to learn from. */
export interface PreprocessedData {
  readonly name: string;
  readonly encoding: Encoding;
  readonly train: Dataset;
  /** Held out of the training examples: chooses the best epoch, and fits the temperature of the confidence. */
  readonly validation: Dataset;
  /** Both of them. */
  readonly whole: Dataset;
  readonly test: Dataset;
  /** Which rows of the source are in `whole`, and which in `test` (none where the source has a test of its own). */
  readonly rows: { readonly learned: Uint32Array; readonly test: Uint32Array };
  /** What was decided on the way, in sentences for the user. */
  readonly notes: readonly string[];
}

export interface PreprocessOptions {
  /** The column to learn, by name or by position (from 1, or from the end as -1). */
  readonly label?: string | undefined;
  /** Rules what is held out; 1 by default. */
  readonly seed?: number | undefined;
}

/** Classes that one network tells apart. */
const MOST_CLASSES = 32;
const TEST_SHARE = 0.2;
const VALIDATION_SHARE = 0.15;
/** More than this many examples say nothing more about an error. */
const MOST_HELD_OUT = 10_000;
const FEWEST = 10;

/** Whether examples are a table. */
export function isTable(examples: Examples): examples is Table {
  return !('pixels' in examples);
}

/**
 * What own data need before `trainModel`: splits and encodes examples, each class alike: a fifth for testing unless the source has a `test` of its own, and 15 % of the
 * rest for validation. Throws an InputError where there is no column to learn, or too many classes or too few examples.
 */
export function preprocess({ examples, test }: Source, options: PreprocessOptions = {}): PreprocessedData {
  const { seed = 1 } = options;
  const { name } = examples;
  const { words, label, column } = labelsOf(examples, options.label);
  const notes: string[] = [];
  const { known, classNames } = classesOf(words, label, name, notes);
  const labels = Uint8Array.from(known, row => classNames.indexOf(words[row]));
  const shares = {
    test: test ? 0 : Math.min(TEST_SHARE, MOST_HELD_OUT / known.length),
    validation: Math.min(VALIDATION_SHARE, MOST_HELD_OUT / known.length),
  };
  const split = splitByClass(labels, classNames.length, shares, seed);
  const learned = Uint32Array.from([...split.train, ...split.validation].sort((a, b) => a - b));
  if (split.validation.length === 0 || (!test && split.test.length === 0)) {
    throw new InputError(
      `${name}: expected at least 5 examples of some class, to hold a few of them out; found ${known.length} examples of ${classNames.length} classes`,
    );
  }
  const rows = (part: Uint32Array) => part.map(i => known[i]);
  const encoding = isTable(examples)
    ? fitTable(examples, column!, classNames, rows(learned), notes)
    : fitImages(examples, column === undefined ? undefined : label, classNames, rows(learned));
  const part = (what: string, chosen: Uint32Array) =>
    datasetOf(
      what,
      encoding,
      examples,
      rows(chosen),
      chosen.map(i => labels[i]),
    );
  notes.push(
    heldOut(split.train.length, split.validation.length, test ? undefined : split.test.length, seed),
  );
  return {
    name,
    encoding,
    train: part(name, split.train),
    validation: part(`${name}, validation part`, split.validation),
    whole: part(name, learned),
    test: test ? encodeLabelled(encoding, test) : part(`${name}, test part`, split.test),
    rows: { learned: rows(learned), test: rows(split.test) },
    notes,
  };
}

function heldOut(train: number, validation: number, test: number | undefined, seed: number): string {
  const tested = test === undefined ? '' : `, ${test} held out for the test`;
  return `${train} examples to learn from, ${validation} held out to choose the best epoch${tested} (each class alike, seed ${seed})`;
}

/** Throws an InputError unless `encoding`, whatever it really is, makes `inputs` inputs for `classes` classes. */
export function checkEncoding(encoding: Encoding, inputs: number, classes: number): void {
  const { kind, classNames } = encoding;
  const isList = Array.isArray(classNames) && classNames.length === classes;
  if (!isList || !classNames.every(word => typeof word === 'string')) {
    throw new InputError(`encoding.classNames must be ${classes} texts`);
  }
  if (kind === 'table') checkTableEncoding(encoding);
  else if (kind === 'image') checkImageEncoding(encoding);
  else throw new InputError(`no encoding is called ${JSON.stringify(kind)}`);
  const made = kind === 'table' ? classes + featuresOf(encoding) : imageInputs(encoding);
  if (made !== inputs) throw new InputError(`the encoding makes ${made} inputs, the network has ${inputs}`);
}

/** Labelled examples as a dataset for a model with this encoding; throws an InputError for labels it does not know. */
export function encodeLabelled(encoding: Encoding, examples: Examples): Dataset {
  const { words } = labelsOf(examples, encoding.label);
  const { classNames } = encoding;
  const places = new Map(classNames.map((word, c) => [word, c]));
  const rows: number[] = [];
  const labels: number[] = [];
  words.forEach((word, row) => {
    if (word === '') return;
    const label = places.get(word);
    if (label === undefined) {
      throw new InputError(
        `${examples.name}: row ${row + 1} has the label ${JSON.stringify(word.slice(0, 40))}, which was not among those learned (${few(classNames)})`,
      );
    }
    rows.push(row);
    labels.push(label);
  });
  if (rows.length === 0) throw new InputError(`${examples.name} has no labelled examples`);
  return datasetOf(examples.name, encoding, examples, Uint32Array.from(rows), Uint8Array.from(labels));
}

/** All of `examples` for a model with this encoding; their labels, where they have any, are not looked at. */
export function encodeExamples(encoding: Encoding, examples: Examples): Dataset {
  const rows = Uint32Array.from({ length: examples.count }, (_, i) => i);
  return datasetOf(examples.name, encoding, examples, rows, new Uint8Array(examples.count));
}

function datasetOf(
  name: string,
  encoding: Encoding,
  examples: Examples,
  rows: Uint32Array,
  labels: ArrayLike<number>,
): Dataset {
  const { classNames } = encoding;
  const common = {
    name,
    count: rows.length,
    classes: classNames.length,
    classNames,
    labels: shared(Uint8Array.from(labels)),
  };
  if (encoding.kind === 'table') {
    if (!isTable(examples))
      throw new InputError(`${examples.name} has images, but the model learned from a table`);
    const width = classNames.length + featuresOf(encoding);
    return { ...common, width, inputs: encodeRows(encoding, examples, rows) };
  }
  if (isTable(examples))
    throw new InputError(`${examples.name} is a table, but the model learned from images`);
  return { ...common, ...encodeImages(encoding, examples, rows) };
}

/** The label of every example as text, empty where it is missing; what to call it; and which column it is, if one. */
function labelsOf(
  examples: Examples,
  wanted: string | undefined,
): { words: readonly string[]; label: string; column?: number } {
  const { name, columns } = examples;
  if (columns && columns.length > 0) {
    const column = labelColumn({ name, columns }, wanted);
    return { words: texts(columns[column]), label: columns[column].name, column };
  }
  const words = isTable(examples) ? undefined : examples.labels;
  if (!words) {
    throw new InputError(
      `${name} has images without labels: expected a folder for each class, an NPZ file with an array y, a Parquet file with a column of classes, or an IDX file of labels beside them`,
    );
  }
  return { words, label: 'label' };
}

function classesOf(words: readonly string[], label: string, name: string, notes: string[]) {
  const known: number[] = [];
  const counts = new Map<string, number>();
  words.forEach((word, row) => {
    if (word === '') return;
    known.push(row);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  });
  const classNames = [...counts.keys()].sort(new Intl.Collator('en', { numeric: true }).compare);
  if (counts.size === 0) throw new InputError(`${name}: ${label} has no value in any row`);
  if (counts.size === 1) {
    throw new InputError(
      `${name}: ${label} is ${JSON.stringify(classNames[0].slice(0, 40))} in every row: expected at least two classes`,
    );
  }
  if (counts.size > MOST_CLASSES) {
    const isQuantity = classNames.length > known.length / 4;
    throw new InputError(
      `${name}: ${label} has ${counts.size} values, expected 2 to ${MOST_CLASSES} classes${isQuantity ? '; to learn another column, give --label NAME' : ''}`,
    );
  }
  if (known.length < FEWEST) {
    throw new InputError(`${name}: expected at least ${FEWEST} labelled examples, found ${known.length}`);
  }
  notes.push(`learns ${label}: ${few(classNames)}`);
  if (known.length < words.length) notes.push(`${words.length - known.length} rows without a label left out`);
  const rare = classNames.filter(word => counts.get(word)! < 5);
  if (rare.length > 0)
    notes.push(`fewer than 5 examples of ${few(rare)}: too few to learn or to test them well`);
  return { known, classNames };
}

function fitTable(
  table: Table,
  label: number,
  classNames: readonly string[],
  rows: Uint32Array,
  notes: string[],
) {
  const { encoding, dropped } = fitEncoding(table, label, classNames, rows);
  const numeric = encoding.columns.filter(({ kind }) => kind === 'number').length;
  notes.push(
    `${numeric} columns of numbers, ${encoding.columns.length - numeric} of categories: ${featuresOf(encoding)} inputs`,
  );
  for (const { name, reason } of dropped.slice(0, 5)) notes.push(`column ${name} left out: ${reason}`);
  if (dropped.length > 5) notes.push(`${dropped.length - 5} more columns left out`);
  for (const column of encoding.columns) {
    const source = table.columns.find(({ name }) => name === column.name)!;
    if (column.kind !== 'number' || source.values instanceof Float64Array) continue;
    const cells = texts(source);
    const values = numbers(source);
    const odd = cells.findIndex((cell, i) => cell !== '' && Number.isNaN(values[i]));
    if (odd >= 0) {
      notes.push(
        `column ${column.name}: cells that are no number count as missing, such as ${JSON.stringify(cells[odd].slice(0, 20))}`,
      );
    }
  }
  return encoding;
}

function few(words: readonly string[]): string {
  const shown = words.slice(0, 8).map(word => (word.length > 30 ? `${word.slice(0, 29)}…` : word));
  return shown.join(', ') + (words.length > 8 ? `, … (${words.length})` : '');
}
