// Streams of random numbers: whoever draws has one of its own, so that nobody's draws depend on another's.

/**
 * The weights of layer l come from stream `weights` + l; those of block b of a layer of blocks from stream `blocks` · (l + 1) + b,
 * and the first maps of its groups from streams `projections` …, those of the layers below before them; the bias of its map from stream
 * `mapBiases` + l.
 */
export const stream = {
  shuffle: 1,
  negatives: 2,
  shift: 3,
  masks: 4,
  characters: 5,
  flip: 6,
  crop: 7,
  color: 8,
  weights: 16,
  mapBiases: 2 ** 14,
  projections: 2 ** 15,
  blocks: 2 ** 16,
};

// Above the others are streams for one step or one row only: every third is of a kind.
const MANY = 2 ** 16;
/** How far apart the streams of neighbouring rows are. */
export const ROWS_APART = 3;

/** The stream that only noise number `index` on weights takes from. */
export function noiseStream(index: number): number {
  return MANY + ROWS_APART * index;
}

/** The stream of dropout in row number `index` of all that are learned from: no recipe has noise on weights beside it. */
export function dropoutStream(index: number): number {
  return noiseStream(index);
}

/** The stream that only row number `index` of all that are learned from, or of those that are asked about, takes from. */
export function rowStream(kind: 'train' | 'evaluate', index: number): number {
  return MANY + ROWS_APART * index + (kind === 'train' ? 1 : 2);
}
