// NumPy's files as somebody's own data: which arrays hold the inputs, the labels and the test set is told by their names.

import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { placedName } from '../formats/columns.ts';
import { type NumpyArray, parseNpy, parseNpz } from '../formats/npy.ts';
import { isZip } from '../formats/zip.ts';
import type { Note } from '../notes.ts';
import type { Examples, OpenedData } from './examples.ts';

const MOST_COLUMNS = 20_000;
/** What arrays are called, in lower case: the first that is there is taken. */
const names = {
  inputs: ['x_train', 'train_x', 'train_images', 'train_data', 'x', 'data', 'images', 'features', 'inputs'],
  labels: [
    ...['y_train', 'train_y', 'train_labels', 'train_label', 'train_targets', 'train_target'],
    ...['y', 'labels', 'label', 'targets', 'target', 'classes', 'class'],
  ],
  testInputs: ['x_test', 'test_x', 'test_images', 'test_data'],
  testLabels: ['y_test', 'test_y', 'test_labels', 'test_label', 'test_targets', 'test_target'],
} as const;
const MOST_SHOWN = 10;

/** An array and what it is called. */
interface Named extends NumpyArray {
  readonly name: string;
}

/** Reads an NPY file, whose columns are those of a table, or an NPZ file with inputs and labels, and test data if any. */
export async function readNumpy(path: string): Promise<OpenedData> {
  const bytes = await readBytes(path);
  return numpySource(bytes, path);
}

/** The same from the bytes of the file. */
export function numpySource(bytes: Uint8Array, path: string): OpenedData {
  if (!isZip(bytes)) return { examples: examplesOf(parseNpy(bytes, path), undefined, path) };
  const arrays = Array.from(parseNpz(bytes, path), ([name, array]): Named => ({ name, ...array }));
  const find = (role: keyof typeof names) =>
    names[role]
      .map(name => arrays.find(array => array.name.toLowerCase() === name))
      .find(array => array !== undefined);
  const [testInputs, testLabels] = [find('testInputs'), find('testLabels')];
  const others = arrays.filter(array => array !== testInputs && array !== testLabels);
  const { inputs, labels, note } = chooseArrays(others, find('inputs'), find('labels'), path);
  const hasTest = testInputs !== undefined && testLabels !== undefined;
  const read = [inputs, labels, ...(hasTest ? [testInputs, testLabels] : [])];
  const unread = arrays.filter(array => !read.includes(array));
  const notes: Note[] = note ? [note] : [];
  if (unread.length > 0) {
    const text = `arrays that were not read: ${listed(unread)}`;
    notes.push({ code: 'left-out', text, count: unread.length });
  }
  const examples = examplesOf(inputs, labels, path, notes);
  if (!hasTest) return { examples };
  return { examples, test: examplesOf(testInputs, testLabels, `${path}, ${testInputs.name}`) };
}

/** Inputs and labels: by their names, or else the only arrays that can be them, which is said in `note`. */
function chooseArrays(
  arrays: readonly Named[],
  knownInputs: Named | undefined,
  knownLabels: Named | undefined,
  path: string,
): { inputs: Named; labels: Named | undefined; note?: Note } {
  if (knownInputs && knownLabels) return { inputs: knownInputs, labels: knownLabels };
  const pairs = arrays.flatMap(inputs =>
    arrays
      .filter(
        labels =>
          (inputs === knownInputs || (!knownInputs && isOfRows(inputs))) &&
          (labels === knownLabels || (!knownLabels && isOneEach(labels))) &&
          inputs !== labels &&
          inputs.shape[0] === labels.shape[0],
      )
      .map(labels => ({ inputs, labels })),
  );
  if (pairs.length === 1) {
    const [{ inputs, labels }] = pairs;
    const text = `takes ${described(inputs)} for the inputs and ${described(labels)} for the labels`;
    return { inputs, labels, note: { code: 'read', text } };
  }
  if (pairs.length === 0 && knownInputs) return { inputs: knownInputs, labels: undefined };
  const [only] = arrays;
  if (arrays.length === 1 && isOfRows(only)) {
    const text = `takes ${described(only)}, the only array, for the examples`;
    return { inputs: only, labels: undefined, note: { code: 'read', text } };
  }
  throw new InputError(
    `${path}: expected an array of inputs called x and one of labels called y (or ${names.inputs.slice(5).join(', ')}; ${names.labels.slice(7).join(', ')}), or two that go together only one way, found ${listed(arrays)}`,
  );
}

