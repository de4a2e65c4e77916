// Units on a grid, `channels` at each position, without weight sharing: those of a position see only a field of the layer below
// (the paper's unsupervised and CIFAR-10 networks).

import { refuse } from '../../errors.ts';
import { type Infer, object, oneOf, optional, type Schema, whole } from '../../schema.ts';
import { perLayer } from '../per-layer.ts';

const lengths = object({
  /** Positions that a field is high and wide. */
  size: whole(1),
  /** Positions from a field to the next. */
  stride: whole(1),
  /** Positions by which the first and the last field hang over the edges: what would lie outside does not exist. */
  overhang: whole(0),
});

/** How the fields of a grid lie over another grid, the same for rows and columns. */
export type FieldSize = Infer<typeof lengths>;

const field: Schema<FieldSize> = (value, path) => {
  const found = lengths(value, path);
  return found.overhang < found.size ? found : refuse(`${path}.overhang`, 'below size', found.overhang);
};

export const localSpec = object({
  kind: oneOf('local'),
  height: whole(1),
  width: whole(1),
  channels: whole(1),
  /** How the fields lie over the grid of the layer below, or over the image. */
  field,
  /** How they lie over the layer above, in recurrent networks; absent: all of it is seen. */
  above: optional(field),
  ...perLayer,
});

export type LocalSpec = Infer<typeof localSpec>;
