// Plans a network: what each layer stands among, and where everything lies.

import { inContext } from '../errors.ts';
import { fullSpec, type LayerSpec } from '../layers/forms.ts';
import type { PlannedKinds } from '../layers/kind.ts';
import { momentsOf } from '../layers/optimizer.ts';
import type { LayerPlan, Site, Source } from '../layers/plan.ts';
import { partsOf, planReadout } from '../readouts/softmax.ts';
import { inputShape, shapesBy } from '../recipes/check.ts';
import { hasReadout, lowestReached, type Recipe, readFrom, triesLabels } from '../recipes/recipe.ts';
import { rolesOf } from './roles.ts';
import type { NetworkPlan } from './session.ts';

/** Labels that are tried at once: with more classes, an example is looked at more than once, in memory that does not grow. */
const LABELS_AT_ONCE = 100;

/** What a network is planned for, besides its recipe. */
export interface Surroundings {
  readonly kinds: PlannedKinds;
  /** Values of an example. */
  readonly inputs: number;
  readonly classes: number;
  readonly threads: number;
  /** Whether rows may be multiplied two at a time. */
  readonly hasPairs: boolean;
}

/**
 * Plans every layer and the readout; nothing is allocated yet. Throws an InputError where layers do not fit each other or the inputs,
 * or where one does not fit in a memory.
 */
export function planLayers(recipe: Recipe, around: Surroundings): NetworkPlan {
  const { layers, batch } = recipe;
  const { inputs, classes } = around;
  return inContext(`recipe ${recipe.name}`, () => {
    const shapes = shapesBy(around.kinds, recipe, inputShape(recipe, inputs));
    const sources = shapes.map((shape, l): Source => ({ ...shape, isImage: l === 0 }));
    // What the last layer sees above, in a recurrent network: the label.
    sources.push({ height: 1, width: 1, channels: classes, isImage: true });
    const plans = layers.map((layer, l) =>
      inContext(`layers[${l}]`, () =>
        planLayer(layer, layers[l - 1], siteOf(recipe, around, sources, l), around.kinds),
      ),
    );
    const parts = plans.slice(readFrom(recipe)).flatMap(partsOf).length;
    return { plans, readoutPlan: planReadout(batch, classes, parts) };
  });
}

/** Plans a layer above `below`, whose plan was not refused, or above the input. */
function planLayer(
  layer: LayerSpec,
  below: LayerSpec | undefined,
  site: Site,
  kinds: PlannedKinds,
): LayerPlan {
  const spec = fullSpec(layer);
  // Units that see all of the layers on both sides are local ones of one position, without fields.
  const isBetween = site.above && spec.kind === 'dense';
  const planned = isBetween ? { kind: 'local', height: 1, width: 1, channels: spec.units } : spec;
  const order =
    planned.kind === 'dense' && below !== undefined
      ? kinds[fullSpec(below).kind].inputOrder?.(site.below)
      : undefined;
  return kinds[planned.kind].plan(planned, { ...site, ...(order && { order }) });
}

function siteOf(recipe: Recipe, around: Surroundings, sources: readonly Source[], l: number): Site {
  const { learning, batch } = recipe;
  const { classes, threads, hasPairs } = around;
  const roles = rolesOf(learning).length * batch;
  const label = learning.kind === 'contrast' && l === 0 ? learning.label : undefined;
  // Only where all versions of an input differ in nothing but the label.
  const sharesImage = label && learning.kind === 'contrast' && learning.negatives !== 'rolled-out';
  return {
    index: l,
    below: sources[l],
    ...(learning.kind === 'recurrent' && { above: sources[l + 2] }),
    batch,
    // Predicting takes a row for each label that is tried and one for the neutral label.
    rows: triesLabels(learning) ? Math.max(roles, Math.min(classes, LABELS_AT_ONCE) + 1) : roles,
    classes: hasReadout(learning) && l >= readFrom(recipe) ? classes : 0,
    labels: sharesImage ? classes : 0,
    appended: label?.kind === 'appended' ? classes : 0,
    groups: ('groups' in learning && learning.groups) || 1,
    ...(learning.kind === 'classes' && {
      classMap: {
        classes,
        isNormalized: learning.activity === 'normalized',
        isMutual: learning.similarity !== undefined,
        isAffine: learning.map === 'affine-projection',
      },
    }),
    ...(learning.kind === 'self-contrast' && { isSelfContrast: true }),
    moments: learning.kind === 'perturbation' ? 0 : momentsOf(learning.optimizer),
    hasPairs,
    isBackward: learning.kind === 'backprop' && l > lowestReached(learning),
    threads,
  };
}
