// Model files in Node.

import { readBytes } from '../files/read.ts';
import { writeFileSafely } from '../files/write.ts';
import { node } from './create.ts';
import {
  decodeModel,
  encodeModel,
  type LoadOptions,
  type ModelDescription,
  type OwnDescription,
} from './encode.ts';
import type { Network } from './network.ts';

/**
 * Writes a network to a file that replaces the old one only when it is complete. With `checkpoint`, training can go on from
 * it as if it had never stopped. With `own`, the file says what the inputs mean.
 */
export async function saveNetwork(
  network: Network,
  path: string,
  checkpoint = false,
  own?: OwnDescription,
): Promise<void> {
  await writeFileSafely(path, encodeModel(network, checkpoint, own));
}

/** The network in the bytes of a model file, as loadNetwork reads one. */
export async function decodeNetwork(bytes: Uint8Array, options: LoadOptions = {}): Promise<Network> {
  return (await decodeModel(node, bytes, 'the model', options)).network;
}

/**
 * Reads a network from a file, ready to predict or, from a checkpoint, to go on with `fit`. Throws an InputError that names
 * the file and what is wrong with it.
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<Network> {
  return (await loadDescribed(path, options)).network;
}

/** Reads a network and all that its file says about it. */
export async function loadDescribed(
  path: string,
  options: LoadOptions,
): Promise<{ network: Network; description: ModelDescription }> {
  return decodeModel(node, await readBytes(path), path, options);
}
