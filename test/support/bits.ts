// What a network has learned and what it answers, in a few digits that differ where a single bit does.

import { createHash } from 'node:crypto';
import type { Evaluation, Network } from '../../src/network/network.ts';
import { readState } from '../../src/network/state.ts';

function digest(parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 32);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Of every tensor, those for training included. */
export function stateBits({ session }: Network): string {
  const tensors = readState(session, true).sort((a, b) => (a.name < b.name ? -1 : 1));
  return digest(tensors.flatMap(({ name, shape, data }) => [`${name} ${shape.join()} `, bytesOf(data)]));
}

/** Of both readouts. */
export function answerBits({ goodness, probabilities }: Evaluation): string {
  return digest([bytesOf(goodness), bytesOf(probabilities)]);
}
