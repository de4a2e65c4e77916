// What a network has learned, changed from outside.

import type { Network } from '../../src/network/network.ts';
import { readState, writeState } from '../../src/network/state.ts';

/** Lets `alter` change each tensor in place, those of the optimizer too. */
export function alterState({ session }: Network, alter: (name: string, data: Float32Array) => void): void {
  const state = new Map(readState(session, true).map(({ name, data }) => [name, data]));
  for (const [name, data] of state) alter(name, data);
  writeState(session, true, name => state.get(name)!);
}

/** Puts `value` into a tensor, as a step too large would. */
export function spoil(network: Network, tensor: string, value = Number.NaN): void {
  alterState(network, (name, data) => {
    if (name === tensor) data[7] = value;
  });
}

/** Fills the tensors whose names match with numbers around zero. */
export function fillTensors(network: Network, names: RegExp, random: () => number): void {
  alterState(network, (name, data) => {
    if (names.test(name))
      data.forEach((_, i) => {
        data[i] = random() - 0.5;
      });
  });
}
