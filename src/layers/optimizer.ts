// How weights follow a gradient. Steps are uphill; rates are before the schedule. Weight decay leaves the bias alone.

import { above0, atLeast0, below1, type Infer, object, oneOf, union } from '../schema.ts';

export const optimizer = union({
  momentum: object({ kind: oneOf('momentum'), rate: above0, momentum: below1, decay: atLeast0 }),
  /** With decoupled decay (Loshchilov and Hutter 2019). */
  adam: object({
    kind: oneOf('adam'),
    rate: above0,
    beta1: below1,
    beta2: below1,
    epsilon: above0,
    decay: atLeast0,
  }),
});

export type Optimizer = Infer<typeof optimizer>;

/** Arrays of the size of the weights that an optimizer keeps between steps. */
export function momentsOf({ kind }: Optimizer): 1 | 2 {
  return kind === 'adam' ? 2 : 1;
}
