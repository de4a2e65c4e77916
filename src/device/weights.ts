// The weights of a model on their way into panels.

import { PANEL } from '../kernels/panels.ts';
import { deviationOf } from '../layers/conv/batch-norm.ts';
import { featureOrder, spacedOrder } from '../layers/conv/order.ts';
import type { DeviceModel, Norm } from './model.ts';
import type { PredictorPlan } from './plan.ts';

/** Writes all weights of a model to where they were planned. */
export function writeWeights(f32: Float32Array, { layers, classes }: DeviceModel, plan: PredictorPlan): void {
  layers.forEach(({ weight, bias, readout, map, below, shape, patches, norm }, l) => {
    const { channels } = shape;
    const { weights, inputs, seen, positions, panels, depthBelow, depth, ...at } = plan.layers[l];
    const patch = patches ? patches.size ** 2 : seen;
    const order = spacedOrder(patch, below.channels, depthBelow);
    writePanels(f32, weights, weight, inputs + 1, channels, order);
    if (norm) writeFactors(f32, at.factors, panels, bias, norm);
    else writePanels(f32, weights, bias, inputs + 1, channels, Uint32Array.of(inputs));
    if (readout) {
      const order = spacedOrder(positions, channels, depth);
      writePanels(f32, at.readout, readout, at.outputs + 1, classes, order);
    }
    if (map) {
      const order = featureOrder(channels, panels, patches?.cells ?? 1);
      writePanels(f32, at.map, map, at.featureWidth + 1, classes, order);
    }
  });
}

/** Writes what standardises each channel and adds its bias, (2, panels, 32). */
function writeFactors(
  f32: Float32Array,
  to: number,
  panels: number,
  bias: Float32Array,
  { mean, variance }: Norm,
): void {
  bias.forEach((shift, c) => {
    const scale = 1 / deviationOf(variance[c]);
    f32[(to >>> 2) + c] = scale;
    f32[(to >>> 2) + panels * PANEL + c] = shift - mean[c] * scale;
  });
}

/** Writes a matrix (rows, units) to byte `to` and on, into panels of `panelRows`; `order` says which of them each row is. */
function writePanels(
  f32: Float32Array,
  to: number,
  values: Float32Array,
  panelRows: number,
  units: number,
  order: Uint32Array | undefined,
): void {
  for (let unit = 0; unit < units; unit += PANEL) {
    const panel = (to >>> 2) + (unit / PANEL) * panelRows * PANEL;
    for (let row = 0; row < values.length / units; row++) {
      const from = row * units + unit;
      const place = order ? order[row] : row;
      f32.set(values.subarray(from, from + Math.min(PANEL, units - unit)), panel + place * PANEL);
    }
  }
}
