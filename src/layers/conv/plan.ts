// Where everything of a layer of convolutions lies in its memory.

import { InputError, refuse } from '../../errors.ts';
import { gridLanes, listWords, NARROW, poolingRows, sumFloats } from '../../kernels/conv-sizes.ts';
import { PANEL, ROW_BYTES } from '../../kernels/panels.ts';
import { placesOf, unitGrid } from '../grid.ts';
import { Arena, panelsOf } from '../memory.ts';
import {
  blockTensors,
  planClassHeads,
  planGoodness,
  planHead,
  type Site,
  type TensorRegion,
  type UnitBlock,
} from '../plan.ts';
import { FEWEST_CHANNELS, outgoingOf, positionsOf } from './form.ts';
import { type BatchNormPlan, normTensors, planBatchNorm } from './norm-plan.ts';
import { featureOrder, spacedOrder } from './order.ts';
import type { ConvSpec } from './spec.ts';

/** Bytes of a block of images, which the weight gradient reads again and again from a cache, and images at most. */
const BLOCK_BYTES = 30 * 1024;
const BLOCK_IMAGES = 16;

/** Sizes and byte offsets of a layer. */
export type ConvPlan = ReturnType<typeof planConv>;

/** Plans a layer; throws an InputError where it does not fit in the 4 GiB of one memory. */
export function planConv(spec: ConvSpec, site: Site) {
  const { below, batch, rows, classes, classMap, isSelfContrast = false, moments, threads } = site;
  const { channels, size, stride = 1, maxPool: pool = 1, cells = 1 } = spec;
  const { dropout = 0, outputDropout = 0, normalization, readCells } = spec;
  const { groups: channelGroups = 1, batchNorm } = spec;
  const { triangle: isTriangle = false, averagePool = 1, overlapPool = 1 } = spec;
  const { height, width } = positionsOf(spec, below);
  const outgoing = outgoingOf(spec, { height, width });
  checkNormalization(spec, site);
  if (batchNorm && batch * height * width === 1) {
    refuse(
      'batchNorm',
      'absent where a batch has one image and that one position, which is its own mean',
      batchNorm,
    );
  }
  if (!below.isImage && below.height * below.width > 1 && below.channels < FEWEST_CHANNELS) {
    throw new InputError(
      `expected at least ${FEWEST_CHANNELS} channels below a convolution, found ${below.channels}`,
    );
  }
  /** Values of a position below, gaps of its last panel included. */
  const depth = below.isImage ? below.channels : panelsOf(below.channels) * PANEL;
  const inputs = below.height * below.width * depth;
  const panels = panelsOf(channels);
  const positions = height * width;
  const outPositions = outgoing.height * outgoing.width;
  const outputs = outPositions * panels * PANEL;
  /** Whether activities are changed unit by unit before they are handed on. */
  const isRectified = isSelfContrast || isTriangle;
  const isPooled = averagePool > 1 || overlapPool > 1;
  /** Whether each channel of an image is scaled and moved as one. */
  const isByChannels = normalization !== undefined && normalization !== 'none';
  /** Whether what is handed on is made apart from the activities, which the gradient still needs. */
  const isApart = isRectified || isPooled || outputDropout > 0;
  const fanIn = size * size * depth;
  const arena = new Arena();
  const weightBytes = panels * (fanIn + 1) * ROW_BYTES;
  const pad = (size - 1) / 2;
  // As kernels lay out what the weight gradient reads, and sums: see assembly/conv.ts.
  const isNarrow = depth <= NARROW;
  const isReflected = spec.border === 'reflect' && pad > 0;
  const imageBytes = (below.height + 2 * pad) * (below.width + 2 * pad) * gridLanes(depth) * 4;
  const unitSums = sumFloats(depth, size);
  const blockImages = Math.max(1, Math.min(BLOCK_IMAGES, Math.floor(BLOCK_BYTES / imageBytes)));
  const readWidth = readCells === undefined ? outputs : readCells * readCells * panels * PANEL;
  const means =
    classes && readCells !== undefined
      ? { cells: readCells, rows: arena.take(rows * 8), entries: arena.take(rows * readWidth * 8) }
      : undefined;
  const head = classes ? planHead(arena, readWidth, batch, classes) : undefined;
  const featurePanels = cells * cells * panels;
  const goodness = planGoodness(arena, 1, rows, 1);
  const takeRows = () => ({ rows: arena.take(rows * 8), entries: arena.take(rows * outputs * 8) });
  const { rows: outputRows, entries: outputEntries } = takeRows();
  const output = { outputRows, outputEntries };
  /** What this layer makes of its own, and what the layer so many below has handed on: what is handed on is their sum. */
  const shortcut = spec.shortcut && { layers: spec.shortcut, own: takeRows(), earlier: takeRows() };
  const activityBytes = panels * rows * positions * ROW_BYTES;
  const activity = arena.take(activityBytes);
  const rectified = isRectified ? arena.take(activityBytes) : activity;
  const squares = arena.take(rows * positions * 4);
  const norm = batchNorm && planBatchNorm(arena, batchNorm, activityBytes, rows, panels, moments);
  const at = {
    weights: arena.take(weightBytes),
    first: arena.take(weightBytes),
    second: arena.take(moments === 2 ? weightBytes : 0),
    inputRows: arena.take(rows * 8),
    inputCuts: arena.take(rows * (below.height * below.width + 1) * 4),
    inputEntries: arena.take(rows * panelsOf(inputs) * PANEL * 8),
    activity,
    winners: arena.take(pool > 1 ? panels * rows * positions * PANEL : 0),
    squares,
    ...goodness,
    rectified,
    outgoing:
      isPooled || (outputDropout > 0 && !isRectified)
        ? arena.take(panels * rows * outPositions * ROW_BYTES)
        : rectified,
    outSquares: isApart && !normalization ? arena.take(rows * outPositions * 4) : squares,
    outTotals: isApart && !normalization ? arena.take(rows * 4) : goodness.totals,
    scales: arena.take(isByChannels ? rows * 2 * panels * ROW_BYTES : 0),
    ...output,
    // Of self-contrast: where the goodness of each position lies, and its gradient, in the place of what has been handed on.
    slopes: arena.take(isSelfContrast ? rows * 2 * positions * 4 : 0),
    gradientRows: isSelfContrast ? rectified : activity,
    masks: arena.take(channelGroups > 1 ? panels * fanIn * 4 : 0),
    // A row of a patch of narrow positions, in whole vectors, may reach beyond the last.
    grid: arena.take(panelsOf(depth) * rows * imageBytes + 64),
    counts: arena.take(panels * ROW_BYTES),
    unitLists: arena.take(panels * ROW_BYTES * listWords(blockImages * positions)),
    sums: arena.take(panels * PANEL * unitSums * 4),
    gradient: arena.take(weightBytes),
    columns: arena.take((fanIn + 1) * 8),
    lists: arena.take((fanIn + 1) * 8),
    along: arena.take(classMap ? rows * positions * 4 : 0),
    cells: arena.take(classMap ? featurePanels * batch * ROW_BYTES : 0),
  };
  const scratchRows = Math.max(
    poolingRows(width, pool),
    means ? readWidth / PANEL : 0,
    norm ? 3 * panels : 0,
  );
  const scratch = Array.from({ length: threads }, () => arena.take(scratchRows * ROW_BYTES));
  const what = `a layer of ${inputs} inputs and ${positions} × ${channels} units`;
  // Refused before lists of its units are made.
  arena.pages(what);
  const classHeads = planClassHeads(
    arena,
    { ...site, ...(classMap && { classMap: { ...classMap, isNormalized: false } }) },
    1,
    featurePanels * PANEL,
    featurePanels,
    featureOrder(channels, panels, cells),
    output,
  );
  const bias =
    classHeads && classMap?.isAffine
      ? { name: `classes.${site.index}.bias`, at: arena.take(panelsOf(classMap.classes) * ROW_BYTES * 2) }
      : undefined;
  const pages = arena.pages(what);
  return {
    kind: 'conv' as const,
    below,
    inputs,
    units: outPositions * channels,
    batch,
    rows,
    groups: 1,
    moments,
    labels: 0,
    outputs,
    outputOrder: placesOf(
      means
        ? unitGrid(means.cells, means.cells, channels)
        : unitGrid(outgoing.height, outgoing.width, channels),
    ),
    sharesImages: false,
    sharedRow: rows,
    stride: rows,
    inputCapacity: panelsOf(inputs) * PANEL,
    head,
    ...(means && { means }),
    ...(shortcut && { shortcut }),
    classHeads,
    channels,
    panels,
    depth,
    /** Whether a position has so few values that those of a patch's row lie side by side. */
    isNarrow,
    isReflected,
    /** Whether images are always spread over positions before the product. */
    isSpread: isNarrow || isReflected,
    fanIn,
    size,
    /** Positions from a patch to the next, and of a pool each way. */
    step: stride,
    pool,
    height,
    width,
    cells,
    index: site.index,
    /** Of channels, each of which sees its own part of those below. */
    channelGroups,
    norm,
    /** The standard deviation of the initial weights. */
    deviation: deviationOf(spec, below.channels / channelGroups),
    /** Whether the weights of a unit have a bias that is learned. */
    isBiased: !(spec.withoutBias || norm?.isBefore),
    /** The share of the mean around a value that is taken from it. */
    localMean: spec.localMean,
    dropout,
    /** Activities that are not rectified: of self-contrast. */
    isLinear: isSelfContrast,
    isRectified,
    isTriangle,
    averagePool,
    overlapPool,
    outputDropout,
    normalization,
    isApart,
    isByChannels,
    outgoing,
    outPositions,
    /** Blocks of channels, one after the other, that are standardised each by itself. */
    blocks: site.classMap?.classes ?? 1,
    pad,
    /** Floats of a unit in what the weight gradient sums. */
    unitSums,
    blockImages,
    scratch,
    /** Where the fixed bias of a map to classes begins. */
    mapBias: bias?.at,
    tensors: [
      ...weightTensors(
        {
          prefix: `layers.${site.index}`,
          inputs: fanIn,
          units: channels,
          order: spacedOrder(size * size, below.channels, depth),
          weights: at.weights,
          first: at.first,
          second: at.second,
        },
        moments,
        norm,
      ),
      ...(bias ? [biasTensor(bias, classMap!.classes)] : []),
      ...(norm ? normTensors(norm, `layers.${site.index}`, channels, moments) : []),
    ],
    at,
    pages,
    bytes: pages * 65536,
  };
}

