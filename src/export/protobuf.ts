// Protocol buffers (https://protobuf.dev/programming-guides/encoding), as much of them as ONNX files of ours need.

import { InputError } from '../errors.ts';

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;
const FIXED64 = 1;

/** A message under construction: fields in the order in which they are added. */
export class Message {
  /** Written end to end, the message. They share memory with what was added as bytes. */
  readonly chunks: Uint8Array[] = [];
  /** Bytes of all chunks. */
  length = 0;

  /** A whole number from 0 to 2^53 − 1; also enumerations. */
  number(field: number, value: number): this {
    return this.#append(tag(field, VARINT), varint(value));
  }

  /** A number in single precision. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(tag(field, FIXED32), bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#append(tag(field, BYTES), varint(value.length), value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    return this.#append(tag(field, BYTES), varint(value.length), ...value.chunks);
  }

  #append(...chunks: Uint8Array[]): this {
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      this.length += chunk.length;
    }
    return this;
  }
}

function tag(field: number, type: number): Uint8Array {
  return varint(field * 8 + type);
}

/** Seven bits a byte, the lowest first; all but the last have the eighth bit. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return Uint8Array.from(bytes);
}

/** A field of a message that is read: a whole number, or bytes that may be a text or a message again. */
export interface MessageField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

/** The fields of a message in their order; throws an InputError that begins with `path` where the bytes are none. */
export function readMessage(bytes: Uint8Array, path: string): MessageField[] {
  const list: MessageField[] = [];
  let at = 0;
  const fail = (): never => {
    throw new InputError(`${path}: damaged at byte ${at} of a part of ${bytes.length}; write the file again`);
  };
  const whole = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= bytes.length || scale > 2 ** 49) return fail();
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const head = whole();
    const [field, type] = [Math.floor(head / 8), head % 8];
    if (type === VARINT) {
      list.push({ field, value: whole() });
      continue;
    }
    const length = type === BYTES ? whole() : type === FIXED32 ? 4 : type === FIXED64 ? 8 : fail();
    if (length > bytes.length - at) fail();
    list.push({ field, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return list;
}
