// Model files in Node.

import { encodeParts, notesOn, withKnownColumns } from '../data/encode-examples.ts';
import type { Examples } from '../data/examples/examples.ts';
import type { Note } from '../data/notes.ts';
import { InputError } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { joinChunks } from '../files/safetensors.ts';
import { writeFileSafely } from '../files/write.ts';
import { type Answer, Answerer, notOwn } from './answers.ts';
import { node } from './create.ts';
import { encodeModel, type LoadOptions, type ModelDescription, type OwnDescription } from './encode.ts';
import type { Network } from './network.ts';
import { decodeWhole } from './own-description.ts';
import type { PageOptions } from './page-script.ts';

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
export async function decodeNetwork(
  bytes: Uint8Array,
  options: LoadOptions & PageOptions = {},
): Promise<Network> {
  return (await decodeWhole(node, bytes, 'the model', options)).network;
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
  const { network, description } = await decodeWhole(node, await readBytes(path), path, options);
  if (description.learning) {
    await network.close();
    throw new InputError(
      `${path} is a checkpoint of own data, not a model: finish its training with ff train --resume`,
    );
  }
  return { network, description };
}

/** Examples that are encoded and answered together, and scores of labels that are worked out together. */
const MOST_EXAMPLES = 2 ** 13;
const MOST_SCORES = 2 ** 22;

/** A network that knows what its inputs and classes mean. Made by `trainModel`, `loadModel` or `decodeModel`. */
export class Model extends Answerer<Network> {
  /**
   * An answer for each example, by the goodness readout where there is one. A column that a table lacks counts as missing in each of
   * its rows, which `notes` tells. Throws an InputError for examples of another kind, or without most of the columns.
   */
  override async predict(examples: Examples): Promise<Answer[]> {
    const parts: Answer[][] = [];
    for await (const part of this.answers(examples)) parts.push(part);
    return parts.flat();
  }

  /** The same some examples at a time, so that memory need not hold the inputs and the probabilities of all. */
  async *answers(examples: Examples): AsyncGenerator<Answer[], void, void> {
    const { batch } = this.network.session.recipe;
    const most = Math.min(MOST_EXAMPLES, MOST_SCORES / this.encoding.classNames.length);
    // Whole batches, as if all were answered at once.
    const atOnce = batch * Math.max(1, Math.floor(most / batch));
    for (const part of encodeParts(this.encoding, withKnownColumns(this.encoding, examples), atOnce)) {
      yield this.answer(part);
    }
  }

  /**
   * What answers about `examples` may be wrong for: columns that are not there or called otherwise, cells never seen in training,
   * missing, unreadable, written otherwise, far from all others. At once in Node and later in a page: `await` them. Throws an InputError
   * without most of the columns.
   */
  notes(examples: Examples): Note[] | Promise<Note[]> {
    return notesOn(this.encoding, examples);
  }

  /** All of it as the bytes of one safetensors file, which `decodeModel` reads. */
  async encode(): Promise<Uint8Array> {
    const { network, encoding, calibration } = this;
    return joinChunks(await encodeModel(network, false, { encoding, calibration }));
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
export async function decodeModel(
  bytes: Uint8Array,
  options: LoadOptions & PageOptions = {},
): Promise<Model> {
  return openModel(bytes, 'the model', options);
}

async function openModel(bytes: Uint8Array, path: string, options: LoadOptions): Promise<Model> {
  const { network, description } = await decodeWhole(node, bytes, path, options);
  const { encoding, calibration } = description;
  if (encoding && calibration) return new Model(network, encoding, calibration);
  await network.close();
  throw notOwn(path);
}
