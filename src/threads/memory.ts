// Memory that all threads see.

/** Zeroed memory, shared among threads where the engine has such memory (a page that is not isolated has none). */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

/** The same values in shared memory: the array itself where they already are. */
export function intoShared<T extends Uint8Array | Uint16Array | Float32Array>(values: T): T {
  if (typeof SharedArrayBuffer === 'undefined' || values.buffer instanceof SharedArrayBuffer) return values;
  const made = viewLike(values, sharedBuffer(values.byteLength));
  made.set(values);
  return made;
}

/** All of `buffer` as numbers of the kind that `values` are, which may be of a class of their own, such as Node's Buffer. */
export function viewLike<T extends ArrayBufferView>(values: T, buffer: ArrayBufferLike): T {
  if (values instanceof Uint8Array) return new Uint8Array(buffer) as ArrayBufferView as T;
  return new (values.constructor as new (buffer: ArrayBufferLike) => T)(buffer);
}
