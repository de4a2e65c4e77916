// A network as plain data that can be posted to a thread: what was planned, and the memories that hold it.

import type { Build } from '../kernels/features.ts';
import { type LayerPlan, planLayer } from '../layers/plan.ts';
import { type HybridPlan, planHybrids } from '../negatives/hybrid.ts';
import { planReadout } from '../readout/softmax.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { Control } from './control.ts';

/** Everything a thread needs to take its part in a network. */
export interface Session {
  readonly recipe: Recipe;
  readonly inputs: number;
  readonly classes: number;
  readonly seed: number;
  readonly build: Build;
  readonly module: WebAssembly.Module;
  readonly plans: readonly LayerPlan[];
  readonly memories: readonly WebAssembly.Memory[];
  readonly readoutPlan: ReturnType<typeof planReadout>;
  readonly readoutMemory: WebAssembly.Memory;
  /** Where hybrids are made, for recipes that learn from them. */
  readonly hybrids?: { readonly plan: HybridPlan; readonly memory: WebAssembly.Memory };
  readonly control: ArrayBufferLike;
  /** Threads that can really run at once. */
  readonly cores: number;
}

/** Plans every layer and the readout; nothing is allocated yet. */
export function planNetwork(recipe: Recipe, inputs: number, classes: number) {
  const { layers, batch, readFrom, optimizer, labelStrength, negatives, image } = recipe;
  // Predicting takes a row for each label and one for the neutral label.
  const rows = Math.max(3 * batch, classes + 1);
  const plans = layers.map((units, index) =>
    planLayer({
      inputs: index === 0 ? inputs : layers[index - 1],
      units,
      batch,
      rows,
      classes: index + 1 >= readFrom ? classes : 0,
      // Only where all versions of an input differ in nothing but the label.
      labels: index === 0 && labelStrength > 0 && negatives !== 'rolled-out' ? classes : 0,
      moments: optimizer.kind === 'adam' ? 2 : 1,
    }),
  );
  return {
    plans,
    readoutPlan: planReadout(batch, classes, layers.length - readFrom + 1),
    ...(typeof negatives === 'object' && image && { hybridPlan: planHybrids(batch, image) }),
  };
}

/** A session of planned layers: their memories, zeroed, and what threads share besides. */
export function openSession(
  what: Pick<Session, 'recipe' | 'inputs' | 'classes' | 'seed' | 'build' | 'module' | 'cores'>,
  { plans, readoutPlan, hybridPlan }: ReturnType<typeof planNetwork>,
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
