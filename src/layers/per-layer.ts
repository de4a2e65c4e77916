// What may be set for one layer, where it is to differ from what the recipe says of all.

import { above0, optional, yes } from '../schema.ts';
import { goodness } from './goodness.ts';

export const perLayer = {
  /** Where layers learn by their goodness. */
  goodness: optional(goodness),
  /** The optimizer's rate. */
  rate: optional(above0),
  /** The layer stays as it is initialised, random. */
  frozen: optional(yes),
};
