// Every kernel of assembly/ again, in plain TypeScript on the same bytes: what a kernel computes, without how. Tests hold
// the WebAssembly builds against this.
//
// Sums are double here and single there, so the two agree to rounding only. Whatever is not a sum (lists, targets, random
// numbers) agrees to the bit.

import type { Kernels } from './kernels.ts';
import { batchKernels } from './plain/batch.ts';
import { convKernels } from './plain/conv.ts';
import { dampKernels } from './plain/damp.ts';
import { forwardKernels } from './plain/forward.ts';
import { goodnessKernels } from './plain/goodness.ts';
import { localKernels } from './plain/local.ts';
import { maskKernels } from './plain/mask.ts';
import { outgoingKernels } from './plain/outgoing.ts';
import { positionKernels } from './plain/positions.ts';
import { randomKernels } from './plain/random.ts';
import { selfContrastKernels } from './plain/self-contrast.ts';
import { similarityKernels } from './plain/similarity.ts';
import { softmaxKernels } from './plain/softmax.ts';
import { transposedKernels } from './plain/transposed.ts';
import { updateKernels } from './plain/update.ts';

/** The kernels on `buffer`, which is a memory's or just as long as the arrays need. */
export function plainKernels(buffer: ArrayBufferLike): Kernels {
  return {
    ...forwardKernels(buffer),
    ...convKernels(buffer),
    ...batchKernels(buffer),
    ...similarityKernels(buffer),
    ...selfContrastKernels(buffer),
    ...dampKernels(buffer),
    ...positionKernels(buffer),
    ...outgoingKernels(buffer),
    ...goodnessKernels(buffer),
    ...updateKernels(buffer),
    ...softmaxKernels(buffer),
    ...randomKernels(buffer),
    ...maskKernels(buffer),
    ...localKernels(buffer),
    ...transposedKernels(buffer),
  };
}
