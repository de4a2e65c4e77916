// Which program a recipe's way of learning runs.

import { bindKernels } from '../kernels/kernels.ts';
import { layerKinds } from '../layers/kinds.ts';
import type { Layer } from '../layers/layer.ts';
import { betweenOf } from '../recipes/recipe.ts';
import { Augmentation } from './augmentation.ts';
import type { RowFunction } from './between-layers.ts';
import { extras, type OpenProgram } from './extras.ts';
import { FeedforwardProgram } from './feedforward.ts';
import type { ThreadProgram } from './program.ts';
import type { Session } from './session.ts';
import { Thread } from './thread.ts';

/** What thread number `part` of `parts` runs; `own` is what the recipe's module exports, if it names one. */
export function openProgram(session: Session, part: number, parts: number, own?: RowFunction): ThreadProgram {
  const { learning, crop, colorJitter } = session.recipe;
  const thread = new Thread(session, part, parts);
  const layers = openLayers(session, part);
  const isAltered = crop !== undefined || colorJitter !== undefined;
  const augmentation = new Augmentation(thread, isAltered ? new extras.RandomAlteration(thread) : undefined);
  const function_ = betweenOf(learning);
  const between = function_ && new extras.ActivationTransform(thread, function_, own);
  if (learning.kind === 'contrast' || learning.kind === 'classes' || learning.kind === 'self-contrast') {
    return new FeedforwardProgram(thread, layers, learning, augmentation, between);
  }
  const open = extras.programs[learning.kind] as OpenProgram;
  return open(thread, layers, learning, augmentation, between);
}

function openLayers({ plans, memories, module, build }: Session, part: number): Layer[] {
  const layers: Layer[] = [];
  plans.forEach((plan, l) => {
    const kernels = bindKernels(module, memories[l]);
    layers[l] = layerKinds[plan.kind].open(plan, memories[l], kernels, build, part, layers);
  });
  return layers;
}
