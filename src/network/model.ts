// Model files in Node.

import { readBytes } from '../files/read.ts';
import { writeFileSafely } from '../files/write.ts';
import { node } from './create.ts';
import { decodeModel, encodeModel, type LoadOptions } from './encode.ts';
import type { Network } from './network.ts';

/**
 * Writes a network to a file that replaces the old one only when it is complete. With `checkpoint`, training can go on from
 * it as if it had never stopped.
 */
export async function saveNetwork(network: Network, path: string, checkpoint = false): Promise<void> {
  await writeFileSafely(path, encodeModel(network, checkpoint));
}

/** The network in the bytes of a model file, as loadNetwork reads one. */
export async function decodeNetwork(bytes: Uint8Array, options: LoadOptions = {}): Promise<Network> {
  return decodeModel(node, bytes, 'the model', options);
}

/**
 * Reads a network from a file, ready to predict or, from a checkpoint, to go on with `fit`. Throws an InputError that names
 * the file and what is wrong with it.
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<Network> {
  return decodeModel(node, await readBytes(path), path, options);
}
