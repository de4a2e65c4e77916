// The order of the examples in an epoch.

import { sharedBuffer } from '../threads/memory.ts';

/**
 * A random order of the numbers below `count`, that of `epoch` (from 1). `randomBits` gives the same 32 bits for the same
 * counter, so an order can be made again after a resume.
 */
export function shuffledOrder(
  count: number,
  epoch: number,
  randomBits: (counter: number) => number,
): Uint32Array {
  const order = new Uint32Array(sharedBuffer(count * 4));
  for (let i = 0; i < count; i++) {
    const j = Math.floor(((randomBits((epoch - 1) * count + i) >>> 0) / 2 ** 32) * (i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}
