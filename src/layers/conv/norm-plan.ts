// Where the batch normalisation of a layer lies in its memory.

import { ROW_BYTES } from '../../kernels/panels.ts';
import type { Arena } from '../memory.ts';
import { blockTensors, type TensorRegion } from '../plan.ts';
import type { BatchNormPlace } from './spec.ts';

export type BatchNormPlan = ReturnType<typeof planBatchNorm>;

export function planBatchNorm(
  arena: Arena,
  place: BatchNormPlace,
  activityBytes: number,
  rows: number,
  panels: number,
  moments: number,
) {
  // Before a ReLU there is no scale: it would do little that the weights above and those of a map do not, and without it the largest of a pool stays
  // the largest.
  const inputs = place === 'before' ? 0 : 1;
  const bytes = panels * (inputs + 1) * ROW_BYTES;
  const sumBytes = rows * panels * 2 * ROW_BYTES;
  return {
    /** Whether what it standardises is not rectified yet. */
    isBefore: place === 'before',
    /** The activities before, which the gradient comes back to. */
    raw: arena.take(activityBytes),
    /** Of each image, two sums of each channel; and of its gradient, which some threads sum while others still read those. */
    sums: arena.take(sumBytes),
    gradientSums: arena.take(sumBytes),
    /** The scale of each channel, where there is one, as the weight of one input, and the shift as the bias. */
    weights: arena.take(bytes),
    first: arena.take(bytes),
    second: arena.take(moments === 2 ? bytes : 0),
    gradient: arena.take(bytes),
    columns: arena.take((inputs + 1) * 8),
    lists: arena.take((inputs + 1) * 8),
    inputs,
    stride: inputs + 1,
    /** Running means, (panels, 32). */
    mean: arena.take(panels * ROW_BYTES),
    variance: arena.take(panels * ROW_BYTES),
  };
}

/** Its tensors: of a layer that is standardised before the ReLU, the shifts are the biases. */
export function normTensors(
  norm: BatchNormPlan,
  layer: string,
  channels: number,
  moments: number,
): TensorRegion[] {
  const running = {
    panelRows: 1,
    firstRow: 0,
    rows: 1,
    units: channels,
    isVector: true,
    isForTraining: false,
  };
  const prefix = `${layer}.norm`;
  const learned = blockTensors({ ...norm, prefix: norm.isBefore ? layer : prefix, units: channels }, moments);
  return [
    ...learned.filter(({ rows }) => rows > 0),
    { ...running, name: `${prefix}.mean`, at: norm.mean },
    { ...running, name: `${prefix}.variance`, at: norm.variance },
  ];
}
