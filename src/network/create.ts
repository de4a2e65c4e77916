// Making a network in Node: kernels from the package's files, threads from a Piscina pool.

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import v8 from 'node:v8';
import { type Build, detectBuild } from '../kernels/features.ts';
import { betweenOf, type Recipe } from '../recipes/recipe.ts';
import { Control } from '../schedules/control.ts';
import type { Job } from '../schedules/job.ts';
import { openProgram } from '../schedules/open.ts';
import '../schedules/register.ts';
import type { Session } from '../schedules/session.ts';
import { PiscinaTeam } from '../threads/piscina.ts';
import { InlineTeam, type Team } from '../threads/team.ts';
import { ownFunction } from './between-layers-module.ts';
import { create, type NetworkOptions } from './build.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { PageOptions } from './page-script.ts';

/**
 * A new network, ready to train. What a page gives it besides is not looked at in Node. Throws an InputError for a recipe, sizes or threads that make no sense.
 */
export function createNetwork(recipe: Recipe, options: NetworkOptions & PageOptions): Promise<Network> {
  return create(node, recipe, options);
}

// Addresses in full, for bundlers find the files by them; the same whether this module runs from src/ (in tests) or from dist/.
const WORKER = new URL('../../dist/node/worker.mjs', import.meta.url).href;
const KERNELS = {
  relaxed: new URL('../../build/relaxed.wasm', import.meta.url),
  'relaxed-shared': new URL('../../build/relaxed-shared.wasm', import.meta.url),
  simd: new URL('../../build/simd.wasm', import.meta.url),
  'simd-shared': new URL('../../build/simd-shared.wasm', import.meta.url),
};

/** Milliseconds until all threads are there, and for each of them besides; what somebody else wrote may never come to its end. */
const START = 60_000;
const OWN_START = 3000;
const THREAD_START = 500;

const modules = new Map<URL, Promise<WebAssembly.Module>>();

/** Milliseconds that the modules of recipes took to load, each by its path: the second time there is nothing to load. */
const loadedIn = new Map<string, number>();

/** What the module that a recipe may name exports. */
async function loadOwn(recipe: Recipe) {
  const between = betweenOf(recipe.learning);
  if (between?.kind !== 'module') return undefined;
  const startedAt = performance.now();
  const change = await ownFunction(recipe);
  const { path } = between;
  if (!loadedIn.has(path)) loadedIn.set(path, performance.now() - startedAt);
  return { path, change };
}

/** This process. */
export const node: Host = {
  name: `Node ${process.version}`,
  cores: availableParallelism(),
  detectBuild: () => detectBuild(flags => v8.setFlagsFromString(flags)),
  compile(build: Build, isShared: boolean): Promise<WebAssembly.Module> {
    const url = KERNELS[`${build}${isShared ? '-shared' : ''}`];
    let module = modules.get(url);
    if (!module) {
      module = readFile(url).then(bytes => WebAssembly.compile(bytes));
      modules.set(url, module);
    }
    return module;
  },
  async startTeam(session: Session, threads: number): Promise<Team<Job>> {
    const own = await loadOwn(session.recipe);
    if (threads > 1) {
      const foreign = own && `the module ${own.path}`;
      const { marks } = new Control(session.plans.length, session.control);
      const startWithin = own ? OWN_START + 4 * loadedIn.get(own.path)! : START;
      const team = await PiscinaTeam.start<Job>(WORKER, session, threads, {
        marks,
        foreign,
        startWithin: startWithin + THREAD_START * threads,
      });
      await team.run({ kind: 'begin' });
      return team;
    }
    const whole = openProgram(session, 0, 1, own?.change);
    return new InlineTeam<Job>(job => whole.run(job));
  },
};
