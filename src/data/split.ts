// What is held out, and from whom: every class gives the same share, in an order that a seed rules.

import type { Labels } from './dataset.ts';
import { shuffledOrder } from './shuffle.ts';

/** Numbers of examples, by what they are for. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Splits the examples with the labels `labels` by class: the share `test` of each class (rounded) for testing, the share
 * `validation` of what is left for validation. A class keeps at least one example for training.
 */
export function splitByClass(
  labels: Labels,
  classes: number,
  shares: { readonly validation: number; readonly test: number },
  seed: number,
): Split {
  const order = shuffled(labels.length, seed);
  const members = Array.from({ length: classes }, () => [] as number[]);
  for (const i of order) members[labels[i]].push(i);
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  for (const list of members) {
    const test = Math.min(Math.round(list.length * shares.test), Math.max(0, list.length - 1));
    const rest = list.length - test;
    const validation = Math.min(Math.round(rest * shares.validation), Math.max(0, rest - 1));
    list.forEach((example, place) => {
      const part = place < test ? 'test' : place < test + validation ? 'validation' : 'train';
      parts[part].push(example);
    });
  }
  const sorted = (list: number[]) => Uint32Array.from(list).sort();
  return { train: sorted(parts.train), validation: sorted(parts.validation), test: sorted(parts.test) };
}

/** The numbers below `count` in an order that `seed` rules (mulberry32). */
export function shuffled(count: number, seed: number): Uint32Array {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return bits ^ (bits >>> 14);
  };
  return shuffledOrder(count, 1, random);
}
