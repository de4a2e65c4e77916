// Every kind of layer as networks know it, by the name that recipes give it: one line each, here, in forms.ts and in
// words.ts.

import { dense } from './dense/index.ts';
import type { LayerKind } from './kind.ts';
import { local } from './local/index.ts';

// A kind is asked of its own specifications and plans only, which their `kind` sees to.
export const layerKinds = { dense, local } as unknown as Record<string, LayerKind>;
