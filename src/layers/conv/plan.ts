// Where everything of a layer of convolutions lies in its memory.

import { InputError } from '../../errors.ts';
import { PANEL, ROW_BYTES } from '../../kernels/panels.ts';
import { placesOf, unitGrid } from '../grid.ts';
import { Arena, panelsOf } from '../memory.ts';
import { blockTensors, planClassHeads, planGoodness, planHead, type Site } from '../plan.ts';
import { FEWEST_CHANNELS, positionsOf } from './form.ts';
import { featureOrder, spacedOrder } from './order.ts';
import type { ConvSpec } from './spec.ts';

/** Positions of a block of images, and images at most: few enough that what the weight gradient reads of them may stay in a second-level cache. */
const BLOCK_POSITIONS = 512;
const BLOCK_IMAGES = 16;

/** Sizes and byte offsets of a layer. */
export type ConvPlan = ReturnType<typeof planConv>;

/** Plans a layer; throws an InputError where it does not fit in the 4 GiB of one memory. */
export function planConv(spec: ConvSpec, site: Site) {
  const { below, batch, rows, classes, classMap, moments, threads } = site;
  const { channels, size, stride = 1, maxPool: pool = 1, cells = 1 } = spec;
  const { height, width } = positionsOf(spec, below);
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
  const outputs = positions * panels * PANEL;
  const fanIn = size * size * depth;
  const arena = new Arena();
  const weightBytes = panels * (fanIn + 1) * ROW_BYTES;
  const pad = (size - 1) / 2;
  // As kernels lay out what the weight gradient reads, and sums: see assembly/conv.ts.
  const lanes = depth <= 4 ? 4 : PANEL;
  const gridBytes = rows * (below.height + 2 * pad) * (below.width + 2 * pad) * lanes * 4;
  const unitSums =
    depth <= 4 ? size * Math.ceil(size / 4) * 16 + 4 : panelsOf(depth) * size * size * PANEL + 4;
  const blockImages = Math.max(1, Math.min(BLOCK_IMAGES, Math.round(BLOCK_POSITIONS / positions)));
  const blocks = Math.ceil(rows / blockImages);
  const listed = blocks * panels * PANEL;
  const head = classes ? planHead(arena, outputs, batch, classes) : undefined;
  const outputOrder = placesOf(unitGrid(height, width, channels));
  const featurePanels = cells * cells * panels;
  const goodness = planGoodness(arena, 1, rows, 1);
  const output = {
    outputRows: arena.take(rows * 8),
    outputEntries: arena.take(rows * outputs * 8),
  };
  const at = {
    weights: arena.take(weightBytes),
    first: arena.take(weightBytes),
    second: arena.take(moments === 2 ? weightBytes : 0),
    inputRows: arena.take(rows * 8),
    inputCuts: arena.take(rows * (below.height * below.width + 1) * 4),
    inputEntries: arena.take(rows * panelsOf(inputs) * PANEL * 8),
    activity: arena.take(panels * rows * positions * ROW_BYTES),
    winners: arena.take(pool > 1 ? panels * rows * positions * PANEL : 0),
    squares: arena.take(rows * positions * 4),
    ...goodness,
    ...output,
    // A patch of four narrow positions may reach beyond the last.
    grid: arena.take(panelsOf(depth) * gridBytes + 64),
    counts: arena.take(listed * 4),
    unitLists: arena.take(listed * blockImages * positions * 8),
    sums: arena.take(panels * PANEL * unitSums * 4),
    gradient: arena.take(weightBytes),
    columns: arena.take((fanIn + 1) * 8),
    lists: arena.take((fanIn + 1) * 8),
    along: arena.take(classMap ? rows * positions * 4 : 0),
    cells: arena.take(classMap ? featurePanels * batch * ROW_BYTES : 0),
  };
  const scratch = Array.from({ length: threads }, () => arena.take(pool * pool * ROW_BYTES));
  const classHeads = planClassHeads(
    arena,
    { ...site, ...(classMap && { classMap: { ...classMap, isNormalized: false } }) },
    1,
    featurePanels * PANEL,
    featurePanels,
    featureOrder(channels, panels, cells),
    output,
  );
  const pages = arena.pages(`a layer of ${inputs} inputs and ${positions} × ${channels} units`);
  return {
    kind: 'conv' as const,
    below,
    inputs,
    units: positions * channels,
    batch,
    rows,
    groups: 1,
    moments,
    labels: 0,
    outputs,
    outputOrder,
    sharesImages: false,
    sharedRow: rows,
    stride: rows,
    inputCapacity: panelsOf(inputs) * PANEL,
    head,
    classHeads,
    channels,
    panels,
    depth,
    fanIn,
    size,
    /** Positions from a patch to the next, and of a pool each way. */
    step: stride,
    pool,
    height,
    width,
    cells,
    pad,
    /** Floats of a unit in what the weight gradient sums. */
    unitSums,
    blockImages,
    scratch,
    tensors: blockTensors(
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
    ),
    at,
    pages,
    bytes: pages * 65536,
  };
}

/** Writes what makes the optimizer's step take each row of the summed gradient as it is: once. */
export function writeColumns({ at, fanIn }: ConvPlan, memory: WebAssembly.Memory): void {
  const [u32, f32] = [new Uint32Array(memory.buffer), new Float32Array(memory.buffer)];
  for (let k = 0; k <= fanIn; k++) {
    u32[(at.columns >>> 2) + 2 * k] = 8 * k;
    u32[(at.columns >>> 2) + 2 * k + 1] = 8 * k + 8;
    u32[(at.lists >>> 2) + 2 * k] = k * ROW_BYTES;
    f32[(at.lists >>> 2) + 2 * k + 1] = 1;
  }
}
