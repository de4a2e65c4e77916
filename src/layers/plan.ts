// What the plans of all kinds of layers have in common: sizes, and where everything lies that others than the layer itself read.

import { PANEL, ROW_BYTES } from '../kernels/panels.ts';
import { type Arena, panelsOf } from './memory.ts';
import type { Shape } from './shape.ts';

/** What a layer sees below it, or above: rows of the values of a shape. */
export interface Source extends Shape {
  /** Values lie side by side, as those of an image; otherwise in panels, as the units of a layer. */
  readonly isImage: boolean;
}

/** What the plan of a layer follows from, whatever its kind. */
export interface Site {
  /** Number of the layer, from 0. */
  readonly index: number;
  readonly below: Source;
  /** Of a dense layer, which inputs there are, ascending, where there are gaps between them. */
  readonly order?: Uint32Array;
  /** What it sees above, in a recurrent network. */
  readonly above?: Source;
  /** Images in a batch. */
  readonly batch: number;
  /** Rows in a batch. */
  readonly rows: number;
  /** Classes of the softmax readout's part in this layer; 0 where the readout does not look at it. */
  readonly classes: number;
  /** Label inputs beside or among those of the image, whose rows share the product with the image; 0 where there are none. */
  readonly labels: number;
  /** How many of them come after the inputs below, instead of in the place of the first. */
  readonly appended: number;
  /** Groups of units side by side, of as many panels each, that have a goodness of their own; or one at each position. */
  readonly groups: number | 'positions';
  /** Classes that a linear map of each group's activities is to tell apart, where the layer learns by that. */
  readonly classMap?: {
    readonly classes: number;
    readonly isNormalized: boolean;
    /** Whether images of a batch are compared with each other. */
    readonly isMutual?: boolean;
    readonly isAffine?: boolean;
  };
  /** Whether the layer learns from images of a batch seen two at once. */
  readonly isSelfContrast?: boolean;
  /** Copies of the weights that the optimizer keeps: 1 (momentum), 2 (Adam), or 0 where weights do not follow a gradient. */
  readonly moments: 0 | 1 | 2;
  /** Whether rows may be multiplied two at a time: that takes memory, and kernels which those for devices do without. */
  readonly hasPairs: boolean;
  /** Whether a gradient of the inputs is computed for the layer below. */
  readonly isBackward: boolean;
  /** Threads, each of which may need memory of its own. */
  readonly threads: number;
}

/** Sizes and byte offsets of a layer. */
export interface LayerPlan {
  /** The kind that opens it. */
  readonly kind: string;
  /** Length of an input row, gaps of panels that are not full included. */
  readonly inputs: number;
  readonly units: number;
  readonly batch: number;
  readonly rows: number;
  readonly groups: number;
  readonly moments: 0 | 1 | 2;
  /** Label inputs; 0 where there are none. */
  readonly labels: number;
  /** Length of an output row, gaps included. */
  readonly outputs: number;
  /** The place of each unit in what the softmax readout sees; in order where that is absent. */
  readonly outputOrder?: Uint32Array;
  /** Whether all rows of an image share its product with the weights. */
  readonly sharesImages: boolean;
  /** The rows are one for each role and image, then the shared ones from here on. */
  readonly sharedRow: number;
  /** Rows in all. */
  readonly stride: number;
  readonly inputCapacity: number;
  /** The softmax readout's part in the layer. */
  readonly head: HeadPlan | undefined;
  /** Compressed rows that it sees, where they are not those that are handed on. */
  readonly means?: { readonly rows: number; readonly entries: number };
  readonly classHeads: ClassHeadsPlan | undefined;
  /** What it has learned, and what it needs to go on. */
  readonly tensors: readonly TensorRegion[];
  readonly at: {
    readonly inputRows: number;
    readonly inputEntries: number;
    readonly outputRows: number;
    readonly outputEntries: number;
  } & GoodnessPlan;
  readonly pages: number;
  readonly bytes: number;
}

/** Those of a layer whose rows are units in panels. */
export interface PanelPlan extends LayerPlan {
  readonly panels: number;
  /** The gradient rows are one for each row, then the shared ones, then this one for peer normalisation. */
  readonly peerRow: number;
  /** The inputs by which a step lists the batch, the bias included. */
  readonly columns: number;
  readonly at: LayerPlan['at'] & {
    readonly activity: number;
    /** What is handed on: the activity itself, where no states are kept beside it. */
    readonly states: number;
    readonly columns: number;
    readonly lists: number;
    readonly means: number;
    readonly panelSums: number;
  };
}

/** Where a linear map from a layer's compressed rows to classes lies, in the layer's memory. */
export type HeadPlan = ReturnType<typeof planHead>;

