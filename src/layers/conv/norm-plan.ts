// Where the batch normalisation of a layer lies in its memory.

import { ROW_BYTES } from '../../kernels/panels.ts';
import type { Arena } from '../memory.ts';
import { blockTensors, type TensorRegion } from '../plan.ts';

export type BatchNormPlan = ReturnType<typeof planBatchNorm>;

export function planBatchNorm(
  arena: Arena,
  activityBytes: number,
  rows: number,
  panels: number,
  moments: number,
) {
  const bytes = panels * 2 * ROW_BYTES;
  return {
    /** The activities before, which the gradient comes back to. */
    raw: arena.take(activityBytes),
    /** Of each image, two sums of each channel; and of its gradient, which some threads sum while others still read those. */
    sums: arena.take(rows * bytes),
    gradientSums: arena.take(rows * bytes),
    /** The scale and the shift of each channel, as the weight of one input and the bias. */
    weights: arena.take(bytes),
    first: arena.take(bytes),
    second: arena.take(moments === 2 ? bytes : 0),
    gradient: arena.take(bytes),
    columns: arena.take(2 * 8),
    lists: arena.take(2 * 8),
    inputs: 1,
    stride: 2,
    /** Running means, (panels, 32). */
    mean: arena.take(panels * ROW_BYTES),
    variance: arena.take(panels * ROW_BYTES),
  };
}

export function normTensors(
  norm: BatchNormPlan,
  prefix: string,
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
  return [
    ...blockTensors({ ...norm, prefix, units: channels }, moments),
    { ...running, name: `${prefix}.mean`, at: norm.mean },
    { ...running, name: `${prefix}.variance`, at: norm.variance },
  ];
}
