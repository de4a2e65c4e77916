// Which program a recipe's way of learning runs.

import { bindKernels } from '../kernels/kernels.ts';
import { stream } from '../kernels/random-streams.ts';
import type { DenseLayer } from '../layers/dense/dense-layer.ts';
import { layerKinds } from '../layers/kinds.ts';
import type { Layer } from '../layers/layer.ts';
import type { LocalLayer } from '../layers/local/local-layer.ts';
import { HybridImages } from '../negatives/hybrids.ts';
import { betweenOf } from '../recipes/recipe.ts';
import { BackpropProgram } from './backprop.ts';
import { ActivationTransform, type RowFunction } from './between-layers.ts';
import { FeedforwardProgram } from './feedforward.ts';
import { PerturbationProgram } from './perturbation.ts';
import type { ThreadProgram } from './program.ts';
import { RecurrentProgram } from './recurrent.ts';
import type { Session } from './session.ts';
import { Thread } from './thread.ts';

/** What thread number `part` of `parts` runs; `own` is what the recipe's module exports, if it names one. */
export function openProgram(session: Session, part: number, parts: number, own?: RowFunction): ThreadProgram {
  const { learning } = session.recipe;
  const thread = new Thread(session, part, parts);
  const layers = openLayers(session, part);
  const function_ = betweenOf(learning);
  const between = function_ && new ActivationTransform(session, function_, own);
  switch (learning.kind) {
    case 'recurrent':
      return new RecurrentProgram(thread, layers as LocalLayer[], learning);
    case 'backprop':
      return new BackpropProgram(thread, layers as DenseLayer[], between);
    case 'perturbation':
      return new PerturbationProgram(thread, layers as DenseLayer[], between);
    default:
      return new FeedforwardProgram(thread, layers, learning, between, openHybrids(session));
  }
}

function openLayers({ plans, memories, module, build }: Session, part: number): Layer[] {
  return plans.map((plan, l) =>
    layerKinds[plan.kind].open(plan, memories[l], bindKernels(module, memories[l]), build, part),
  );
}

function openHybrids({ hybrids, module, seed }: Session): HybridImages | undefined {
  if (!hybrids) return undefined;
  const random = { seed, masks: stream.masks, partners: stream.negatives };
  return new HybridImages(hybrids.plan, bindKernels(module, hybrids.memory), hybrids.memory, random);
}
