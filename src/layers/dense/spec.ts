// Units that see all of the layer below.

import { type Infer, object, oneOf, whole } from '../../schema.ts';
import { perLayer } from '../per-layer.ts';

export const denseSpec = object({ kind: oneOf('dense'), units: whole(1), ...perLayer });

export type DenseSpec = Infer<typeof denseSpec>;
