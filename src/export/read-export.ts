// What an export says of itself: the model file in a JavaScript module, and the metadata and weights of an ONNX file.

import { InputError } from '../errors.ts';
import type { Tensor } from '../files/safetensors.ts';
import { holds } from './graph.ts';
import { readMessage } from './protobuf.ts';

/** An ONNX file that this library wrote. */
export interface ReadOnnx {
  readonly metadata: Readonly<Record<string, string>>;
  /** The tensors of the network, without the constants of the graph. */
  readonly tensors: readonly Tensor[];
}

/** How a module of `ff export --js` begins. */
const MODULE = '// import { predict } from this file';
/** A version, then the producer. */
const ONNX = '\b\b\u0012\u000fforward-forward';

/** The model file in a JavaScript module that `ff export` wrote; undefined for any other file. Throws an InputError for a damaged one. */
export function modelInModule(bytes: Uint8Array, path: string): Uint8Array | undefined {
  if (!begins(bytes, MODULE)) return undefined;
  const text = new TextDecoder().decode(bytes);
  const base64 = /^const MODEL = '([A-Za-z0-9+/=]*)';$/m.exec(text)?.[1];
  if (base64 === undefined) throw new InputError(`${path}: a module without its model: export it again`);
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** An ONNX file that `ff export` wrote; undefined for any other file. Throws an InputError for a damaged one. */
export function readOnnx(bytes: Uint8Array, path: string): ReadOnnx | undefined {
  if (!begins(bytes, ONNX)) return undefined;
  const metadata: Record<string, string> = Object.create(null);
  const tensors: Tensor[] = [];
  for (const { field, value } of readMessage(bytes, path)) {
    if (typeof value === 'number') continue;
    if (field === 14) {
      const [key, content] = readMessage(value, path).map(part => textOf(part.value));
      if (content !== undefined) metadata[key] = content;
    } else if (field === 7) {
      for (const part of readMessage(value, path)) {
        if (part.field !== 5 || typeof part.value === 'number') continue;
        const tensor = tensorOf(part.value, path);
        if (tensor) tensors.push(tensor);
      }
    }
  }
  return { metadata, tensors };
}

function begins(bytes: Uint8Array, text: string): boolean {
  return textOf(bytes.subarray(0, text.length)) === text;
}

function textOf(value: number | Uint8Array): string {
  return typeof value === 'number' ? `${value}` : new TextDecoder().decode(value);
}

/** Floats that a network has learned; what the graph needs besides begins with a slash. */
function tensorOf(bytes: Uint8Array, path: string): Tensor | undefined {
  const fields = readMessage(bytes, path);
  const find = (field: number) => fields.find(each => each.field === field)?.value;
  const [type, name, data] = [find(2), textOf(find(8) ?? new Uint8Array()), find(9)];
  if (type !== holds.float || !(data instanceof Uint8Array) || name.startsWith('/')) return undefined;
  const shape = fields.filter(({ field }) => field === 1).map(({ value }) => Number(value));
  const values = new Float32Array(Uint8Array.from(data.subarray(0, data.length - (data.length % 4))).buffer);
  return { name, shape, dtype: 'F32', data: values };
}
