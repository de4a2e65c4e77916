// Model files in Node.

import { encodeParts, notesOn } from '../data/encode-examples.ts';
import type { Examples } from '../data/examples/examples.ts';
import type { Note } from '../data/notes.ts';
import { InputError } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { writeFileSafely } from '../files/write.ts';
import { type Answer, Answerer, notOwn } from './answers.ts';
import { node } from './create.ts';
import {
  decodeDescribed,
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
  await writeFileSafely(path, await encodeModel(network, checkpoint, own));
}

/** The network in the bytes of a model file, as loadNetwork reads one. */
export async function decodeNetwork(bytes: Uint8Array, options: LoadOptions = {}): Promise<Network> {
  return (await decodeDescribed(node, bytes, 'the model', options)).network;
}

/**
 * Reads a network from a file, ready to predict or, from a checkpoint, to go on with `fit`. Throws an InputError that names
 * the file and what is wrong with it.
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<Network> {
  return (await loadDescribed(path, options)).network;
}

/** Reads a network and all that its file says about it; throws an InputError for a checkpoint of own data, which is half of one. */
export async function loadDescribed(
  path: string,
  options: LoadOptions,
): Promise<{ network: Network; description: ModelDescription }> {
  const { network, description } = await decodeDescribed(node, await readBytes(path), path, options);
  if (description.learning) {
    await network.close();
    throw new InputError(
      `${path} is a checkpoint of own data, not a model: finish its training with ff train --resume`,
    );
  }
  return { network, description };
}

/** Examples that are encoded and answered together. */
const AT_ONCE = 1 << 13;

/** A network that knows what its inputs and classes mean. Made by `trainModel`, `loadModel` or `decodeModel`. */
export class Model extends Answerer<Network> {
  /** The answers of `predict`, some examples at a time, so that memory need not hold the inputs and answers of all. */
  async *answers(examples: Examples): AsyncGenerator<Answer[], void, void> {
    for (const part of encodeParts(this.encoding, examples, AT_ONCE)) yield await this.answer(part);
  }

  /** What answers about `examples` may be wrong for: cells never seen in training, missing, unreadable, far from all others. */
  notes(examples: Examples): Note[] {
    return notesOn(this.encoding, examples);
  }

  /** Writes all of it to one safetensors file, which replaces an old one only when it is complete. */
  async save(path: string): Promise<void> {
    const { network, encoding, calibration } = this;
    await saveNetwork(network, path, false, { encoding, calibration });
  }
}

/** Reads a model of own data from a file; throws an InputError where it is none. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model> {
  return openModel(await readBytes(path), path, options);
}

/** The same from the bytes of the file. */
export async function decodeModel(bytes: Uint8Array, options: LoadOptions = {}): Promise<Model> {
  return openModel(bytes, 'the model', options);
}

async function openModel(bytes: Uint8Array, path: string, options: LoadOptions): Promise<Model> {
  const { network, description } = await decodeDescribed(node, bytes, path, options);
  const { encoding, calibration } = description;
  if (encoding && calibration) return new Model(network, encoding, calibration);
  await network.close();
  throw notOwn(path);
}
