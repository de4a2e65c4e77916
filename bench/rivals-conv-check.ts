// Whether a rival computes what we compute: a step of each from the same weights, moments and batch. Images are as they are, and the
// network has seen the batch for some steps.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinChunks, parseSafetensors } from '../src/files/safetensors.ts';
import { createNetwork, type Dataset, type Recipe, slice } from '../src/index.ts';
import { encodeModel } from '../src/network/encode.ts';
import { median } from './harness.ts';
import { writeImages } from './rival.ts';

/** Steps on the batch before the one that is compared. */
const STEPS = 50;

/**
 * By how much may differ: the loss of any layer; and, as shares of their length, the gradients of weights, biases and maps and what the
 * step changes in them and in running means, in the middle of all and farthest. Where an activity is zero but for rounding, one is on and
 * another is not, and with it moves the gradient of its layer, but of no other.
 */
export const LIMITS = {
  loss: 1e-5,
  gradient: 1e-4,
  'farthest gradient': 1e-2,
  change: 1e-4,
  'farthest change': 1e-2,
} as const;

/** What is told of a batch, for each layer. */
export interface Step {
  /** Mean negative log probability of the right class. */
  readonly losses: readonly number[];
}

type Tensors = ReadonlyMap<string, Float32Array>;

/** A step of ours. */
interface OurStep extends Step {
  readonly before: Tensors;
  readonly after: Tensors;
  /** The share of the first moment that a step keeps. */
  readonly momentum: number;
}

/** Takes a step of ours, and leaves in `folder` what the rivals begin with: the state before it, and its batch, called `check`. */
export async function ourStep(recipe: Recipe, train: Dataset, folder: string): Promise<OurStep> {
  const { learning, flip: _, ...others } = recipe;
  if (learning.kind !== 'classes' || learning.optimizer.kind !== 'adam') {
    throw new Error(`${recipe.name} has no local losses of classes, or not Adam`);
  }
  // Of so many epochs that the rate stays as it is.
  const still = { ...others, learning, shift: 0, epochs: 100 * STEPS };
  const batch = slice(train, 0, recipe.batch);
  const network = await createNetwork(still, { inputs: train.width, classes: train.classes });
  const stateAfter = async (steps: number) => {
    for await (const { epoch } of network.fit(batch)) if (epoch === steps) break;
    return joinChunks(await encodeModel(network, true));
  };
  const before = await stateAfter(STEPS);
  const after = await stateAfter(STEPS + 1);
  const { positiveGoodness } = network.history.at(-1)!;
  await network.close();
  writeFileSync(join(folder, 'check.safetensors'), before);
  writeImages(folder, 'check', batch);
  return {
    losses: positiveGoodness.map(goodness => -goodness),
    before: tensorsIn(before),
    after: tensorsIn(after),
    momentum: learning.optimizer.beta1,
  };
}

function tensorsIn(state: Uint8Array): Tensors {
  const { tensors } = parseSafetensors(state, 'the state');
  return new Map([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
}

/** How far a rival's step is from ours. It left its tensors in `folder` as `after`, one after the other, in the order of the state. */
export function differencesFrom(ours: OurStep, theirs: Step, folder: string) {
  const { before, momentum } = ours;
  const values = new Float32Array(new Uint8Array(readFileSync(join(folder, 'after'))).buffer);
  const own = (of: Tensors, kept: number, isAsked: (name: string) => boolean) =>
    [...of]
      .filter(([name]) => isAsked(name))
      .map(([name, data]) => data.map((x, i) => x - kept * before.get(name)![i]));
  let from = 0;
  const after = new Map(
    [...before].map(([name, { length }]) => {
      from += length;
      return [name, values.subarray(from - length, from)];
    }),
  );
  const apart = (kept: number, isAsked: (name: string) => boolean) => {
    const [a, b] = [ours.after, after].map(of => own(of, kept, isAsked));
    return a.map((x, t) => lengthOf(x.map((value, i) => value - b[t][i])) / lengthOf(x));
  };
  // The first moment, without what is kept of it.
  const gradients = apart(momentum, name => name.endsWith('.first'));
  const changes = apart(1, name => !/\.(first|second)$/.test(name));
  const largest = (a: readonly number[], b: readonly number[]) =>
    Math.max(...a.map((value, l) => Math.abs(value - b[l])));
  const differences: Record<keyof typeof LIMITS, number> = {
    loss: largest(ours.losses, theirs.losses),
    gradient: median(gradients),
    'farthest gradient': Math.max(...gradients),
    change: median(changes),
    'farthest change': Math.max(...changes),
  };
  const names = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
  return names.map(what => ({ what, difference: differences[what] }));
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
