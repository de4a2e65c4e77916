// A kind of layer that no library needs: a dense one that hands its units on in the reverse order. What a new kind takes, in small.

import type { LayerForm, LayerWords } from '../../../src/layers/kind.ts';
import { perLayer } from '../../../src/layers/per-layer.ts';
import { type Infer, object, oneOf, whole } from '../../../src/schema.ts';

const mirroredSpec = object({ kind: oneOf('mirrored'), units: whole(1), ...perLayer });

export type MirroredSpec = Infer<typeof mirroredSpec>;

export const mirroredForm: LayerForm<MirroredSpec> = {
  spec: mirroredSpec,
  output: ({ units }) => ({ height: 1, width: 1, channels: units }),
};

export const mirroredWords: LayerWords<MirroredSpec> = {
  size: ({ units }) => `${units}`,
  describe: ({ units }) => `${units} in reverse`,
};