/** Plans a linear map of rows that are `width` long to `classes`. */
export function planHead(
  arena: Arena,
  width: number,
  batch: number,
  classes: number,
  moments = 1,
  isMutual = false,
) {
  const panels = panelsOf(classes);
  const panelBytes = (width + 1) * ROW_BYTES;
  const weightBytes = panels * panelBytes;
  const imagePanels = isMutual ? panelsOf(batch) : 0;
  return {
    width,
    classes,
    panels,
    /** Behind the panels of classes: those of the images of a batch, where they are compared with each other. */
    imagePanels,
    weights: arena.take(weightBytes + imagePanels * panelBytes),
    lengths: arena.take(isMutual ? batch * 4 : 0),
    first: arena.take(weightBytes),
    second: arena.take(moments === 2 ? weightBytes : 0),
    logits: arena.take((panels + imagePanels) * batch * ROW_BYTES),
    gradient: arena.take((panels + imagePanels) * batch * ROW_BYTES),
    columns: arena.take((width + 1) * 8),
    lists: arena.take((width + 1) * batch * 8),
    targets: arena.take(batch * 4),
  };
}

/** Where the objective `classes` keeps its linear maps, one for each group, and the activities that they read. */
export type ClassHeadsPlan = NonNullable<ReturnType<typeof planClassHeads>>;

/** Plans a map of each group's activities to classes, where the site asks for it. */
export function planClassHeads(
  arena: Arena,
  { rows, batch, classMap, moments }: Site,
  groups: number,
  units: number,
  panels: number,
  order: Uint32Array | undefined,
  output: { readonly outputRows: number; readonly outputEntries: number },
) {
  if (!classMap) return undefined;
  const { classes, isNormalized, isMutual } = classMap;
  const groupPanels = panels / groups;
  const width = groups === 1 ? units : groupPanels * PANEL;
  return {
    panels: groupPanels,
    groups: Array.from({ length: groups }, () => ({
      // What a map reads: what is handed on, or rows of its own.
      rows: isNormalized ? output.outputRows : arena.take(rows * 8),
      entries: isNormalized ? output.outputEntries : arena.take(rows * groupPanels * PANEL * 8),
      probabilities: arena.take(batch * classes * 4),
      /** Which of the rows that a map reads are units, where there are gaps. */
      ...(order && { order }),
      ...planHead(arena, width, batch, classes, moments, isMutual),
    })),
    labels: arena.take(batch * 4),
  };
}

/** Where a layer keeps the goodness of its rows, and what learning makes of it. */
export type GoodnessPlan = ReturnType<typeof planGoodness>;

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

/** A region of panels (P, panelRows, 32) seen as a matrix (rows, units), or as a vector of units. */
export interface TensorRegion {
  readonly name: string;
  /** Byte offset. */
  readonly at: number;
  /** Rows of a panel, and which of them the tensor has. */
  readonly panelRows: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly units: number;
  readonly isVector: boolean;
  /** Of no use but to go on with training: not in a model file. */
  readonly isForTraining: boolean;
  /** Which row of the panel each row of the tensor is, counted from `firstRow`; in order where it is absent. */
  readonly order?: Uint32Array;
}

/** Panels whose units see the same inputs: all of a dense layer, or a block of a local one. Numbers are byte offsets. */
export interface UnitBlock {
  /** What the names of its tensors begin with. */
  readonly prefix: string;
  /** Rows of its panels, without the bias. */
  readonly inputs: number;
  readonly units: number;
  /** Which of the rows are inputs, where there are gaps. */
  readonly order?: Uint32Array | undefined;
  readonly weights: number;
  readonly first: number;
  readonly second: number;
  /** Running means of its units, where there are any. */
  readonly means?: number;
}

/** The tensors of a block whose optimizer keeps so many moments. */
export function blockTensors(block: UnitBlock, moments: number): TensorRegion[] {
  const { prefix, inputs, units, order } = block;
  const panelRows = inputs + 1;
  const matrix = { panelRows, firstRow: 0, rows: order?.length ?? inputs, units, isVector: false };
  const vector = { panelRows, firstRow: inputs, rows: 1, units, isVector: true };
  const both = (suffix: string, at: number, isForTraining: boolean): TensorRegion[] => [
    { ...matrix, name: `${prefix}.weight${suffix}`, at, isForTraining, ...(order && { order }) },
    { ...vector, name: `${prefix}.bias${suffix}`, at, isForTraining },
  ];
  const mean = { name: `${prefix}.mean`, panelRows: 1, firstRow: 0, isForTraining: true };
  return [
    ...both('', block.weights, false),
    ...(['first', 'second'] as const).slice(0, moments).flatMap(name => both(`.${name}`, block[name], true)),
    ...(block.means === undefined ? [] : [{ ...vector, ...mean, at: block.means }]),
  ];
}

/** The running mean of every unit's activity before it has seen any. */
export function fillMeans(memory: WebAssembly.Memory, at: number, units: number): void {
  new Float32Array(memory.buffer, at, units).fill(0.5);
}
