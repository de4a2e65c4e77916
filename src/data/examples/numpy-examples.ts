// NumPy's files as somebody's own data: which arrays hold the inputs, the labels and the test set is told by their names.

import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { type NumpyArray, parseNpy, parseNpz } from '../formats/npy.ts';
import type { Examples, Source } from './examples.ts';

const MOST_COLUMNS = 20_000;
const INPUT_NAMES = ['x_train', 'X_train', 'train_images', 'x', 'X', 'data', 'images', 'features', 'inputs'];
const LABEL_NAMES = ['y_train', 'train_labels', 'y', 'Y', 'labels', 'label', 'target', 'targets'];
const TEST_NAMES: readonly (readonly [inputs: string, labels: string])[] = [
  ['x_test', 'y_test'],
  ['X_test', 'y_test'],
  ['test_images', 'test_labels'],
];

/** Reads an NPY file, whose columns are those of a table, or an NPZ file with inputs and labels, and test data if any. */
export async function readNumpy(path: string): Promise<Source> {
  const bytes = await readBytes(path);
  return numpySource(bytes, path);
}

/** The same from the bytes of the file. */
export function numpySource(bytes: Uint8Array, path: string): Source {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return { examples: examplesOf(parseNpy(bytes, path), undefined, path) };
  const arrays = parseNpz(bytes, path);
  const pick = (names: readonly string[]) => names.find(name => arrays.has(name));
  const [inputs, labels] = [pick(INPUT_NAMES), pick(LABEL_NAMES)];
  if (!inputs) {
    throw new InputError(
      `${path}: expected an array called x and one called y (or ${INPUT_NAMES.slice(5).join(', ')}; ${LABEL_NAMES.slice(4).join(', ')}), found ${[...arrays.keys()].slice(0, 10).join(', ')}`,
    );
  }
  const examples = examplesOf(arrays.get(inputs)!, labels ? arrays.get(labels) : undefined, path);
  const test = TEST_NAMES.find(([x, y]) => arrays.has(x) && arrays.has(y));
  if (!test) return { examples };
  return { examples, test: examplesOf(arrays.get(test[0])!, arrays.get(test[1]), `${path}, ${test[0]}`) };
}

/** An array with an example in each row, and their labels: bytes of two or three dimensions are images. */
function examplesOf(inputs: NumpyArray, labels: NumpyArray | undefined, name: string): Examples {
  const [count = 0, ...sizes] = inputs.shape;
  if (inputs.shape.length < 2 || count === 0 || inputs.values.length === 0) {
    throw new InputError(
      `${name}: expected an example in each row, found the shape ${inputs.shape.join(' × ') || '()'}`,
    );
  }
  const words = labels && labelTexts(labels, count, name);
  const [height, width, channels = 1] = sizes;
  if (sizes.length >= 2 && (channels === 1 || channels === 3) && sizes.length <= 3) {
    const pixels = toBytes(inputs.values);
    if (pixels) return { name, count, height, width, channels, pixels, ...(words && { labels: words }) };
  }
  const size = inputs.values.length / count;
  if (size > MOST_COLUMNS)
    throw new InputError(`${name}: expected at most ${MOST_COLUMNS} values an example, found ${size}`);
  const { values } = inputs;
  const columns = Array.from({ length: size }, (_, k) => ({
    name: `column ${k + 1}`,
    values: isText(values)
      ? Array.from({ length: count }, (_, i) => values[i * size + k])
      : Float64Array.from({ length: count }, (_, i) => values[i * size + k]),
  }));
  return {
    name,
    count,
    columns: words ? [...columns, { name: 'label', values: words }] : columns,
    hasNames: false,
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

function labelTexts({ shape, values }: NumpyArray, count: number, name: string): string[] {
  if (values.length !== count) {
    throw new InputError(
      `${name}: expected a label for each of the ${count} examples, found the shape ${shape.join(' × ')}`,
    );
  }
  if (isText(values)) return [...values];
  return Array.from(values, value => (Number.isNaN(value) ? '' : String(value)));
}

function isText(values: NumpyArray['values']): values is readonly string[] {
  return Array.isArray(values);
}
