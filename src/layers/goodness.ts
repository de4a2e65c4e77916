// How one number is made of the activities y of a layer, or of a group of its units (section 2 of the paper, and its networks for
// CIFAR-10 for the minus).

import { type Infer, oneOf } from '../schema.ts';

export const goodness = oneOf('sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares');

export type Goodness = Infer<typeof goodness>;
