// Making a network anywhere: check what was asked for, plan and allocate the memories, start the threads.

import { checkClasses } from '../data/dataset.ts';
import { InputError, refuse } from '../errors.ts';
import type { Build } from '../kernels/features.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { layerKinds } from '../layers/kinds.ts';
import { initializeMaps } from '../objectives/classes.ts';
import { checkRecipe } from '../recipes/check.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { extras } from '../schedules/extras.ts';
import { planLayers } from '../schedules/plan.ts';
import { type NetworkPlan, openSession, type Session } from '../schedules/session.ts';
import { oneOf } from '../schema.ts';
import { MOST_THREADS } from '../threads/watch.ts';
import type { Host } from './host.ts';
import { Network } from './network.ts';
import type { Position } from './position.ts';

export interface NetworkOptions {
  /** Values of an example: 784 for MNIST. */
  readonly inputs: number;
  /** Classes, from 2 to 10,000. */
  readonly classes: number;
  /** One seed rules weights, order and negatives; 1 by default. */
  readonly seed?: number;
  /** Threads that share the work, all cores by default; 1 works in the caller's thread, in short slices. */
  readonly threads?: number;
  /** Which kernels to run; the fastest that the engine has by default. The two differ in rounding. */
  readonly build?: Build;
}

/** A new network, ready to train. Throws an InputError for a recipe, sizes or threads that make no sense. */
export async function create(host: Host, recipe: Recipe, options: NetworkOptions): Promise<Network> {
  const { session, start } = await prepare(host, recipe, options);
  initialize(session);
  return start();
}

/** A network with all of its memory but nothing in it, and what starts its threads; `check` may refuse what is planned before there is memory for it. */
export async function prepare(
  host: Host,
  given: Recipe,
  options: NetworkOptions,
  check?: (planned: NetworkPlan) => void,
) {
  // Without options, what is missing is refused below.
  const { inputs, classes, seed = 1, threads = host.cores, build: asked } = { ...options };
  const recipe = checkRecipe(given);
  checkSizes(recipe, inputs, classes, seed, threads);
  const planned = planNetwork(recipe, inputs, classes, threads);
  check?.(planned);
  const isShared = threads > 1;
  const build = chooseBuild(host, asked);
  const module = await host.compile(build, isShared);
  const { cores } = host;
  const session = openSession({ recipe, inputs, classes, seed, build, module, cores }, planned, isShared);
  session.plans.forEach((plan, l) => {
    layerKinds[plan.kind].prepare(plan, session.memories[l]);
  });
  const start = async (position?: Position) =>
    new Network(session, await host.startTeam(session, threads), position);
  return { session, start };
}

/** Weights of more do not fit into a layer's memory. */
const MOST_INPUTS = 2 ** 27;

/** Plans a network for so many threads; throws an InputError where that cannot be. */
export function planNetwork(recipe: Recipe, inputs: number, classes: number, threads: number): NetworkPlan {
  const plan = planLayers(recipe, { kinds: layerKinds, inputs, classes, threads, hasPairs: true });
  const { learning, image, batch } = recipe;
  return learning.kind === 'unsupervised' && image
    ? { ...plan, hybridPlan: extras.planHybrids(batch, image) }
    : plan;
}

/** Throws an InputError for what no network can have. */
export function checkSizes(
  recipe: Recipe,
  inputs: number,
  classes: number,
  seed: number,
  threads: number,
): void {
  const { learning } = recipe;
  checkClasses(classes);
  const taken = learning.kind === 'contrast' && learning.label.kind === 'first' ? classes : 0;
  if (!(Number.isInteger(inputs) && inputs > taken && inputs <= MOST_INPUTS)) {
    const why = taken ? ` (the first ${classes} hold the label)` : '';
    refuse('inputs', `a whole number above ${taken}${why} and up to ${MOST_INPUTS}`, inputs);
  }
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    refuse('seed', `a whole number from 0 to ${2 ** 32 - 1}`, seed);
  }
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    refuse('threads', `a whole number from 1 to ${MOST_THREADS}`, threads);
  }
}

/** The state before training: normal weights of deviation 1 / √inputs, no bias, readout zero, mean activity ½. */
function initialize({ plans, memories, module, recipe, seed }: Session): void {
  const { learning } = recipe;
  let maps = 0;
  plans.forEach((plan, l) => {
    const memory = memories[l];
    const kernels = bindKernels(module, memory);
    layerKinds[plan.kind].initialize(plan, memory, kernels, seed, l);
    if (learning.kind !== 'classes') return;
    initializeMaps(learning, plan, memory, kernels, seed, maps);
    maps += plan.classHeads?.groups.length ?? 0;
  });
}

function chooseBuild(host: Host, asked?: Build): Build {
  // It becomes part of a path.
  if (asked !== undefined) oneOf('relaxed', 'simd')(asked, 'build');
  const best = host.detectBuild();
  if (!best || (asked === 'relaxed' && best === 'simd')) {
    throw new InputError(
      `this engine (${host.name}) has no WebAssembly ${best ? 'relaxed ' : ''}SIMD: use a newer one${best ? ' or the simd build' : ''}`,
    );
  }
  return asked ?? best;
}
