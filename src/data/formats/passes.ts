// Reading in passes over bytes that come in pieces, for bytes in memory and for files alike.

import type { Chunk } from '../../files/chunks.ts';

/**
 * A reader that asks for the next piece, of which there is none behind the last, or to begin anew, which gives none either.
 * It begins at the beginning.
 */
export type Reading<Result> = Generator<'next' | 'rewind', Result, Chunk | undefined>;

const PIECE = 1 << 18;

/** Lets a reader read `bytes`. */
export function readIn<Result>(bytes: Uint8Array, reading: Reading<Result>): Result {
  let at = 0;
  let step = reading.next();
  while (!step.done) {
    if (step.value === 'rewind') at = 0;
    const piece = bytes.subarray(at, at + PIECE);
    const isThere = step.value === 'next' && piece.length > 0;
    if (isThere) at += piece.length;
    step = reading.next(isThere ? { bytes: piece, at } : undefined);
  }
  return step.value;
}

/** Lets a reader read what `open` gives anew each time. */
export async function readPasses<Result>(
  open: () => AsyncGenerator<Chunk, void, void>,
  reading: Reading<Result>,
): Promise<Result> {
  let chunks = open();
  try {
    let step = reading.next();
    while (!step.done) {
      if (step.value === 'rewind') {
        await chunks.return();
        chunks = open();
        step = reading.next();
      } else {
        const { value } = await chunks.next();
        step = reading.next(value ?? undefined);
      }
    }
    return step.value;
  } finally {
    await chunks.return();
  }
}
