// Where everything of a fully connected layer lies in its memory.

import { PANEL, ROW_BYTES } from '../../kernels/panels.ts';
import { Arena, panelsOf } from '../memory.ts';
import { blockTensors, planClassHeads, planGoodness, planHead, type Site } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import type { DenseSpec } from './spec.ts';

/** Bytes of a panel that stay in a first-level cache of 48 KiB beside what passes over them. */
const BLOCK_BYTES = 40 * 1024;

/** Bytes of an input in a pair of rows. */
export const PAIR_ENTRY_BYTES = 12;

/** Bytes that the product of pairs of rows reads of an input's weights: six vectors. */
const PAIR_ROW_BYTES = 96;

/** Sizes and byte offsets of a layer. */
export type DensePlan = ReturnType<typeof planDense>;

/** Plans a layer; throws an InputError where it does not fit in the 4 GiB of one memory. */
export function planDense({ units }: Pick<DenseSpec, 'units'>, site: Site) {
  const { below, order, batch, rows, classes, labels, hasPairs, moments, isBackward } = site;
  const groups = site.groups === 'positions' ? 1 : site.groups;
  const arena = new Arena();
  // Appended label inputs come after those of an image, which has no gaps.
  const inputs = order ? order[order.length - 1] + 1 : sizeOf(below) + site.appended;
  const panels = panelsOf(units);
  const inputRows = labels ? batch : rows;
  const sharedRow = rows;
  const peerRow = rows + (labels ? batch : 0);
  const stride = peerRow + 1;
  const weightBytes = panels * (inputs + 1) * ROW_BYTES;
  const blocks = Math.ceil((inputs * ROW_BYTES) / BLOCK_BYTES);
  const pairs = hasPairs && !labels ? Math.floor(rows / 2) : 0;
  const pairBlocks = Math.ceil((inputs * PAIR_ROW_BYTES) / BLOCK_BYTES);
  // Two rows of an image are learned from at most, and the one of peer normalisation.
  const columnCapacity = moments ? Math.min(rows, 2 * batch) + 1 : 0;
  const inputCapacity = panelsOf(inputs) * PANEL;
  const head = classes ? planHead(arena, units, batch, classes) : undefined;
  const at = {
    weights: arena.take(weightBytes),
    first: arena.take(moments ? weightBytes : 0),
    second: arena.take(moments === 2 ? weightBytes : 0),
    inputRows: arena.take(inputRows * 8),
    inputCuts: arena.take(inputRows * (blocks + 1) * 4),
    inputEntries: arena.take(inputRows * inputCapacity * 8),
    labelRows: arena.take(labels ? rows * 8 : 0),
    labelEntries: arena.take(labels ? rows * labels * 8 : 0),
    sources: arena.take(labels ? rows * 8 : 0),
    pairCuts: arena.take(pairs * (pairBlocks + 1) * 4),
    pairEntries: arena.take(pairs * inputs * PAIR_ENTRY_BYTES),
    activity: arena.take(panels * stride * ROW_BYTES),
    inputGradient: arena.take(isBackward ? inputCapacity * stride * 4 : 0),
    ...planGoodness(arena, panels, stride, groups),
    columns: arena.take((inputs + 1) * 8),
    lists: arena.take((inputs + 1) * columnCapacity * 8),
    sums: arena.take((inputs + 1) * 4),
    means: arena.take(panels * PANEL * 4),
    panelSums: arena.take(panels * 4),
    // A cache line for each panel, so that threads do not wait for each other's.
    seen: arena.take(panels * 64),
    outputRows: arena.take(rows * 8),
    outputEntries: arena.take(rows * panels * PANEL * 8),
  };
  const classHeads = planClassHeads(arena, site, groups, units, panels, undefined, at);
  const pages = arena.pages(`a layer of ${inputs} inputs and ${units} units`);
  return {
    kind: 'dense' as const,
    inputs,
    /** Which inputs there are, where the layer below has gaps between its units. */
    inputOrder: order,
    /** Inputs that a unit really sees. */
    fanIn: order?.length ?? inputs,
    units,
    panels,
    batch,
    rows,
    groups,
    moments,
    labels,
    sharesImages: labels > 0,
    outputs: units,
    inputCapacity,
    blocks,
    pairs,
    pairBlocks,
    sharedRow,
    peerRow,
    stride,
    /** The inputs, then the bias. */
    columns: inputs + 1,
    columnCapacity,
    head,
    classHeads,
    tensors: blockTensors({ prefix: `layers.${site.index}`, inputs, units, order, ...at }, moments),
    at: { ...at, states: at.activity },
    pages,
    bytes: pages * 65536,
  };
}
