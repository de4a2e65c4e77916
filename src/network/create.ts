// Making a network in Node: compile the kernels, plan and allocate the memories, start the threads.

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import v8 from 'node:v8';
import { InputError } from '../errors.ts';
import { type Build, detectBuild } from '../kernels/features.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { checkRecipe, type Recipe } from '../recipes/recipe.ts';
import { PiscinaTeam } from '../threads/piscina.ts';
import { InlineTeam, type Team } from '../threads/team.ts';
import { Control } from '../train/control.ts';
import { Network, type Position } from './network.ts';
import { type Job, NetworkPart } from './part.ts';
import { planNetwork, type Session } from './session.ts';
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
export async function createNetwork(recipe: Recipe, options: NetworkOptions): Promise<Network> {
  const { session, start } = await prepare(recipe, options);
  initializeState(session, memory => bindKernels(session.module, memory));
  return start();
}

/** A network with all of its memory but nothing in it, and what starts its threads. */
export async function prepare(recipe: Recipe, options: NetworkOptions) {
  const { inputs, classes, seed = 1, threads = availableParallelism() } = options;
  checkRecipe(recipe);
  checkOptions(inputs, classes, seed, threads);
  const { plans, readoutPlan } = planNetwork(recipe, inputs, classes);
  const isShared = threads > 1;
  const build = chooseBuild(options.build);
  const module = await compile(build, isShared);
  const session: Session = {
    recipe,
    inputs,
    classes,
    seed,
    build,
    module,
    plans,
    memories: plans.map(plan => allocate(plan.pages, isShared)),
    readoutPlan,
    readoutMemory: allocate(readoutPlan.pages, isShared),
    control: new Control(plans.length).buffer,
    cores: availableParallelism(),
  };
  const start = (position?: Position) => new Network(session, assemble(session, threads), position);
  return { session, start };
}

/** The same file whether this one runs from src/ (in tests) or from dist/. */
const WORKER = new URL('../../dist/network/worker.js', import.meta.url).href;

function assemble(session: Session, threads: number): Team<Job> {
  if (threads > 1) return new PiscinaTeam<Job>(WORKER, session, threads);
  const whole = new NetworkPart(session, 0, 1);
  return new InlineTeam<Job>(job => whole.run(job));
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

function chooseBuild(asked?: Build): Build {
  const best = detectBuild(flags => v8.setFlagsFromString(flags));
  if (!best || (asked === 'relaxed' && best === 'simd')) {
    throw new InputError(
      `this engine (Node ${process.version}) has no WebAssembly ${best ? 'relaxed ' : ''}SIMD: use a newer Node${best ? ' or the simd build' : ''}`,
    );
  }
  return asked ?? best;
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

function compile(build: Build, isShared: boolean): Promise<WebAssembly.Module> {
  const file = `${build}${isShared ? '-shared' : ''}.wasm`;
  let module = modules.get(file);
  if (!module) {
    module = readFile(new URL(`../../build/${file}`, import.meta.url)).then(bytes =>
      WebAssembly.compile(bytes),
    );
    modules.set(file, module);
  }
  return module;
}

function allocate(pages: number, isShared: boolean): WebAssembly.Memory {
  // The shared builds declare this maximum; a memory's own may be smaller, and this one never grows.
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared });
}
