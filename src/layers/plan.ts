// Where everything of a layer lies in its memory: known to the byte before training, and never moved.

import { InputError } from '../errors.ts';

/** Units in a panel: eight vectors of four. */
export const PANEL = 32;

/** A gradient row that is left out. */
export const SKIP = 0xffffffff;

/** Bytes of a panel's row: one input's weights, or one row's activities, of its units. */
export const ROW_BYTES = PANEL * 4;

/** Bytes of a panel that stay in a first-level cache of 48 KiB beside what passes over them. */
const BLOCK_BYTES = 40 * 1024;

/** Bytes of an input in a pair of rows. */
export const PAIR_ENTRY_BYTES = 12;

/** Bytes that the product of pairs of rows reads of an input's weights: six vectors. */
const PAIR_ROW_BYTES = 96;

const LARGEST = 65536 * 65536;

/** Hands out aligned regions of a memory from the bottom up. */
export class Arena {
  bytes = 64;

  /** The byte offset of a new region, aligned to a cache line. */
  take(bytes: number): number {
    const at = this.bytes;
    this.bytes = Math.ceil((at + bytes) / 64) * 64;
    return at;
  }

  /** 64 KiB pages that hold all regions. */
  pages(what: string): number {
    if (this.bytes > LARGEST) {
      throw new InputError(
        `${what} needs ${(this.bytes / 2 ** 30).toFixed(1)} GiB, and a layer's memory ends at 4 GiB: use fewer units`,
      );
    }
    return Math.ceil(this.bytes / 65536);
  }
}

/** What the plan of a layer follows from. */
export interface LayerShape {
  readonly inputs: number;
  readonly units: number;
  /** Images in a batch. */
  readonly batch: number;
  /** Rows in a batch: at least three an image, positive, neutral and negative; one where nothing is negative. */
  readonly rows: number;
  /** Classes of the softmax readout's part in this layer; 0 where the readout does not look at it. */
  readonly classes: number;
  /** Label inputs of the first layer, whose rows share the product with the image; 0 in all others. */
  readonly labels: number;
  /** Groups of units side by side, of as many panels each, that have a goodness of their own. */
  readonly groups: number;
  /** Whether rows may be multiplied two at a time, where they are no versions of an image that share their product already. */
  readonly hasPairs?: boolean;
  /** Copies of the weights that the optimizer keeps: 1 (momentum), 2 (Adam), or 0 where weights do not follow a gradient. */
  readonly moments: 0 | 1 | 2;
  /** Whether a gradient of the inputs is computed for the layer below. */
  readonly isBackward?: boolean;
}

/** Sizes and byte offsets of a layer. */
export type LayerPlan = ReturnType<typeof planLayer>;

/** Plans the softmax readout's part in a layer whose rows are `width` long. */
export function planHead(arena: Arena, width: number, rows: number, batch: number) {
  return {
    weights: arena.take((width + 1) * PANEL * 4),
    velocity: arena.take((width + 1) * PANEL * 4),
    logits: arena.take(rows * PANEL * 4),
    gradient: arena.take(batch * PANEL * 4),
    columns: arena.take((width + 1) * 8),
    lists: arena.take((width + 1) * batch * 8),
    targets: arena.take(batch * 4),
  };
}

/** Plans the goodness of `stride` rows, of each panel, of the layer and of each group, and what learning makes of it. */
export function planGoodness(arena: Arena, panels: number, stride: number, groups: number) {
  const totals = arena.take(stride * 4);
  return {
    goodness: arena.take(panels * stride * 4),
    totals,
    groupTotals: groups > 1 ? arena.take(groups * stride * 4) : totals,
    coefficients: arena.take(groups * stride * 4),
    targets: arena.take(stride * 4),
  };
}

/** Plans a layer; throws an InputError where it does not fit in the 4 GiB of one memory. */
export function planLayer(shape: LayerShape) {
  const { inputs, units, batch, rows, classes, labels, groups, hasPairs, moments, isBackward } = shape;
  const arena = new Arena();
  const panels = Math.ceil(units / PANEL);
  const inputRows = labels ? batch : rows;
  // The gradient rows: one for each row, the shared ones of the first layer, and one for peer normalisation.
  const sharedRow = rows;
  const peerRow = rows + (labels ? batch : 0);
  const stride = peerRow + 1;
  const weightBytes = panels * (inputs + 1) * PANEL * 4;
  const blocks = Math.ceil((inputs * ROW_BYTES) / BLOCK_BYTES);
  const pairs = hasPairs && !labels ? Math.floor(rows / 2) : 0;
  const pairBlocks = Math.ceil((inputs * PAIR_ROW_BYTES) / BLOCK_BYTES);
  const columnCapacity = moments ? Math.min(rows, 2 * batch + 1) : 0;
  const inputCapacity = Math.ceil(inputs / PANEL) * PANEL;
  const head = classes ? planHead(arena, units, rows, batch) : undefined;
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
    activity: arena.take(panels * stride * PANEL * 4),
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
  const pages = arena.pages(`a layer of ${inputs} inputs and ${units} units`);
  const bytes = pages * 65536;
  return {
    kind: 'dense' as const,
    ...shape,
    panels,
    /** Positive and negative rows share the product with the image. */
    sharesImages: labels > 0,
    /** Length of an output row. */
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
    at: { ...at, states: at.activity },
    pages,
    bytes,
  };
}
