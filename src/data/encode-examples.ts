// Examples of either kind as a dataset, by the encoding that their model was trained with.

import { InputError } from '../errors.ts';
import { type Dataset, type Labels, roomForLabels } from './dataset.ts';
import { type Examples, isTable } from './examples/examples.ts';
import type { Table } from './formats/columns.ts';
import {
  checkImageEncoding,
  encodeImages,
  type ImageEncoding,
  imageInputs,
} from './images/image-encoding.ts';
import type { Size } from './images/images.ts';
import { labelsOf } from './labels.ts';
import { few, type Note } from './notes.ts';
import { categoryPlaces } from './tables/categories.ts';
import { knownColumns } from './tables/known-columns.ts';
import {
  asWritten,
  checkTableEncoding,
  encodeRows,
  featuresOf,
  labelInputsOf,
  type TableEncoding,
} from './tables/table-encoding.ts';
import { oddCells } from './tables/table-notes.ts';

/** How examples become a dataset; plain data, kept in the model file. */
export type Encoding = TableEncoding | ImageEncoding;

/** What images must become for a model with this encoding. */
export function imageSize(encoding: Encoding): Size | undefined {
  return encoding.kind === 'image' ? encoding : undefined;
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
  const made = kind === 'table' ? labelInputsOf(encoding) + featuresOf(encoding) : imageInputs(encoding);
  if (made !== inputs) throw new InputError(`the encoding makes ${made} inputs, the network has ${inputs}`);
}

/** A table with the columns that a model with this encoding learned from, as `knownColumns` makes it; images as they are. */
export function withKnownColumns(encoding: Encoding, examples: Examples): Examples {
  return encoding.kind === 'table' && isTable(examples)
    ? { ...examples, ...knownColumns(encoding, examples).table }
    : examples;
}

/** Labelled examples as a dataset for a model with this encoding; throws an InputError for labels it does not know. */
export function encodeLabelled(encoding: Encoding, examples: Examples): Dataset {
  const { words } = labelsOf(examples, encoding.label);
  const places = labelPlaces(encoding, words, examples.name);
  const rows = Uint32Array.from(places.keys()).filter(row => places[row] !== undefined);
  if (rows.length === 0) throw new InputError(`${examples.name} has no labelled examples`);
  const labels = Array.from(rows, row => places[row]!);
  return datasetsOf(encoding, withKnownColumns(encoding, examples), [
    { name: examples.name, rows, labels },
  ])[0];
}

/** The class that each label names; undefined where it is missing. Throws an InputError for labels that were not learned. */
export function labelPlaces(
  { classNames }: Encoding,
  words: readonly string[],
  name: string,
): (number | undefined)[] {
  const placeOf = categoryPlaces(classNames);
  return words.map((word, row) => {
    if (word === '') return undefined;
    const label = placeOf(word)?.place;
    if (label !== undefined) return label;
    throw new InputError(
      `${name}: row ${row + 1} has the label ${JSON.stringify(word.slice(0, 40))}, which was not among those learned (${few(classNames)})`,
    );
  });
}

/** All of `examples` for a model with this encoding; their labels, where they have any, are not looked at. */
export function encodeExamples(encoding: Encoding, examples: Examples): Dataset {
  const rows = Uint32Array.from({ length: examples.count }, (_, i) => i);
  const labels = new Uint16Array(examples.count);
  return datasetsOf(encoding, examples, [{ name: examples.name, rows, labels }])[0];
}

/** The same in parts of `most` examples, one after the other; what is to be read of all of them is read before. */
export function* encodeParts(
  encoding: Encoding,
  examples: Examples,
  most: number,
): Generator<Dataset, void, void> {
  const written = encodingIn(examples, encoding);
  const { name, count } = examples;
  for (let begin = 0; begin < count; begin += most) {
    const end = Math.min(count, begin + most);
    const labels = new Uint16Array(end - begin);
    const rows = Uint32Array.from(labels, (_, i) => (isTable(examples) ? i : begin + i));
    const some = isTable(examples) ? slice(examples, begin, end) : examples;
    yield encodeAsWritten(written, some, [{ name, rows, labels }])[0];
  }
}

/** The rows `begin` to `end` of a table, in the same memory. */
function slice(table: Table, begin: number, end: number): Table {
  const columns = table.columns.map(({ name, values }) => ({
    name,
    values: values instanceof Float64Array ? values.subarray(begin, end) : values.slice(begin, end),
  }));
  return { ...table, count: end - begin, columns };
}

/** What answers about `examples` may be wrong for, by a model with this encoding. */
export function notesOn(encoding: Encoding, examples: Examples): Note[] {
  const odd = encoding.kind === 'table' && isTable(examples) ? oddCells(encoding, examples) : [];
  return [...(examples.notes ?? []), ...odd];
}

/** The same of labelled examples, and what is odd about their labels. */
export function notesOnLabelled(encoding: Encoding, examples: Examples): Note[] {
  const { words, label } = labelsOf(examples, encoding.label);
  const placeOf = categoryPlaces(encoding.classNames);
  const notes = notesOn(encoding, examples);
  const unlabelled = words.filter(word => word === '').length;
  if (unlabelled > 0) {
    const text = `${unlabelled} rows without a label left out`;
    notes.push({ code: 'labels', count: unlabelled, text, isWarning: true });
  }
  const respelled = words.filter(word => word !== '' && placeOf(word)?.isRespelled);
  if (respelled.length > 0) {
    const [word] = respelled;
    const text = `${label}: ${respelled.length} labels are written otherwise than in training, such as ${JSON.stringify(word.slice(0, 20))}, which counts as ${encoding.classNames[placeOf(word)!.place]}`;
    notes.push({ code: 'labels', count: respelled.length, text, isWarning: true });
  }
  return notes;
}

/** Some of the examples, and their labels. */
export interface Part {
  readonly name: string;
  readonly rows: Uint32Array;
  readonly labels: ArrayLike<number>;
}

/** Parts of examples as datasets, by a model with this encoding. */
export function datasetsOf(encoding: Encoding, examples: Examples, parts: readonly Part[]): Dataset[] {
  return encodeAsWritten(encodingIn(examples, encoding), examples, parts);
}

/** The encoding as these examples write their values, which need not be as those it was fitted on did. */
function encodingIn(examples: Examples, encoding: Encoding): Encoding {
  return isTable(examples) && encoding.kind === 'table' ? asWritten(encoding, examples) : encoding;
}

function encodeAsWritten(encoding: Encoding, examples: Examples, parts: readonly Part[]): Dataset[] {
  const { classNames } = encoding;
  const commons = parts.map(({ name, rows, labels }) => ({
    name,
    count: rows.length,
    classes: classNames.length,
    classNames,
    labels: sharedLabels(labels, classNames.length),
  }));
  const rows = parts.map(part => part.rows);
  if (encoding.kind === 'table') {
    if (!isTable(examples))
      throw new InputError(`${examples.name} has images, but the model learned from a table`);
    const width = labelInputsOf(encoding) + featuresOf(encoding);
    const inputs = encodeRows(encoding, examples, rows);
    return commons.map((common, p) => ({ ...common, width, inputs: inputs[p] }));
  }
  if (isTable(examples))
    throw new InputError(`${examples.name} is a table, but the model learned from images`);
  return commons.map((common, p) => ({ ...common, ...encodeImages(encoding, examples, rows[p]) }));
}

function sharedLabels(labels: ArrayLike<number>, classes: number): Labels {
  const room = roomForLabels(labels.length, classes);
  room.set(labels);
  return room;
}
