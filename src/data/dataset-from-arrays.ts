// A dataset of somebody's own arrays, with room for the label before every example.

import { refuse } from '../errors.ts';
import { sharedBuffer } from '../threads/memory.ts';
import {
  checkClasses,
  checkFinite,
  checkLabels,
  type Dataset,
  MOST_CLASSES,
  type NumberArray,
  numbersIn,
  toLabels,
} from './dataset.ts';
import { inClassOrder } from './labels.ts';

export interface DatasetOptions {
  /** Numbers of an example, where `values` is one flat array. */
  readonly width?: number;
  /**
   * The classes, where `labels` may lack some of them, as in data for testing: how many (2 to 10,000), or the `classNames` of the
   * data that were learned from.
   */
  readonly classes?: number | readonly string[];
}

/**
 * A dataset of `values`, (count) rows of equally many numbers or one flat array of `width` numbers an example, row-major, and
 * of `labels`, (count) whole numbers from 0 on or names of classes, whose numbers are their places in alphabetical order
 * (`classNames`). Bytes stand for value / 255; other numbers are rounded to single precision. `classes` zeros come before the
 * numbers of every example, in whose place recipes may put the label: the dataset's `width` is theirs and `classes` more.
 * Throws an InputError for fewer than two classes, rows of several lengths, and the first value or label that is none.
 */
export function dataset(
  values: readonly NumberArray[] | NumberArray,
  labels: readonly (string | number)[] | NumberArray,
  { width, classes: known }: DatasetOptions = {},
): Dataset {
  const rows = width === undefined ? values : cut(values as NumberArray, width);
  if (!Array.isArray(rows) || rows.length === 0) refuse('values', 'rows, or numbers with a width', rows);
  const count = rows.length;
  const words: ArrayLike<unknown> = numbersIn(labels, 'labels');
  if (words.length !== count) refuse('labels', `${count}, one for each example`, words.length);
  const { classes, classNames, numbers } = classesIn(Array.from(words), known);
  const first = numbersIn(rows[0], 'example 0');
  const isBytes = first instanceof Uint8Array;
  const whole = classes + first.length;
  const size = count * whole;
  const inputs = isBytes ? new Uint8Array(sharedBuffer(size)) : new Float32Array(sharedBuffer(4 * size));
  rows.forEach((given, i) => {
    const row = numbersIn(given, `example ${i}`);
    if (!row.length || row.length !== first.length || row instanceof Uint8Array !== isBytes) {
      refuse(`example ${i}`, 'one number or more, or bytes, as many as example 0', row);
    }
    checkFinite(row, k => `value ${k} of example ${i}`);
    inputs.set(row, i * whole + classes);
  });
  return {
    name: 'the data',
    count,
    width: whole,
    classes,
    ...(classNames && { classNames }),
    inputs,
    labels: toLabels(numbers, classes),
  };
}

function cut(values: NumberArray, width: number): NumberArray[] {
  const { length } = numbersIn(values, 'values');
  const count = length / width;
  if (!(width > 0 && Number.isInteger(width) && Number.isInteger(count))) {
    refuse('width', `a whole number that divides the ${length} values`, width);
  }
  return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width));
}

/** The number of each label, and the classes that these are. */
function classesIn(words: unknown[], known: DatasetOptions['classes']) {
  const texts = words.filter(word => typeof word === 'string' && word !== '') as string[];
  const isNamed = texts.length > 0;
  if (isNamed && typeof known === 'number') refuse('classes', 'names, since labels are', known);
  const names = typeof known === 'object' ? known : isNamed ? inClassOrder(new Set(texts)) : undefined;
  const given = names?.length ?? (known as number | undefined);
  const places = new Map<unknown, number>(names?.map((name, c) => [name, c]));
  const numbers = words.map((word, i) =>
    isNamed ? (places.get(word) ?? refuse(`label of example ${i}`, 'the name of a class', word)) : word,
  ) as number[];
  const most = given ?? MOST_CLASSES;
  checkClasses(most);
  checkLabels(numbers, most, 'the data');
  const classes = given ?? numbers.reduce((last, label) => Math.max(last, label), 0) + 1;
  checkClasses(classes);
  return { classes, classNames: names, numbers };
}
