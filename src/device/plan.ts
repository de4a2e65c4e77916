// Where all that predicting needs lies in one memory: the weights, and one example, with every label where labels are inputs.

import { PANEL, ROW_BYTES } from '../kernels/panels.ts';
import { Arena, panelsOf } from '../layers/memory.ts';
import type { DeviceModel } from './model.ts';

/** Sizes and byte offsets of a predictor. */
export type PredictorPlan = ReturnType<typeof planPredictor>;

/** Plans the memory of a model; throws an InputError above 4 GiB. */
export function planPredictor({ inputs, classes, labelStrength, layers }: DeviceModel) {
  const arena = new Arena();
  const classPanels = panelsOf(classes);
  const planned = layers.map(({ inputs: fanIn, units, readout, map }) => {
    const panels = panelsOf(units);
    const head = classPanels * (units + 1) * ROW_BYTES;
    return {
      inputs: fanIn,
      units,
      panels,
      weights: arena.take(panels * (fanIn + 1) * ROW_BYTES),
      /** Of the softmax readout; 0 where it does not look at this layer. */
      readout: readout ? arena.take(head) : 0,
      /** By which the layer tells classes apart itself; 0 where it does not. */
      map: map ? arena.take(head) : 0,
    };
  });
  // A row for each label that is tried, one without, and the product with the image that they share.
  const labels = labelStrength > 0 ? classes : 0;
  const rows = labels + 1;
  const stride = rows + 1;
  const widest = Math.max(...planned.map(({ panels }) => panels));
  const at = {
    imageRow: arena.take(8),
    image: arena.take(inputs * 8),
    labelRows: arena.take(rows * 8),
    labels: arena.take(2 * labels * 8),
    sources: arena.take(rows * 8),
    activity: arena.take(widest * stride * ROW_BYTES),
    goodness: arena.take(widest * stride * 4),
    totals: arena.take(rows * 4),
    // What one layer passes to the next: the next one's activity takes the place of its own.
    rows: arena.take(rows * 8),
    entries: arena.take(rows * widest * PANEL * 8),
    logits: arena.take(layers.length * classPanels * ROW_BYTES),
    mapLogits: arena.take(layers.length * classPanels * ROW_BYTES),
    probabilities: arena.take(classes * 4),
  };
  const pages = arena.pages('predicting with this model');
  return { layers: planned, labels, rows, stride, classPanels, at, pages, bytes: pages * 65536 };
}
