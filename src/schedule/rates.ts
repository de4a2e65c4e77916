// What changes over training: the learning rates, and which rows of a batch are learned from.

import type { Phase } from '../goodness/objective.ts';
import type { Recipe } from '../recipes/recipe.ts';

const NOTHING: Phase = { positive: false, negative: false };
const TOGETHER: Phase = { positive: true, negative: true };
const AWAKE: Phase = { positive: true, negative: false };
const ASLEEP: Phase = { positive: false, negative: true };

/** What batch number `time` (from 1) of the whole training moves the layers by. */
export function phaseAt({ fixed, phases }: Recipe, time: number): Phase {
  if (fixed) return NOTHING;
  if (phases === undefined) return TOGETHER;
  return Math.floor((time - 1) / phases) % 2 === 0 ? AWAKE : ASLEEP;
}

/**
 * The factor on every learning rate in `epoch` (from 1) of `epochs`: 1 for the share `hold` of them, then falling
 * linearly to almost zero. With hold = ½ this is the schedule of Hinton's code, (1 + 2 (epochs − epoch)) / epochs.
 */
export function gain(epoch: number, epochs: number, hold: number): number {
  if (epoch <= hold * epochs) return 1;
  return (0.5 + epochs - epoch) / (epochs - hold * epochs);
}
