// Where all that predicting needs lies in one memory: the weights, and one example, with every label where labels are inputs.

import { poolingRows } from '../kernels/conv-sizes.ts';
import { PANEL, ROW_BYTES } from '../kernels/panels.ts';
import { Arena, panelsOf } from '../layers/memory.ts';
import type { DeviceModel, ModelLayer } from './model.ts';

/** Sizes and byte offsets of a predictor. */
export type PredictorPlan = ReturnType<typeof planPredictor>;

/** Those of one of its layers. */
export type PlannedLayer = ReturnType<typeof planLayer>;

/** Plans the memory of a model; throws an InputError above 4 GiB. */
export function planPredictor({ inputs, classes, labelStrength, layers }: DeviceModel) {
  const arena = new Arena();
  const classPanels = panelsOf(classes);
  const planned = layers.map((layer, l) => planLayer(arena, layer, l === 0, classPanels));
  // A row for each label that is tried, one without, and the product with the image that they share.
  const labels = labelStrength > 0 ? classes : 0;
  const rows = labels + 1;
  const stride = rows + 1;
  const most = (sizeOf: (layer: PlannedLayer) => number) => Math.max(...planned.map(sizeOf));
  const widest = most(({ panels, positions }) => panels * positions);
  const at = {
    imageRow: arena.take(8),
    image: arena.take(inputs * 8),
    labelRows: arena.take(rows * 8),
    labels: arena.take(2 * labels * 8),
    sources: arena.take(rows * 8),
    activity: arena.take(widest * stride * ROW_BYTES),
    goodness: arena.take(most(({ panels, positions }) => Math.max(panels * stride, positions)) * 4),
    totals: arena.take(rows * 4),
    // What one layer passes to the next: the next one's activity takes the place of its own.
    rows: arena.take(rows * 8),
    entries: arena.take(rows * widest * PANEL * 8),
    // What a map to classes reads, where that is not what is passed on.
    featureRow: arena.take(8),
    features: arena.take(most(({ featureWidth }) => panelsOf(featureWidth)) * PANEL * 8),
    // Of convolutions alone.
    cuts: arena.take(most(({ patches, seen }) => (patches ? seen + 1 : 0)) * 4),
    scratch: arena.take(
      most(({ patches, shape }) => (patches ? poolingRows(shape.width, patches.pool) : 0)) * ROW_BYTES,
    ),
    winners: arena.take(most(({ patches, panels, positions }) => (patches ? panels * positions : 0)) * PANEL),
    logits: arena.take(layers.length * classPanels * ROW_BYTES),
    mapLogits: arena.take(layers.length * classPanels * ROW_BYTES),
    probabilities: arena.take(classes * 4),
  };
  /** Where each layer passes on its rows: those that a shortcut comes from or leads to have a place of their own. */
  const kept = new Set(
    layers.flatMap(({ patches }, l) => (patches?.shortcut ? [l, l - patches.shortcut] : [])),
  );
  const passed = planned.map(({ panels, positions }, l) =>
    kept.has(l) ? { rows: arena.take(8), entries: arena.take(panels * positions * PANEL * 8) } : at,
  );
  const pages = arena.pages('predicting with this model');
  return { layers: planned, passed, labels, rows, stride, classPanels, at, pages, bytes: pages * 65536 };
}

function planLayer(arena: Arena, layer: ModelLayer, isFirst: boolean, classPanels: number) {
  const { below, shape, patches, readout, map } = layer;
  const { channels } = shape;
  const panels = panelsOf(channels);
  const seen = below.height * below.width;
  const positions = shape.height * shape.width;
  // Values of a position, gaps of its last panel included.
  const depthBelow = isFirst ? below.channels : panelsOf(below.channels) * PANEL;
  const depth = panels * PANEL;
  const inputs = patches ? patches.size ** 2 * depthBelow : (seen - 1) * depthBelow + below.channels;
  const outputs = (positions - 1) * depth + channels;
  const featureWidth = ((patches?.cells ?? 1) ** 2 - 1) * depth + channels;
  const head = (width: number) => classPanels * (width + 1) * ROW_BYTES;
  return {
    ...(patches && { patches }),
    below,
    shape,
    seen,
    positions,
    panels,
    depthBelow,
    depth,
    /** Rows of the weights, without the bias. */
    inputs,
    weights: arena.take(panels * (inputs + 1) * ROW_BYTES),
    /** What each channel is scaled and moved by, (2, panels, 32), where channels are standardised. */
    factors: patches?.isStandardised ? arena.take(2 * panels * ROW_BYTES) : 0,
    /** Length of what is passed on, and of the softmax readout of it; 0 where that does not look at this layer. */
    outputs,
    readout: readout ? arena.take(head(outputs)) : 0,
    /** Length of what the map reads by which the layer tells classes apart itself, and the map; 0 where there is none. */
    featureWidth,
    map: map ? arena.take(head(featureWidth)) : 0,
  };
}
