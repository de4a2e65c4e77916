// Making a network anywhere: check what was asked for, plan and allocate the memories, start the threads.

import { InputError } from '../errors.ts';
import type { Build } from '../kernels/features.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { writeWiring } from '../layers/wiring.ts';
import { checkRecipe } from '../recipes/check.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { planNetwork } from '../schedule/plan.ts';
import { openSession } from '../schedule/session.ts';
import type { Host } from './host.ts';
import { Network, type Position } from './network.ts';
import { initializeState } from './state.ts';

export interface NetworkOptions {
  /** Inputs of an example, the label's included: 784 for MNIST. */
  readonly inputs: number;
  /** Classes, at most 32; the first inputs hold the label. */
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
  initializeState(session, memory => bindKernels(session.module, memory));
  return start();
}

/** A network with all of its memory but nothing in it, and what starts its threads. */
export async function prepare(host: Host, recipe: Recipe, options: NetworkOptions) {
  const { inputs, classes, seed = 1, threads = host.cores } = options;
  checkRecipe(recipe);
  checkOptions(inputs, classes, seed, threads);
  const planned = planNetwork(recipe, inputs, classes, threads);
  const isShared = threads > 1;
  const build = chooseBuild(host, options.build);
  const module = await host.compile(build, isShared);
  const { cores } = host;
  const session = openSession({ recipe, inputs, classes, seed, build, module, cores }, planned, isShared);
  session.plans.forEach((plan, l) => {
    if (plan.kind === 'wired') writeWiring(plan, session.memories[l]);
  });
  const start = async (position?: Position) =>
    new Network(session, await host.startTeam(session, threads), position);
  return { session, start };
}

function checkOptions(inputs: number, classes: number, seed: number, threads: number): void {
  if (!(Number.isInteger(classes) && classes >= 2 && classes <= 32)) {
    throw new InputError(`classes must be a whole number from 2 to 32, found ${classes}`);
  }
  if (!(Number.isInteger(inputs) && inputs > classes)) {
    throw new InputError(
      `inputs must be a whole number above ${classes} (the first ${classes} hold the label), found ${inputs}`,
    );
  }
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new InputError(`seed must be a whole number from 0 to ${2 ** 32 - 1}, found ${seed}`);
  }
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new InputError(`threads must be a whole number from 1 to 256, found ${threads}`);
  }
}

function chooseBuild(host: Host, asked?: Build): Build {
  const best = host.detectBuild();
  if (!best || (asked === 'relaxed' && best === 'simd')) {
    throw new InputError(
      `this engine (${host.name}) has no WebAssembly ${best ? 'relaxed ' : ''}SIMD: use a newer one${best ? ' or the simd build' : ''}`,
    );
  }
  return asked ?? best;
}
