// Memory that all threads see.

/**
 * The class of such memory, where there is such and workers can be given it: some engines have it without its name, others make it and do not
 * hand it over.
 */
/* @__NO_SIDE_EFFECTS__ */ function findShared(): SharedArrayBufferConstructor | undefined {
  if (typeof SharedArrayBuffer !== 'undefined') return SharedArrayBuffer;
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    new MessageChannel().port1.postMessage(buffer);
    return buffer.constructor as SharedArrayBufferConstructor;
  } catch {
    return undefined;
  }
}

const Shared = findShared();

/** Whether threads can share memory here. */
export const canShare = Shared !== undefined;

/** Whether all threads see `buffer`. */
export function isShared(buffer: ArrayBufferLike): boolean {
  return Shared !== undefined && buffer instanceof Shared;
}

/** Zeroed memory, shared among threads where that can be. */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  return Shared ? new Shared(bytes) : new ArrayBuffer(bytes);
}

/** The same values in shared memory: the array itself where they already are. */
export function intoShared<T extends Uint8Array | Uint16Array | Float32Array>(values: T): T {
  if (!canShare || isShared(values.buffer)) return values;
  const made = viewLike(values, sharedBuffer(values.byteLength));
  made.set(values);
  return made;
}

/** All of `buffer` as numbers of the kind that `values` are, which may be of a class of their own, such as Node's Buffer. */
export function viewLike<T extends ArrayBufferView>(values: T, buffer: ArrayBufferLike): T {
  if (values instanceof Uint8Array) return new Uint8Array(buffer) as ArrayBufferView as T;
  return new (values.constructor as new (buffer: ArrayBufferLike) => T)(buffer);
}
