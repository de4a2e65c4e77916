// The toy kind as networks know it.

import { dense } from '../../../src/layers/dense/index.ts';
import { type DensePlan, planDense } from '../../../src/layers/dense/plan.ts';
import type { LayerKind } from '../../../src/layers/kind.ts';
import { type MirroredSpec, mirroredForm } from './form.ts';
import { MirroredLayer } from './mirrored-layer.ts';

type MirroredPlan = Omit<DensePlan, 'kind'> & {
  readonly kind: 'mirrored';
  readonly outputOrder: Uint32Array;
};

export const mirrored: LayerKind<MirroredSpec, MirroredPlan> = {
  ...mirroredForm,
  plan: (spec, site) => ({
    ...planDense(spec, site),
    kind: 'mirrored',
    outputOrder: Uint32Array.from({ length: spec.units }, (_, unit) => spec.units - 1 - unit),
  }),
  prepare() {},
  initialize: (plan, ...where) => dense.initialize(asDense(plan), ...where),
  sight: plan => dense.sight(asDense(plan)),
  open: (plan, memory, kernels, build) => new MirroredLayer(asDense(plan), kernels, memory, build),
};

function asDense(plan: MirroredPlan): DensePlan {
  return { ...plan, kind: 'dense' };
}
