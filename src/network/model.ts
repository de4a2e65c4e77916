// A network as one safetensors file: what it has learned as tensors, what it is as JSON in the metadata. A checkpoint is the
// same file with the optimizer's state and the position in training.

import { checkEncoding, type Encoding } from '../data/own.ts';
import { InputError } from '../errors.ts';
import { encodeSafetensors, readSafetensors, type Tensor } from '../files/safetensors.ts';
import { writeFileSafely } from '../files/write.ts';
import { type Calibration, checkCalibration } from '../readout/calibration.ts';
import { checkRecipe, type Recipe } from '../recipes/recipe.ts';
import { prepare } from './create.ts';
import type { Network, Position } from './network.ts';
import { readState, writeState } from './state.ts';

const FORMAT = 'forward-forward 1';

export interface LoadOptions {
  /** Threads that share the work, all cores by default. */
  readonly threads?: number;
}

/** What a model of somebody's own data holds beside the network. */
export interface OwnDescription {
  /** What its inputs and classes mean. */
  readonly encoding: Encoding;
  readonly calibration: Calibration;
}

/** What the metadata of a model file says. */
export interface ModelDescription extends Partial<OwnDescription> {
  readonly recipe: Recipe;
  readonly inputs: number;
  readonly classes: number;
  readonly seed: number;
  readonly build: 'relaxed' | 'simd';
  /** Only in a checkpoint. */
  readonly position?: Position;
}

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
  const { recipe, inputs, classes, seed, build } = network.session;
  const description: ModelDescription = {
    recipe,
    inputs,
    classes,
    seed,
    build,
    ...(checkpoint ? { position: network.position } : {}),
    ...own,
  };
  const tensors = readState(network.session, checkpoint).map(
    ({ name, shape, data }): Tensor => ({ name, shape: [...shape], dtype: 'F32', data }),
  );
  const chunks = encodeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(description) });
  await writeFileSafely(path, chunks);
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
  const { tensors, metadata } = await readSafetensors(path);
  const description = parseDescription(metadata, path);
  const { recipe, inputs, classes, seed, build, position } = description;
  const { session, start } = await prepare(recipe, {
    ...options,
    inputs,
    classes,
    seed,
    // Going on with the same bits takes the same kernels.
    ...(position ? { build } : {}),
  });
  writeState(session, position !== undefined, (name, shape) => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== 'F32' || tensor.shape.join() !== shape.join()) {
      const found = tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none';
      throw new InputError(`${path}: expected the tensor ${name} of F32 [${shape}], found ${found}`);
    }
    return tensor.data as Float32Array;
  });
  return { network: start(position), description };
}

/** The description in the metadata of a model file; throws an InputError where there is none or it makes no sense. */
export function parseDescription(metadata: Readonly<Record<string, string>>, path: string): ModelDescription {
  if (metadata.format !== FORMAT) {
    throw new InputError(
      `${path} is not a model of this library: expected the format "${FORMAT}" in its metadata, found ${JSON.stringify(metadata.format ?? 'none')}`,
    );
  }
  let description: ModelDescription;
  try {
    description = JSON.parse(metadata.description ?? '');
    checkRecipe(description.recipe);
    checkPosition(description.position);
    const { encoding, calibration, inputs, classes } = description;
    if (encoding !== undefined) checkEncoding(encoding, inputs, classes);
    if (calibration !== undefined) checkCalibration(calibration);
    if (!['relaxed', 'simd'].includes(description.build))
      throw new InputError(`no build is called ${description.build}`);
  } catch (error) {
    // A description that is not even an object fails as a TypeError, one that is not JSON as a SyntaxError.
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${path}: the description in the metadata cannot be used: ${reason}`);
  }
  return description;
}

function checkPosition(position: Position | undefined): void {
  if (position === undefined) return;
  const { epoch, batch, trainSeconds, examples, sums, history } = position;
  const isCount = (value: number) => Number.isInteger(value) && value >= 0;
  const hasLists = Array.isArray(sums) && Array.isArray(history);
  if (!hasLists || !isCount(epoch) || !isCount(batch) || !isCount(examples) || !(trainSeconds >= 0)) {
    throw new InputError(`the position ${JSON.stringify(position).slice(0, 100)} is not one of training`);
  }
}
