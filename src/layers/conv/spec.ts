// Units that look at small patches of what lies below, with the same weights at every position.

import { refuse } from '../../errors.ts';
import { type Infer, object, oneOf, optional, type Schema, whole } from '../../schema.ts';
import { perLayer } from '../per-layer.ts';

const odd: Schema<number> = (value, path) => {
  const size = whole(1)(value, path);
  return size % 2 === 1 ? size : refuse(path, 'an odd count, so that a patch has a middle', size);
};

export const convSpec = object({
  kind: oneOf('conv'),
  /** Units at each position. */
  channels: whole(1),
  /** Positions that a patch is high and wide: odd. Every position is the middle of a patch; what lies beyond the edges is zero. */
  size: odd,
  /** Positions from a patch to the next; absent: 1. */
  stride: optional(whole(1)),
  /** Of so many neighbouring positions each way, the largest activity of each unit goes on: max pooling; absent: of one. */
  maxPool: optional(whole(2)),
  /**
   * A map to classes reads the mean activity of each unit in each of `cells` · `cells` parts of the image; absent: in all of it.
   */
  cells: optional(whole(1)),
  ...perLayer,
});

export type ConvSpec = Infer<typeof convSpec>;
