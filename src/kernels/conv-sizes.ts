// What the kernels of convolutions and their callers agree on.

import { PANEL } from './panels.ts';

/** Rows of 32 that convForward sums at once, where the largest of `pool` · `pool` positions of `width` pools a row is handed on. */
export function poolingRows(width: number, pool: number): number {
  const columns = width * pool;
  return pool === 1 ? 0 : columns * pool * Math.max(1, Math.floor(64 / (pool * columns)));
}

/** Up to so many values, those of neighbouring positions of an image that the weight gradient reads lie side by side. */
export const NARROW = 4;

/** Values of a position of such an image, or of each panel of it, for `depth` values. */
export function gridLanes(depth: number): number {
  return depth > NARROW ? PANEL : depth;
}

/** Words from a unit's list of up to `entries` to the next, as convGradient writes them. */
export function listWords(entries: number): number {
  return 16 * (Math.ceil(entries / 8) | 1);
}

/** Floats of a unit in what convGradient sums: of patches of `size` · `size` positions, and its bias. */
export function sumFloats(depth: number, size: number): number {
  const row = depth > NARROW ? size * Math.ceil(depth / PANEL) * PANEL : Math.ceil((size * depth) / 4) * 4;
  return size * row + 4;
}
