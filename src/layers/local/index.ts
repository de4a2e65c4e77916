// A layer of local receptive fields: blocks of neighbouring units that share a field.

import type { Kernels } from '../../kernels/kernels.ts';
import { PANEL } from '../../kernels/panels.ts';
import { stream } from '../../kernels/random-streams.ts';
import { inputOrder } from '../grid.ts';
import type { LayerKind } from '../kind.ts';
import { fillMeans } from '../plan.ts';
import { localForm } from './form.ts';
import { LocalLayer } from './local-layer.ts';
import { type BlockPlan, fanIn, fieldsBelow, type LocalPlan, planLocal, writeConnections } from './plan.ts';
import type { LocalSpec } from './spec.ts';

export const local: LayerKind<LocalSpec, LocalPlan> = {
  ...localForm,
  plan: planLocal,
  inputOrder,
  prepare: writeConnections,
  initialize(plan, memory, kernels, seed, index) {
    plan.blocks.forEach((block, b) => {
      initializeBlock(block, memory, kernels, seed, stream.blocks * (index + 1) + b);
      fillMeans(memory, plan.at.means + block.panel * PANEL * 4, block.units);
    });
  },
  sight: plan => ({ blocks: fieldsBelow(plan) }),
  open: (plan, memory, kernels, _build, thread) => new LocalLayer(plan, kernels, memory, thread),
};

/** Normal weights of deviation 1 / √n, where n inputs are what a unit sees itself. */
function initializeBlock(
  block: BlockPlan,
  memory: WebAssembly.Memory,
  kernels: Kernels,
  seed: number,
  from: number,
): void {
  const { weights, panels, inputs, units, masks } = block;
  kernels.randomWeights(weights, 0, panels, inputs, units, seed, from, 1);
  const f32 = new Float32Array(memory.buffer, weights, panels * (inputs + 1) * PANEL);
  fanIn(block, memory).forEach((count, unit) => {
    const first = Math.floor(unit / PANEL) * (inputs + 1) * PANEL + (unit % PANEL);
    for (let k = 0; k < inputs; k++) f32[first + k * PANEL] *= 1 / Math.sqrt(count);
  });
  if (masks) kernels.maskWeights(weights, masks, 0, panels, inputs);
}
