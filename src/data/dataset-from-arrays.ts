// A dataset of somebody's own arrays, with room for the label before every example.

import { InputError, refuse } from '../errors.ts';
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
import { few, inClassOrder } from './labels.ts';

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
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new InputError('values must be one row or more, or one flat array with its width as an option');
  }
  const words: ArrayLike<unknown> = numbersIn(labels, 'labels');
  const count = rows.length;
  if (words.length !== count) {
    throw new InputError(`labels must be ${count}, one for each example, found ${words.length}`);
  }
  const { classes, classNames, numbers } = classesIn(Array.from(words), known);
  const [first] = rows;
  const isBytes = numbersIn(first, 'example 0') instanceof Uint8Array;
  const features = first.length;
  const whole = classes + features;
  const inputs = isBytes
    ? new Uint8Array(sharedBuffer(count * whole))
    : new Float32Array(sharedBuffer(count * whole * 4));
  rows.forEach((given, i) => {
    const row = numbersIn(given, `example ${i}`);
    if (row.length !== features || features === 0 || row instanceof Uint8Array !== isBytes) {
      throw new InputError(
        `example ${i} must be of as many ${isBytes ? 'bytes' : 'numbers'} as example 0 (${features}) and of one or more, found ${row.length} ${row instanceof Uint8Array ? 'bytes' : 'numbers'}`,
      );
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
    refuse('width', `a whole number by which the ${length} values can be divided`, width);
  }
  return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width));
}

/** The number of each label, and the classes that these are. */
function classesIn(words: unknown[], known: DatasetOptions['classes']) {
  const texts = words.filter((word): word is string => typeof word === 'string' && word !== '');
  if (texts.length > 0 && typeof known === 'number') {
    refuse('classes', 'the names of the classes, in order, where labels are names', known);
  }
  const names =
    typeof known === 'object' ? known : texts.length > 0 ? inClassOrder(new Set(texts)) : undefined;
  const given = names?.length ?? (known as number | undefined);
  checkClasses(given ?? MOST_CLASSES);
  const places = new Map<unknown, number>(names?.map((name, c) => [name, c]));
  const numbers =
    texts.length > 0
      ? words.map(
          (word, i) => places.get(word) ?? refuse(`label of example ${i}`, `one of ${few(names!)}`, word),
        )
      : (words as number[]);
  checkLabels(numbers, given ?? MOST_CLASSES, 'the data');
  const classes = given ?? numbers.reduce((most, label) => Math.max(most, label + 1), 0);
  checkClasses(classes);
  return { classes, classNames: names, numbers };
}