/** Those of a layer's weights: biases that are added after batch normalisation lie there. */
function weightTensors(block: UnitBlock, moments: number, norm: BatchNormPlan | undefined): TensorRegion[] {
  const tensors = blockTensors(block, moments);
  return norm?.isBefore ? tensors.filter(({ isVector }) => !isVector) : tensors;
}

/** A vector in the first of two rows of its panels, as random weights of one input lie. */
function biasTensor(bias: { readonly name: string; readonly at: number }, classes: number): TensorRegion {
  return {
    ...bias,
    panelRows: 2,
    firstRow: 0,
    rows: 1,
    units: classes,
    isVector: true,
    isForTraining: false,
  };
}

function checkNormalization({ normalization, channels }: ConvSpec, { classMap }: Site): void {
  if (normalization !== undefined && classMap?.isNormalized) {
    refuse('normalization', 'absent where a map to classes reads normalized activities', normalization);
  }
  if (normalization !== 'blocks') return;
  if (!classMap)
    refuse('normalization', 'image, none or absent where learning is not by classes', normalization);
  if (channels % classMap.classes !== 0) {
    refuse('channels', `a multiple of ${classMap.classes}, the classes, for blocks of them`, channels);
  }
}

function deviationOf({ initial, size, channels }: ConvSpec, below: number): number {
  if (initial === undefined) return 1 / Math.sqrt(size * size * below);
  return Math.sqrt(2 / (size * size * (initial === 'fan-in' ? below : channels)));
}
