// What training on own data goes on from: a checkpoint of the network in training, with the best weights so far beside it.

import { checkEncoding, type Encoding } from '../data/encode-examples.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { InputError } from '../errors.ts';
import { readFloats } from '../files/int8.ts';
import { readBytes } from '../files/read.ts';
import { parseSafetensors } from '../files/safetensors.ts';
import { writeFileSafely } from '../files/write.ts';
import { encodeModel, type ModelDescription } from '../network/encode.ts';
import { isHistory } from '../network/events.ts';
import type { Network } from '../network/network.ts';
import { parseWholeDescription } from '../network/own-description.ts';
import { checkCalibration } from '../readouts/calibration.ts';
import type { Best } from './best.ts';
import type { Standing } from './training.ts';

/** How far training has come, as a checkpoint says it. */
export interface SavedTraining extends Omit<Standing, 'best'> {
  /** Tells whether the data are the same. */
  readonly encoding: Encoding;
  /** Its weights are in the tensors `best.…`. */
  readonly best?: Omit<Best, 'state'>;
}

/** Made by `openCheckpoint`. */
export interface Checkpoint {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly description: ModelDescription;
  readonly learning: SavedTraining;
  readonly best?: Best;
}

const PREFIX = 'best.';
/** What the names of a model's tensors are like; others are the optimizer's. */
export const LEARNED =
  /^(layers\.\d+\.(norm\.)?(weight|bias)|layers\.\d+\.norm\.(mean|variance)|classes\.\d+\.bias|(readout|classes)\.\d+(\.group\.\d+)?\.weight)$/;

/** Writes the network in training and all that is known beside it to the file `path`. */
export async function saveCheckpoint(
  path: string,
  network: Network,
  learning: Omit<SavedTraining, 'best'>,
  data: Fingerprint,
  best: Best | undefined,
): Promise<void> {
  if (!best) {
    await writeFileSafely(path, await encodeModel(network, true, { data, learning }));
    return;
  }
  const { state, ...told } = best;
  const weights = state.map(tensor => ({ ...tensor, name: PREFIX + tensor.name }));
  const whole = { data, learning: { ...learning, best: told } };
  await writeFileSafely(path, await encodeModel(network, true, whole, weights));
}

/** Reads a checkpoint of own data, for `trainModel` to go on from; throws an InputError where the file is none. */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readBytes(path);
  const { tensors, metadata } = parseSafetensors(bytes, path);
  const description = parseWholeDescription(metadata, path);
  const { learning, position } = description;
  if (!learning || !position) {
    throw new InputError(
      `${path} is ${position ? 'a checkpoint of other data than your own' : 'a finished model'}: expected the checkpoint that ff train wrote when it was stopped`,
    );
  }
  const learned = checkLearning(description, path);
  if (!learned.best) return { path, bytes, description, learning: learned };
  const state = [...tensors.values()]
    .filter(({ name }) => LEARNED.test(name))
    .map(({ name, shape }) => ({ name, shape, data: readFloats(tensors, PREFIX + name, shape, path) }));
  return { path, bytes, description, learning: learned, best: { ...learned.best, state } };
}

/** How far training has come, by a file's own words, whatever they really are; throws an InputError where they cannot be used. */
function checkLearning({ learning, recipe, inputs, classes }: ModelDescription, path: string): SavedTraining {
  try {
    const told = learning as SavedTraining;
    const { phase, encoding, history, searchSeconds, best } = told;
    checkEncoding(encoding, inputs, classes);
    if (best) checkCalibration(best.calibration);
    const isFine =
      (phase === 'search' || (phase === 'again' && best)) &&
      isHistory(history, recipe.layers.length) &&
      Number.isFinite(searchSeconds) &&
      (!best || (Number.isInteger(best.epoch) && best.epoch > 0 && Number.isFinite(best.loss)));
    if (!isFine) throw new InputError('found another kind of value than it wrote');
    return told;
  } catch (cause) {
    // What is not even an object or a list fails as a TypeError.
    const reason = (cause as Error).message;
    throw new InputError(`${path}: what it says of the training cannot be used (${reason}); train again`, {
      cause,
    });
  }
}
