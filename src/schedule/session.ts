// A network as plain data that can be posted to a thread: what was planned, and the memories that hold it.

import type { Build } from '../kernels/features.ts';
import { type LayerPlan, planLayer } from '../layers/plan.ts';
import type { WiredPlan } from '../layers/wiring.ts';
import type { HybridPlan } from '../negatives/hybrid.ts';
import { planReadout } from '../readout/softmax.ts';
import { hasGoodness, hasLabel, layerGrid, layerUnits, type Recipe } from '../recipes/recipe.ts';
import { Control } from './control.ts';

/** Everything a thread needs to take its part in a network. */
export interface Session {
  readonly recipe: Recipe;
  readonly inputs: number;
  readonly classes: number;
  readonly seed: number;
  readonly build: Build;
  readonly module: WebAssembly.Module;
  readonly plans: readonly (LayerPlan | WiredPlan)[];
  readonly memories: readonly WebAssembly.Memory[];
  readonly readoutPlan: ReturnType<typeof planReadout>;
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

/** What the plans of all layers of a network have in common, whatever their kind; `index` counts from 0. */
export function layerShape(recipe: Recipe, classes: number, index: number) {
  const { batch, readFrom, optimizer, schedule, groups = 1 } = recipe;
  const { height, width } = layerGrid(recipe.layers[index]);
  const moments = optimizer.kind === 'adam' ? (2 as const) : (1 as const);
  return {
    batch,
    groups: groups === 'positions' ? height * width : groups,
    // Predicting takes a row for each label and one for the neutral label.
    rows: hasGoodness(recipe) ? Math.max(3 * batch, classes + 1) : batch,
    classes: index + 1 >= readFrom ? classes : 0,
    moments: schedule?.kind === 'perturbation' ? (0 as const) : moments,
  };
}

/**
 * Plans every layer of a network whose layers see exactly all of the one below; nothing is allocated yet. `hasPairs` where rows may
 * be multiplied two at a time: that takes memory, and kernels which those for devices do without.
 */
export function planPlain(recipe: Recipe, inputs: number, classes: number, hasPairs: boolean): NetworkPlan {
  const plans = recipe.layers.map((layer, index) =>
    planLayer({
      ...layerShape(recipe, classes, index),
      inputs: index === 0 ? inputs : layerUnits(recipe.layers[index - 1]),
      units: layerUnits(layer),
      // Only where all versions of an input differ in nothing but the label.
      labels: index === 0 && hasLabel(recipe) && recipe.negatives !== 'rolled-out' ? classes : 0,
      hasPairs,
      isBackward: recipe.schedule?.kind === 'backprop' && index > (recipe.between?.after ?? 0),
    }),
  );
  return withReadout(recipe, classes, plans);
}

/** The plans of all layers with that of the readout. */
export function withReadout(recipe: Recipe, classes: number, plans: Session['plans']): NetworkPlan {
  const { layers, batch, readFrom } = recipe;
  return { plans, readoutPlan: planReadout(batch, classes, layers.length - readFrom + 1) };
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
