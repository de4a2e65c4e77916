// The kinds of layers as networks know them, by the names that recipes give them: here and in forms.ts those that all networks may have, in
// register.ts the others; in words.ts all.

import { dense } from './dense/index.ts';
import type { LayerKind } from './kind.ts';

// A kind is asked of its own specifications and plans only, which their `kind` sees to.
export const layerKinds = { dense } as unknown as Record<string, LayerKind>;
