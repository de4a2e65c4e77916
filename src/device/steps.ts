// What a predictor does in each layer, by its kind: with the kernels of training, in the order of training, so that the bits are those
// of the network itself.

import type { Kernels } from '../kernels/kernels.ts';
import { ROW_BYTES } from '../kernels/panels.ts';
import type { Activity } from './model.ts';
import type { PlannedLayer, PredictorPlan } from './plan.ts';
import type { Patches } from './sizes.ts';

/** The kernels of assembly/predict.ts. */
export type PredictKernels = Pick<
  Kernels,
  | 'addRows'
  | 'compressRows'
  | 'convForward'
  | 'cutPositions'
  | 'cutRows'
  | 'meanCells'
  | 'moveChannels'
  | 'normalizePositions'
  | 'normalizeRows'
  | 'sharedForward'
  | 'softmaxRows'
  | 'sparseForward'
  | 'sparseProduct'
  | 'sumGoodness'
  | 'sumPositions'
>;

/** A layer at work on one example. Numbers are byte offsets. */
export interface LayerSteps {
  /** The activities, of what the layer below passed on or of the example. */
  forward(): void;
  /** Passes on what is normalised of rows `first` … */
  passOn(first: number): void;
  /** Compresses what the map to classes reads, where that is not what is passed on. */
  writeFeatures(): void;
  /** Where that is: a row, and its entries. */
  readonly featureRow: number;
  readonly features: number;
}

/** What layer `l` does, whose map reads `activity`. */
export function stepsOf(
  kernels: PredictKernels,
  plan: PredictorPlan,
  l: number,
  activity: Activity,
): LayerSteps {
  const { at, layers, passed } = plan;
  const layer = layers[l];
  const { rows: row, entries } = l === 0 ? { rows: at.imageRow, entries: at.image } : passed[l - 1];
  return layer.patches
    ? convSteps(kernels, plan, l, layer, layer.patches, row, entries, activity)
    : denseSteps(kernels, plan, layer, row, entries, activity);
}

function denseSteps(
  kernels: PredictKernels,
  { at, rows, stride, labels }: PredictorPlan,
  { shape, panels, inputs, weights }: PlannedLayer,
  row: number,
  entries: number,
  activity: Activity,
): LayerSteps {
  const { channels: units } = shape;
  const isNormalized = activity === 'normalized';
  return {
    forward() {
      if (labels > 0 && row === at.imageRow) {
        // The image once, then each label added to it.
        const shared = at.activity + rows * ROW_BYTES;
        kernels.sparseProduct(shared, row, entries, weights, 0, panels, 1, stride, inputs, 1);
        kernels.sharedForward(
          at.activity,
          at.goodness,
          shared,
          at.sources,
          at.labelRows,
          at.labels,
          weights,
          0,
          panels,
          rows,
          stride,
          inputs,
        );
      } else {
        kernels.sparseForward(
          at.activity,
          at.goodness,
          row,
          entries,
          weights,
          0,
          panels,
          rows,
          stride,
          inputs,
          1,
        );
      }
    },
    passOn(first) {
      kernels.normalizeRows(
        at.rows,
        at.entries,
        at.activity,
        at.goodness,
        first,
        rows,
        stride,
        panels,
        units,
      );
    },
    writeFeatures() {
      if (isNormalized) return;
      const isSquared = activity === 'squares' ? 1 : 0;
      kernels.compressRows(at.featureRow, at.features, at.activity, 0, 1, stride, panels, isSquared);
    },
    featureRow: isNormalized ? at.rows : at.featureRow,
    features: isNormalized ? at.entries : at.features,
  };
}

function convSteps(
  kernels: PredictKernels,
  { at, passed }: PredictorPlan,
  l: number,
  { below, shape, seen, positions, panels, depth, depthBelow, weights, factors }: PlannedLayer,
  { size, stride, pool, cells, isStandardised, isDivided, shortcut }: Patches,
  row: number,
  entries: number,
  activity: Activity,
): LayerSteps {
  const { height, width, channels } = shape;
  // Of each position.
  const squares = at.goodness;
  // What it makes of its own takes the place of what it has seen, where something is added.
  const own = shortcut ? at : passed[l];
  return {
    forward() {
      kernels.cutPositions(at.cuts, row, entries, 0, 1, seen, depthBelow);
      kernels.convForward(
        at.activity,
        at.winners,
        at.scratch,
        at.cuts,
        entries,
        weights,
        0,
        1,
        panels,
        below.height,
        below.width,
        depthBelow,
        size,
        stride,
        pool,
        1,
        isStandardised ? Number.NEGATIVE_INFINITY : 0,
      );
      if (isStandardised) {
        kernels.moveChannels(at.activity, at.activity, factors, 0, 1, panels, positions, 1, 0);
      }
      if (isDivided) kernels.sumPositions(squares, at.totals, at.activity, 0, 1, panels, positions, 1);
    },
    passOn() {
      kernels.normalizePositions(
        own.rows,
        own.entries,
        at.activity,
        isDivided ? squares : 0,
        at.totals,
        0,
        1,
        panels,
        positions,
        1,
        channels,
      );
      if (!shortcut) return;
      const [to, earlier] = [passed[l], passed[l - shortcut]];
      kernels.addRows(
        to.rows,
        to.entries,
        own.rows,
        own.entries,
        earlier.rows,
        earlier.entries,
        0,
        1,
        positions * depth,
      );
    },
    writeFeatures() {
      kernels.meanCells(
        at.featureRow,
        at.features,
        at.activity,
        activity === 'normalized' ? squares : 0,
        at.totals,
        0,
        1,
        panels,
        height,
        width,
        cells,
        1,
        channels,
        activity === 'squares' ? 1 : 0,
      );
    },
    featureRow: at.featureRow,
    features: at.features,
  };
}
