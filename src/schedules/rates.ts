// What changes over training: the learning rates, and which rows of a batch are learned from.

import type { Phase } from '../objectives/objective.ts';

export const NOTHING: Phase = { positive: false, negative: false };
const TOGETHER: Phase = { positive: true, negative: true };
const AWAKE: Phase = { positive: true, negative: false };
const ASLEEP: Phase = { positive: false, negative: true };

/** What batch number `time` (from 1) of the whole training moves layers by, that sleep every other `phases` batches. */
export function phaseAt(phases: number | undefined, time: number): Phase {
  if (phases === undefined) return TOGETHER;
  return Math.floor((time - 1) / phases) % 2 === 0 ? AWAKE : ASLEEP;
}

/**
 * The factor on every learning rate in `epoch` (from 1) of `epochs`: 1 for the share `holdShare` of them, then falling
 * linearly to almost zero. With a share of ½ this is the schedule of Hinton's code, (1 + 2 (epochs − epoch)) / epochs. With `cosineTo` it
 * falls along half a wave of the cosine instead, which would be there after the last epoch.
 */
export function gain(epoch: number, epochs: number, holdShare: number, cosineTo?: number): number {
  const held = holdShare * epochs;
  if (epoch <= held) return 1;
  if (cosineTo === undefined) return (0.5 + epochs - epoch) / (epochs - held);
  const gone = Math.max(0, (epoch - 1 - held) / (epochs - held));
  return cosineTo + ((1 - cosineTo) * (1 + Math.cos(Math.PI * gone))) / 2;
}
