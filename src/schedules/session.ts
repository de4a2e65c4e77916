// A network as plain data that can be posted to a thread: what was planned, and the memories that hold it.

import type { Build } from '../kernels/features.ts';
import type { LayerPlan } from '../layers/plan.ts';
import type { HybridPlan } from '../negatives/hybrids.ts';
import type { ReadoutPlan } from '../readouts/softmax.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { Control } from './control.ts';

/** Everything a thread needs to take its part in a network. */
export interface Session {
  readonly recipe: Recipe;
  /** Values of an example. */
  readonly inputs: number;
  readonly classes: number;
  readonly seed: number;
  readonly build: Build;
  readonly module: WebAssembly.Module;
  readonly plans: readonly LayerPlan[];
  readonly memories: readonly WebAssembly.Memory[];
  readonly readoutPlan: ReadoutPlan;
  readonly readoutMemory: WebAssembly.Memory;
  /** Where hybrids are made, for recipes that learn from them. */
  readonly hybrids?: { readonly plan: HybridPlan; readonly memory: WebAssembly.Memory };
  readonly control: ArrayBufferLike;
  /** Threads that can really run at once. */
  readonly cores: number;
}

/** What the memories of a network hold, and where. */
export interface NetworkPlan extends Pick<Session, 'plans' | 'readoutPlan'> {
  readonly hybridPlan?: HybridPlan;
}

/** A session of planned layers: their memories, zeroed, and what threads share besides. */
export function openSession(
  what: Pick<Session, 'recipe' | 'inputs' | 'classes' | 'seed' | 'build' | 'module' | 'cores'>,
  { plans, readoutPlan, hybridPlan }: NetworkPlan,
  isShared: boolean,
): Session {
  // The shared builds declare this maximum; a memory's own may be smaller, and this one never grows.
  const allocate = ({ pages }: { pages: number }) =>
    new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared });
  return {
    ...what,
    plans,
    memories: plans.map(allocate),
    readoutPlan,
    readoutMemory: allocate(readoutPlan),
    ...(hybridPlan && { hybrids: { plan: hybridPlan, memory: allocate(hybridPlan) } }),
    control: new Control(plans.length).buffer,
  };
}
