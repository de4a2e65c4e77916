// What kernels and their callers agree on: units lie in panels of 32, and every array of theirs is (panels, rows, 32).

/** Units in a panel: eight vectors of four. */
export const PANEL = 32;

/** Bytes of a panel's row: one input's weights, or one row's activities, of its units; the unit of the offsets in compressed rows. */
export const ROW_BYTES = PANEL * 4;

/** The target of a row that is left out. */
export const SKIP = 0xffffffff;

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

/** Words from a unit's list of up to `entries` to the next, as listGradient writes them. */
export function listWords(entries: number): number {
  return 16 * (Math.ceil(entries / 8) | 1);
}

/** Floats of a unit in what convGradient sums: of patches of `size` · `size` positions, and its bias. */
export function sumFloats(depth: number, size: number): number {
  const row = depth > NARROW ? size * Math.ceil(depth / PANEL) * PANEL : Math.ceil((size * depth) / 4) * 4;
  return size * row + 4;
}
