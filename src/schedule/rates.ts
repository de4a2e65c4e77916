// How the learning rates change over training.

/**
 * The factor on every learning rate in `epoch` (from 1) of `epochs`: 1 for the share `hold` of them, then falling
 * linearly to almost zero. With hold = ½ this is the schedule of Hinton's code, (1 + 2 (epochs − epoch)) / epochs.
 */
export function gain(epoch: number, epochs: number, hold: number): number {
  if (epoch <= hold * epochs) return 1;
  return (0.5 + epochs - epoch) / (epochs - hold * epochs);
}
