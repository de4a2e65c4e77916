// How images move.

import { stream } from '../kernels/random-streams.ts';
import type { Thread } from './thread.ts';

/** By how many pixels image number `counter` of the training moves, right and down. */
export function shiftOf(thread: Thread, counter: number): [right: number, down: number] {
  const { shift } = thread.session.recipe;
  const side = 2 * shift + 1;
  const place = Math.floor(thread.random(stream.shift, counter) * side * side);
  return [(place % side) - shift, Math.floor(place / side) - shift];
}
