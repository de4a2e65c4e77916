// The layers of a network with local fields or connections from above.

import { bindKernels } from '../kernels/kernels.ts';
import { WiredLayer } from '../layers/wired.ts';
import type { Session } from './session.ts';

/** The layers of a session as thread number `part` works on them. */
export function openWired({ plans, memories, module }: Session, part: number): WiredLayer[] {
  return plans.map((plan, l) => {
    if (plan.kind !== 'wired') throw new Error('a plain layer in a network that is not');
    return new WiredLayer(plan, bindKernels(module, memories[l]), memories[l], part);
  });
}
