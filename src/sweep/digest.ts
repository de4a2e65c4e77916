// By what a sweep knows things again: in hexadecimal digits.

import { createHash } from 'node:crypto';

/** The SHA-256 of chunks end to end. */
export function digestOfBytes(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** The SHA-256 of plain data, by its JSON. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
