// A layer of convolutions: units that look at small patches with the same weights everywhere.

import { stream } from '../../kernels/random-streams.ts';
import { inputOrder } from '../grid.ts';
import type { LayerKind } from '../kind.ts';
import { sizeOf } from '../shape.ts';
import { initializeNorm } from './batch-norm.ts';
import { writeConstants } from './constants.ts';
import { ConvLayer } from './conv-layer.ts';
import { convForm } from './form.ts';
import { type ConvPlan, planConv } from './plan.ts';
import type { ConvSpec } from './spec.ts';

export const conv: LayerKind<ConvSpec, ConvPlan> = {
  ...convForm,
  plan: planConv,
  inputOrder,
  prepare: writeConstants,
  initialize(plan, memory, kernels, seed, index) {
    const { channels, panels, fanIn, deviation, at, mapBias, classHeads, norm } = plan;
    kernels.randomWeights(at.weights, 0, panels, fanIn, channels, seed, stream.weights + index, deviation);
    if (plan.channelGroups > 1) kernels.maskWeights(at.weights, at.masks, 0, panels, fanIn);
    if (norm) initializeNorm(norm, channels, memory);
    if (mapBias === undefined || !classHeads) return;
    const [{ classes, panels: classPanels }] = classHeads.groups;
    const from = stream.mapBiases + index;
    kernels.randomWeights(mapBias, 0, classPanels, 1, classes, seed, from, 1 / Math.sqrt(classes));
  },
  sight({ size, below: { channels } }) {
    const window = { height: size, width: size, channels };
    return { window, blocks: [Uint32Array.from({ length: sizeOf(window) }, (_, k) => k)] };
  },
  open(plan, memory, kernels, _build, thread, lower) {
    const earlier = plan.shortcut && lower[plan.index - plan.shortcut.layers].output;
    return new ConvLayer(plan, kernels, memory, thread, earlier);
  },
};
