// A layer whose units see all of the layer below; in a recurrent network, of the layer above, too.

import { stream } from '../../kernels/random-streams.ts';
import type { LayerKind } from '../kind.ts';
import { fillMeans } from '../plan.ts';
import { denseForm } from './form.ts';
import { PairedLayer } from './paired-layer.ts';
import { type DensePlan, planDense } from './plan.ts';
import type { DenseSpec } from './spec.ts';

export const dense: LayerKind<DenseSpec, DensePlan> = {
  ...denseForm,
  plan: planDense,
  prepare() {},
  initialize({ inputs, fanIn, units, panels, at }, memory, kernels, seed, index) {
    const deviation = 1 / Math.sqrt(fanIn);
    kernels.randomWeights(at.weights, 0, panels, inputs, units, seed, stream.weights + index, deviation);
    fillMeans(memory, at.means, units);
  },
  sight: ({ inputs, inputOrder }) => ({
    blocks: [inputOrder ?? Uint32Array.from({ length: inputs }, (_, k) => k)],
  }),
  open: (plan, memory, kernels, build) => new PairedLayer(plan, kernels, memory, build),
};
