// A network as the bytes of one safetensors file: what it has learned as tensors, what it is as JSON in the metadata. A
// checkpoint is the same file with the optimizer's state and the position in training.

import type { Encoding } from '../data/encode-examples.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { DivergenceError, InputError } from '../errors.ts';
import { firstNotFinite } from '../files/finite.ts';
import { FIRST_FORMAT, FORMAT } from '../files/format.ts';
import { findTensor, readFloats } from '../files/int8.ts';
import { encodeSafetensors, joinChunks, parseSafetensors, type Tensor } from '../files/safetensors.ts';
import type { Calibration } from '../readouts/calibration.ts';
import { checkRecipe } from '../recipes/check.ts';
import { betweenOf, isRolledOut, type Recipe } from '../recipes/recipe.ts';
import { extras } from '../schedules/extras.ts';
import type { Session } from '../schedules/session.ts';
import { checkSizes, prepare } from './build.ts';
import { isHistory } from './events.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { Position } from './position.ts';
import { eachTensor, readState, type StateTensor, writeState } from './state.ts';

export interface LoadOptions {
  /** Threads that share the work, all cores by default. */
  readonly threads?: number;
  /**
   * Whether the JavaScript module that the file's recipe may name (`between`) is run: say so only of files whose makers you
   * trust, for it is code. False by default: such a file is refused.
   */
  readonly allowModule?: boolean;
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
  /** Only in a checkpoint of a command: what it learns from. */
  readonly data?: Fingerprint;
  /** Only in a checkpoint of own data: how far training has come, as plain data that only who trains looks into. */
  readonly learning?: object;
}

/** What a file says beside the network and its position. */
type More = OwnDescription | Pick<ModelDescription, 'data' | 'learning'>;

/**
 * The bytes of a model file as chunks to write end to end, of the network as one of the batches has left it; with `checkpoint`,
 * training can go on from there. The tensors `more` go into the file, too.
 */
export function encodeModel(
  network: Network,
  checkpoint: boolean,
  own?: More,
  more?: readonly StateTensor[],
): Promise<Uint8Array[]> {
  return network.atRest(() =>
    encodeSession(network.session, checkpoint ? network.position : undefined, own, more),
  );
}

/** The same of a session that nobody works on; with a position, a checkpoint. Throws a DivergenceError where weights are not finite. */
export function encodeSession(
  session: Session,
  position?: Position,
  own?: More,
  more: readonly StateTensor[] = [],
): Uint8Array[] {
  const { recipe, inputs, classes, seed, build } = session;
  const description: ModelDescription = {
    recipe,
    inputs,
    classes,
    seed,
    build,
    ...(position && { position: plainPosition(position) }),
    ...own,
  };
  const tensors = [...readState(session, position !== undefined), ...more].map(
    ({ name, shape, data }): Tensor => {
      const at = firstNotFinite(data);
      if (at >= 0) {
        throw new DivergenceError(
          `${name} is ${data[at]} at index ${at}: training diverged, and nothing is saved of it; train again at a lower rate`,
        );
      }
      return { name, shape: [...shape], dtype: 'F32', data };
    },
  );
  return encodeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(description) });
}

/** As JSON can tell it. */
function plainPosition(position: Position): Position {
  const { settledIn } = position;
  return { ...position, ...(settledIn && { settledIn: Array.from(settledIn) }) };
}

/** A network as the bytes of a model file; with `checkpoint`, training can go on from it as if it had never stopped. */
export async function encodeNetwork(network: Network, checkpoint = false): Promise<Uint8Array> {
  return joinChunks(await encodeModel(network, checkpoint));
}

/**
 * The network in the bytes of a model file, and all that the file says about it; throws an InputError that begins with `path` and says
 * what is wrong. What belongs to somebody's own data is looked at by `checkOwn` only.
 */
export async function decodeDescribed(
  host: Host,
  bytes: Uint8Array,
  path: string,
  options: LoadOptions,
  checkOwn?: (description: ModelDescription) => void,
): Promise<{ network: Network; description: ModelDescription }> {
  const { tensors, metadata } = parseSafetensors(bytes, path);
  const description = parseDescription(metadata, path, checkOwn);
  const { recipe, inputs, classes, seed, build, position } = description;
  const between = betweenOf(recipe.learning);
  if (between?.kind === 'module' && !options.allowModule) {
    throw new InputError(
      `${path} names code to be run, ${between.path}: load it with allowModule, if you trust whoever made it`,
    );
  }
  const isWhole = position !== undefined;
  const asked = {
    ...options,
    inputs,
    classes,
    seed,
    // Going on with the same bits takes the same kernels.
    ...(isWhole ? { build } : {}),
  };
  const { session, start } = await prepare(host, recipe, asked, planned =>
    eachTensor(planned, isWhole, (name, shape) => findTensor(tensors, name, shape, path)),
  );
  writeState(session, isWhole, (name, shape) => readFloats(tensors, name, shape, path));
  return { network: await start(position), description };
}

/**
 * The description in the metadata of a model file; throws an InputError where there is none or it makes no sense. What belongs to
 * somebody's own data is looked at by `checkOwn` only.
 */
export function parseDescription(
  metadata: Readonly<Record<string, string>>,
  path: string,
  checkOwn?: (description: ModelDescription) => void,
): ModelDescription {
  if (metadata.format !== FORMAT && metadata.format !== FIRST_FORMAT) {
    throw new InputError(
      `${path} is not a model of this library: expected the format "${FORMAT}" in its metadata, found ${JSON.stringify(metadata.format ?? 'none')}`,
    );
  }
  let description: ModelDescription;
  try {
    const found = JSON.parse(metadata.description ?? '');
    const isFirst = metadata.format === FIRST_FORMAT;
    description = {
      ...found,
      recipe: checkRecipe(isFirst ? extras.upgradeRecipe(found.recipe) : found.recipe),
    };
    const { recipe, inputs, classes, seed } = description;
    checkSizes(recipe, inputs, classes, seed, 1);
    checkPosition(description);
    checkOwn?.(description);
    if (!['relaxed', 'simd'].includes(description.build))
      throw new InputError(`no build is called ${description.build}`);
  } catch (error) {
    // A description that is not even an object fails as a TypeError, one that is not JSON as a SyntaxError.
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${path}: the description in the metadata cannot be used: ${reason}`);
  }
  return description;
}

function checkPosition({ position, recipe, classes }: ModelDescription): void {
  if (position === undefined) return;
  const { epoch, batch, trainSeconds, examples, sums, history, rolledOut } = position;
  const isCount = (value: number) => Number.isInteger(value) && value >= 0;
  const isFine =
    [epoch, batch, examples].every(isCount) &&
    [trainSeconds, ...sums].every(Number.isFinite) &&
    isHistory(history, recipe.layers.length);
  if (!isFine) {
    throw new InputError(`the position ${JSON.stringify(position).slice(0, 100)} is not one of training`);
  }
  const isLabel = (value: number) => isCount(value) && value < classes;
  const isWritten = Array.isArray(rolledOut) && rolledOut.length === examples && rolledOut.every(isLabel);
  if (isRolledOut(recipe.learning) && batch > 0 && !isWritten) {
    throw new InputError('the position lacks the negative data that the network has written for its epoch');
  }
  const { settledIn, seen = 0 } = position;
  const areEpochs =
    settledIn === undefined ||
    (Array.isArray(settledIn) && settledIn.length === examples && settledIn.every(isCount));
  if (!areEpochs || !isCount(seen)) {
    throw new InputError(`the position does not say of each of its ${examples} examples when it was settled`);
  }
}
