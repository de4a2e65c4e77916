// Making a network in Node: kernels from the package's files, threads from a Piscina pool.

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import v8 from 'node:v8';
import { type Build, detectBuild } from '../kernels/features.ts';
import type { Recipe } from '../recipes/recipe.ts';
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

/** A new network, ready to train. Throws an InputError for a recipe, sizes or threads that make no sense. */
export function createNetwork(recipe: Recipe, options: NetworkOptions): Promise<Network> {
  return create(node, recipe, options);
}

/** The same file whether this one runs from src/ (in tests) or from dist/. */
const WORKER = new URL('../../dist/network/worker.js', import.meta.url).href;

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** This process. */
export const node: Host = {
  name: `Node ${process.version}`,
  cores: availableParallelism(),
  detectBuild: () => detectBuild(flags => v8.setFlagsFromString(flags)),
  compile(build: Build, isShared: boolean): Promise<WebAssembly.Module> {
    const file = `${build}${isShared ? '-shared' : ''}.wasm`;
    let module = modules.get(file);
    if (!module) {
      module = readFile(new URL(`../../build/${file}`, import.meta.url)).then(bytes =>
        WebAssembly.compile(bytes),
      );
      modules.set(file, module);
    }
    return module;
  },
  async startTeam(session: Session, threads: number): Promise<Team<Job>> {
    // Each thread loads it again; here it is seen whether they can.
    const own = await ownFunction(session.recipe);
    if (threads > 1) return new PiscinaTeam<Job>(WORKER, session, threads);
    const whole = openProgram(session, 0, 1, own);
    return new InlineTeam<Job>(job => whole.run(job));
  },
};
