// What somebody's own data say is to be learned: the label of every example, and the classes that these are.

import { InputError } from '../errors.ts';
import { type Examples, isTable } from './examples/examples.ts';
import { texts } from './formats/columns.ts';
import type { Note } from './notes.ts';
import { labelColumn } from './tables/table.ts';

/** Classes that one network tells apart. */
const MOST_CLASSES = 32;
const FEWEST = 10;

/** The label of every example as text, empty where it is missing; what to call it; and which column it is, if one. */
export function labelsOf(
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

/** The examples that have a label, and the classes; what is to be said of them goes into `notes`. */
export function classesOf(words: readonly string[], label: string, name: string, notes: Note[]) {
  const known: number[] = [];
  const counts = new Map<string, number>();
  words.forEach((word, row) => {
    if (word === '') return;
    known.push(row);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  });
  const classNames = inClassOrder(counts.keys());
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
  notes.push({ code: 'classes', text: `learns ${label}: ${few(classNames)}` });
  const count = words.length - known.length;
  if (count > 0) notes.push({ code: 'labels', count, text: `${count} rows without a label left out` });
  const rare = classNames.filter(word => counts.get(word)! < 5);
  if (rare.length > 0) {
    const text = `fewer than 5 examples of ${few(rare)}: too few to learn or to test them well`;
    notes.push({ code: 'labels', count: rare.length, text });
  }
  return { known, classNames };
}

/** Names of classes in their order: alphabetical, and numbers in them by value. */
export function inClassOrder(names: Iterable<string>): string[] {
  return [...names].sort(new Intl.Collator('en', { numeric: true }).compare);
}

/** A list of words that may be long, or many. */
export function few(words: readonly string[]): string {
  const shown = words.slice(0, 8).map(word => (word.length > 30 ? `${word.slice(0, 29)}…` : word));
  return shown.join(', ') + (words.length > 8 ? `, … (${words.length})` : '');
}
