// Memory that all threads see.

/** Zeroed memory, shared among threads where the engine has such memory (a page that is not isolated has none). */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

/** The same values in shared memory: the array itself where they already are. */
export function shared<T extends Uint8Array | Float32Array>(values: T): T {
  if (typeof SharedArrayBuffer === 'undefined' || values.buffer instanceof SharedArrayBuffer) return values;
  const bytes = new Uint8Array(sharedBuffer(values.byteLength));
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return (values instanceof Uint8Array ? bytes : new Float32Array(bytes.buffer)) as T;
}
