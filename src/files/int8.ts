// Weights as signed bytes: a quarter of a model's size. Every column, the weights of one unit, has a scale of its own, so that a
// unit with small weights loses no more than one with large ones: weight = byte · scale.

import { InputError } from '../errors.ts';
import { firstNotFinite } from './finite.ts';
import type { Tensor } from './safetensors.ts';

const LARGEST = 127;

/** The name of the scales (columns) of the tensor `name`. */
function scaleName(name: string): string {
  return `${name}.scale`;
}

/**
 * The tensors with every matrix (rows, columns) as bytes, followed by its scales; vectors stay as they are. Throws an
 * InputError for a matrix that is not of finite floats.
 */
export function quantize(tensors: Iterable<Tensor>): Tensor[] {
  return [...tensors].flatMap(tensor => (tensor.shape.length === 2 ? quantizeMatrix(tensor) : [tensor]));
}

function quantizeMatrix({ name, dtype, shape, data }: Tensor): [bytes: Tensor, scales: Tensor] {
  if (dtype !== 'F32' || firstNotFinite(data) >= 0) {
    throw new InputError(
      `tensor "${name}": expected finite weights of F32, found ${dtype}${dtype === 'F32' ? ' that are not' : ''}`,
    );
  }
  const columns = shape[1];
  const scales = new Float32Array(columns);
  for (let i = 0; i < data.length; i++) {
    scales[i % columns] = Math.max(scales[i % columns], Math.abs(data[i]) / LARGEST);
  }
  // A column of zeros has the scale 0. The largest weight may round to 128, one more than there is.
  const bytes = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const scale = scales[i % columns];
    if (scale > 0) bytes[i] = Math.max(-LARGEST, Math.min(LARGEST, Math.round(data[i] / scale)));
  }
  return [
    { name, dtype: 'I8', shape, data: bytes },
    { name: scaleName(name), dtype: 'F32', shape: [columns], data: scales },
  ];
}

/** The tensor of that name, of floats or, where it is a matrix, of bytes; throws an InputError where there is none of that shape. */
export function findTensor(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
  path: string,
): Tensor {
  const tensor = tensors.get(name);
  const isKnown = tensor?.dtype === 'F32' || (tensor?.dtype === 'I8' && shape.length === 2);
  if (isKnown && tensor.shape.join() === shape.join()) return tensor;
  const found = tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none';
  throw new InputError(`${path}: expected the tensor ${name} of F32 [${shape}], found ${found}`);
}

/**
 * The values of the tensor `name`, from floats or from bytes and their scales. Throws an InputError that begins with `path`
 * where it is missing, has another shape, or values that are not finite.
 */
export function readFloats(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
  path: string,
): Float32Array {
  const tensor = findTensor(tensors, name, shape, path);
  if (tensor.dtype !== 'I8') {
    const at = firstNotFinite(tensor.data);
    if (at < 0) return tensor.data as Float32Array;
    throw new InputError(
      `${path}: ${name} is ${tensor.data[at]} at index ${at}, expected finite numbers: its training diverged, or the file is damaged`,
    );
  }
  const columns = shape[1];
  const scales = readFloats(tensors, scaleName(name), [columns], path);
  const values = new Float32Array(tensor.data.length);
  for (let i = 0; i < values.length; i++) values[i] = tensor.data[i] * scales[i % columns];
  return values;
}
