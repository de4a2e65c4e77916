// What training on own data goes on from: a checkpoint of the network in training, with the best weights so far beside it.

import { InputError } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { parseSafetensors } from '../files/safetensors.ts';
import { writeFileSafely } from '../files/write.ts';
import { encodeSession, type ModelDescription, parseWholeDescription } from '../network/encode.ts';
import type { Network } from '../network/network.ts';
import { checkCalibration } from '../readout/calibration.ts';
import type { Best } from './best.ts';
import type { Learning } from './learning.ts';

/** Made by `openCheckpoint`. */
export interface Checkpoint {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly description: ModelDescription;
  readonly learning: Learning;
  readonly best?: Best;
}

const PREFIX = 'best.';
/** Tensors of a model; others are the optimizer's. */
const LEARNED = /^(layers\.\d+\.(weight|bias)|readout\.\d+\.weight)$/;

/** Writes the network in training and all that is known beside it to the file `path`. */
export async function saveCheckpoint(
  path: string,
  network: Network,
  learning: Omit<Learning, 'best'>,
  best: Best | undefined,
): Promise<void> {
  const { session, position } = network;
  if (!best) {
    await writeFileSafely(path, encodeSession(session, position, { learning }));
    return;
  }
  const { state, ...told } = best;
  const weights = state.map(tensor => ({ ...tensor, name: PREFIX + tensor.name }));
  await writeFileSafely(
    path,
    encodeSession(session, position, { learning: { ...learning, best: told } }, weights),
  );
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
  check(learning, path);
  if (!learning.best) return { path, bytes, description, learning };
  const state = [...tensors.values()]
    .filter(({ name }) => LEARNED.test(name))
    .map(({ name, shape }) => {
      const { data } = tensors.get(PREFIX + name) ?? {};
      const isAlike = tensors.get(PREFIX + name)?.shape.join() === shape.join();
      if (!(data instanceof Float32Array && isAlike)) {
        throw new InputError(
          `${path}: expected ${PREFIX}${name} of ${shape.join(' × ')} floats beside ${name}`,
        );
      }
      return { name, shape, data };
    });
  return { path, bytes, description, learning, best: { ...learning.best, state } };
}

function check({ phase, history, searchSeconds, best }: Learning, path: string): void {
  const isFine =
    (phase === 'search' || (phase === 'again' && best)) &&
    Array.isArray(history) &&
    searchSeconds >= 0 &&
    (!best || (Number.isInteger(best.epoch) && best.epoch > 0 && Number.isFinite(best.loss)));
  if (!isFine) throw new InputError(`${path}: what it says of the training cannot be used; train again`);
  if (best) checkCalibration(best.calibration);
}