/** Whether an array may hold several values of each example. */
function isOfRows({ shape }: NumpyArray): boolean {
  return shape.length > 2 || (shape.length === 2 && shape[1] > 1);
}

/** Whether an array may hold one label of each example. */
function isOneEach(array: NumpyArray): boolean {
  const { shape } = array;
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1) || onePlaces(array) !== undefined;
}

function listed(arrays: readonly Named[]): string {
  const shown = arrays.slice(0, MOST_SHOWN).map(described);
  return shown.join(', ') + (arrays.length > MOST_SHOWN ? `, … (${arrays.length})` : '') || 'none';
}

function described({ name, shape }: Named): string {
  return `${name.slice(0, 40)} (${shape.join(' × ')})`;
}

/** An array with an example in each row, and their labels: bytes of two or three dimensions are images. */
function examplesOf(
  inputs: NumpyArray,
  labels: Named | undefined,
  name: string,
  others: readonly Note[] = [],
): Examples {
  const [count = 0, ...sizes] = inputs.shape;
  if (inputs.shape.length < 2 || count === 0 || inputs.values.length === 0) {
    throw new InputError(
      `${name}: expected an example in each row, found the shape ${inputs.shape.join(' × ') || '()'}`,
    );
  }
  const { words, note } = labels ? labelTexts(labels, count, name) : {};
  const notes = note ? [...others, note] : others;
  const [height, width, channels = 1] = sizes;
  if (sizes.length >= 2 && (channels === 1 || channels === 3) && sizes.length <= 3) {
    const pixels = toBytes(inputs.values);
    if (pixels) {
      return { name, count, height, width, channels, pixels, ...(words && { labels: words }), notes };
    }
  }
  const size = inputs.values.length / count;
  if (size > MOST_COLUMNS)
    throw new InputError(`${name}: expected at most ${MOST_COLUMNS} values an example, found ${size}`);
  const { values } = inputs;
  const columns = Array.from({ length: size }, (_, k) => ({
    name: placedName(k),
    values: isText(values)
      ? Array.from({ length: count }, (_, i) => values[i * size + k])
      : Float64Array.from({ length: count }, (_, i) => values[i * size + k]),
  }));
  return {
    name,
    count,
    columns: words ? [...columns, { name: 'label', values: words }] : columns,
    hasNames: false,
    notes,
  };
}

/** Bytes as they are; floats from 0 to 1, or whole ones up to 255, as bytes; undefined for others. */
function toBytes(values: NumpyArray['values']): Uint8Array | undefined {
  if (values instanceof Uint8Array) return values;
  if (!(values instanceof Float64Array)) return undefined;
  let most = 0;
  for (const value of values) {
    if (!(value >= 0 && value <= 255)) return undefined;
    most = Math.max(most, value);
  }
  const scale = most <= 1 ? 255 : 1;
  return Uint8Array.from(values, value => Math.round(value * scale));
}

/** Labels as text; of one-hot rows the place of the 1. */
function labelTexts(
  { name: labelName, shape, values }: Named,
  count: number,
  name: string,
): { words: string[]; note?: Note } {
  if (values.length === count) {
    if (isText(values)) return { words: [...values] };
    return { words: Array.from(values, value => (Number.isNaN(value) ? '' : String(value))) };
  }
  const places = shape[0] === count ? onePlaces({ shape, values }) : undefined;
  if (!places) {
    throw new InputError(
      `${name}: expected in ${labelName} a label for each of the ${count} examples, or a row with a single 1 among zeros, found the shape ${shape.join(' × ')}`,
    );
  }
  const text = `${labelName} is one-hot: a label is the place of the 1, 0 to ${shape[1] - 1}`;
  return { words: places.map(String), note: { code: 'labels', text } };
}

/** Where the 1 is in each row of a table; undefined where a row has other values than zeros and a single 1. */
function onePlaces({ shape, values }: NumpyArray): number[] | undefined {
  const [, width] = shape;
  if (shape.length !== 2 || width < 2 || isText(values)) return undefined;
  const places: number[] = [];
  for (let begin = 0; begin < values.length; begin += width) {
    const row = values.subarray(begin, begin + width);
    const place = row.indexOf(1);
    if (place < 0 || row.some((value, k) => value !== (k === place ? 1 : 0))) return undefined;
    places.push(place);
  }
  return places;
}

function isText(values: NumpyArray['values']): values is readonly string[] {
  return Array.isArray(values);
}
