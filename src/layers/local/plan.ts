// How a layer is connected that does not simply see all of the one below: which of its units see which rows of the layers below and
// above it, and where all of that lies in its memory.
//
// Such a layer consists of blocks of units. Each block has a field: what it sees of the layer below, then what it sees of the layer
// above. A fully connected layer that sees a layer above is one block.

import { InputError } from '../../errors.ts';
import { PANEL, ROW_BYTES, SKIP } from '../../kernels/panels.ts';
import { type Block, blocksOf, placesOf, sourceGrid, unitGrid, unitsOf } from '../grid.ts';
import { Arena, panelsOf } from '../memory.ts';
import { blockTensors, planClassHeads, planGoodness, planHead, type Site, type Source } from '../plan.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { connectedInputs, type Field, lanesOf } from './fields.ts';
import type { FieldSize } from './spec.ts';

/** Bytes of weights below which a block's rows are gathered and multiplied a few at a time, and how many. */
const SMALL_BLOCK = 256 * 1024;
const ROWS_AT_ONCE = 32;
/** Each is listed by itself: more would take minutes. */
const MOST_BLOCKS = 100_000;

/** Units on a grid, and how their fields lie over what they see; all of it is seen where there is none. */
export interface LocalUnits extends Shape {
  readonly field?: FieldSize | undefined;
  readonly above?: FieldSize | undefined;
}

type Sources = Pick<Site, 'below' | 'above'>;

/** What a block of units sees. */
interface BlockField {
  readonly block: Block;
  readonly units: number;
  readonly below: Field;
  readonly above?: Field;
  /** Inputs of both. */
  readonly inputs: number;
  /** (panels, inputs) for both, as in Field. */
  readonly masks?: Uint32Array;
}

function fieldsOf({ height, width, channels, field, above }: LocalUnits, site: Sources): BlockField[] {
  const grid = unitGrid(height, width, channels);
  const belowFields = connectedInputs(grid, sourceGrid(site.below), field);
  const aboveFields = site.above && connectedInputs(grid, sourceGrid(site.above), above);
  return grid.blocks.map((block, b) => {
    const units = unitsOf(grid, block);
    const seen = aboveFields ? [belowFields[b], aboveFields[b]] : [belowFields[b]];
    const masks = joinMasks(seen, units, block.panels);
    return {
      block,
      units,
      below: belowFields[b],
      ...(aboveFields && { above: aboveFields[b] }),
      inputs: seen.reduce((sum, { inputs }) => sum + inputs.length, 0),
      ...(masks && { masks }),
    };
  });
}

function joinMasks(fields: readonly Field[], units: number, panels: number): Uint32Array | undefined {
  if (fields.every(({ masks }) => !masks)) return undefined;
  const words: number[] = [];
  for (let panel = 0; panel < panels; panel++) {
    for (const { inputs, masks } of fields) {
      for (let k = 0; k < inputs.length; k++) {
        words.push(masks ? masks[panel * inputs.length + k] : lanesOf(units, panel));
      }
    }
  }
  return Uint32Array.from(words);
}

/** How a kernel finds a field's inputs in rows: words in memory, and how many parts they have. */
interface FieldIndex {
  readonly words: Uint32Array;
  readonly count: number;
}

/**
 * The field as runs of neighbours, to be gathered out of rows; or, with `isInPlace`, as spans of panels, whose inputs are
 * numbered from `first` on, to be multiplied where they are.
 */
function fieldIndex({ inputs, runs }: Field, isInPlace: boolean, first: number): FieldIndex {
  if (!isInPlace) return { words: runs, count: runs.length / 2 };
  const places = new Map(Array.from(inputs, (input, k) => [input, (first + k) * ROW_BYTES]));
  const spans = spansOf(inputs);
  const words = spans.flatMap(([begin, beyond]) => [
    begin,
    beyond,
    ...Array.from({ length: (beyond - begin) * PANEL }, (_, i) => places.get(begin * PANEL + i) ?? SKIP),
  ]);
  return { words: Uint32Array.from(words), count: spans.length };
}

/** The panels that a field touches, as spans of neighbours: the first, and the one beyond the last. */
function spansOf(inputs: Uint32Array): [first: number, beyond: number][] {
  const spans: [number, number][] = [];
  for (const input of inputs) {
    const panel = Math.floor(input / PANEL);
    const last = spans.at(-1);
    if (last && panel <= last[1]) last[1] = Math.max(last[1], panel + 1);
    else spans.push([panel, panel + 1]);
  }
  return spans;
}

/**
 * Panels of a layer whose rows are multiplied where they are; 0 where the fields are gathered out of them first. Where a panel
 * holds several positions a field has many short runs, and finding them takes longer than to multiply, by zeros, what the
 * panels that it touches hold besides.
 */
function panelsInPlace(source: Source | undefined, field: FieldSize | undefined): number {
  if (!source || !field || source.isImage) return 0;
  const { inputs, blocks } = unitGrid(source.height, source.width, source.channels);
  return blocks[0].height > 1 ? inputs / PANEL : 0;
}

/** Where a layer keeps what its rows see of one neighbour: a row's entries begin at a multiple of `capacity`. */
export interface ReceivedRows {
  readonly capacity: number;
  readonly rows: number;
  readonly entries: number;
  /** Panels that rows are cut into, to be multiplied where they are; 0 where the fields are gathered out of them. */
  readonly panels: number;
  readonly cuts: number;
  /** Bytes of a row's cuts. */
  readonly cutBytes: number;
}

/** The layers that a layer may see. */
export type Side = 'below' | 'above';

function planReceived(arena: Arena, rows: number, inputs: number, panels: number): ReceivedRows {
  const capacity = panelsOf(inputs) * PANEL;
  const cutBytes = panels ? (panels + 1) * 4 : 0;
  return {
    capacity,
    rows: arena.take(inputs ? rows * 8 : 0),
    entries: arena.take(rows * capacity * 8),
    panels,
    cuts: arena.take(rows * cutBytes),
    cutBytes,
  };
}

/** Sizes and byte offsets of a layer. */
export type LocalPlan = ReturnType<typeof planLocal>;

/** Those of one of its blocks. */
export type BlockPlan = LocalPlan['blocks'][number];

/** Throws an InputError where not even the smallest part of a layer fits in a memory, before its fields are listed one by one. */
function checkRoom({ height, width, channels, field }: LocalUnits, { below, rows }: Site): void {
  const { panels, count } = blocksOf({ height, width, channels });
  if (count > MOST_BLOCKS) {
    throw new InputError(
      `expected at most ${MOST_BLOCKS} blocks of units, each with a field of its own, found ${count} of ${height} × ${width} positions: use smaller images, or convolutions`,
    );
  }
  const arena = new Arena();
  arena.take(panels * count * rows * ROW_BYTES);
  if (!field) arena.take(panels * count * sizeOf(below) * ROW_BYTES);
  // At the edges a field may hang over: it sees what is left.
  else arena.take(2 * panels * count * (field.size - field.overhang) ** 2 * below.channels * ROW_BYTES);
  arena.pages(`a layer of ${height} × ${width} × ${channels} units`);
}

/** Plans a layer; throws an InputError where its fields do not fit, or where it does not fit in the 4 GiB of one memory. */
export function planLocal(shape: LocalUnits, site: Site) {
  const { below, above, batch, rows, classes, moments, threads } = site;
  const { height, width, channels } = shape;
  const groups = site.groups === 'positions' ? height * width : site.groups;
  checkRoom(shape, site);
  const grid = unitGrid(height, width, channels);
  const { units, panels, inputs: outputs } = grid;
  const { inputs } = sourceGrid(below);
  const aboveInputs = above ? sourceGrid(above).inputs : 0;
  const fields = fieldsOf(shape, site);
  const arena = new Arena();
  const seen = {
    below: planReceived(arena, rows, inputs, panelsInPlace(below, shape.field)),
    above: planReceived(arena, rows, aboveInputs, panelsInPlace(above, shape.above)),
  };
  const take = (field: Field, panels: number) => {
    const { words, count } = fieldIndex(field, panels > 0, 0);
    return { at: arena.take(words.byteLength), count };
  };
  // An image that does not move is the same for every label.
  const sharesImages = below.isImage && above !== undefined;
  const sharedRow = rows;
  const peerRow = rows + (sharesImages ? batch : 0);
  const stride = peerRow + 1;
  /** The inputs below, then those above, then the bias. */
  const columns = inputs + aboveInputs + 1;
  // Kernels count inputs by the bytes of their weights, in 32 bits; each block has weights for those of its field only.
  if (columns * ROW_BYTES >= 2 ** 32) {
    throw new InputError(`expected at most ${2 ** 25 - 2} inputs, found ${columns - 1}: use smaller images`);
  }
  const columnCapacity = 2 * batch + 1;
  const head = classes ? planHead(arena, outputs, batch, classes) : undefined;
  const blocks = fields.map((field, b) => {
    const { block, inputs: fanIn } = field;
    const weightBytes = block.panels * (fanIn + 1) * ROW_BYTES;
    return {
      /** What the names of its tensors begin with. */
      prefix: fields.length === 1 ? `layers.${site.index}` : `layers.${site.index}.block.${b}`,
      panel: block.panel,
      panels: block.panels,
      units: field.units,
      inputs: fanIn,
      belowInputs: field.below.inputs.length,
      /** So few that they stay in the second-level cache, unless reading the weights so often costs more. */
      rowsAtOnce: weightBytes <= SMALL_BLOCK ? Math.min(ROWS_AT_ONCE, rows) : rows,
      weights: arena.take(weightBytes),
      first: arena.take(weightBytes),
      second: arena.take(moments === 2 ? weightBytes : 0),
      below: take(field.below, seen.below.panels),
      ...(field.above && { above: take(field.above, seen.above.panels) }),
      /** The column of each input, and of the bias: u32 (inputs + 1). */
      columns: arena.take((fanIn + 1) * 4),
      /** 0 where every unit sees everything. */
      masks: field.masks ? arena.take(field.masks.byteLength) : 0,
    };
  });
  const widest = blocks.reduce((most, block) => Math.max(most, block.inputs), 0);
  const activity = arena.take(panels * stride * ROW_BYTES);
  const at = {
    zeros: arena.take(ROW_BYTES),
    inputRows: seen.below.rows,
    inputEntries: seen.below.entries,
    sources: arena.take(sharesImages ? rows * 8 : 0),
    activity,
    // A recurrent schedule keeps states beside the activities that move them.
    states: above ? arena.take(panels * stride * ROW_BYTES) : activity,
    ...planGoodness(arena, panels, stride, groups),
    columns: arena.take(columns * 8),
    lists: arena.take(columns * columnCapacity * 8),
    sums: arena.take(columns * 4),
    means: arena.take(panels * PANEL * 4),
    panelSums: arena.take(panels * 4),
    outputRows: arena.take(rows * 8),
    outputEntries: arena.take(rows * panels * PANEL * 8),
  };
  // What a thread has gathered for the block that it works on.
  const scratch = Array.from({ length: threads }, () => ({
    rows: arena.take(rows * 8),
    entries: arena.take(rows * widest * 8),
    columns: arena.take((widest + 1) * 8),
  }));
  const positions = height * width;
  const outputOrder = placesOf(grid);
  const order = groups === positions ? Uint32Array.from({ length: channels }, (_, c) => c) : outputOrder;
  const classHeads = planClassHeads(arena, site, groups, outputs, panels, order, at);
  const tensors = blocks.flatMap(block =>
    blockTensors({ ...block, means: at.means + block.panel * PANEL * 4 }, moments),
  );
  const pages = arena.pages(`a layer of ${inputs} inputs and ${units} units`);
  return {
    kind: 'local' as const,
    shape,
    sources: { below, ...(above && { above }) },
    inputs,
    units,
    batch,
    rows,
    groups,
    moments,
    /** Inputs that are a label's: none, labels come from above or are not told. */
    labels: 0,
    panels,
    outputOrder,
    outputs,
    inputCapacity: seen.below.capacity,
    seen,
    sharesImages,
    sharedRow,
    peerRow,
    stride,
    columns,
    columnCapacity,
    head,
    classHeads,
    tensors,
    blocks,
    scratch,
    at,
    pages,
    bytes: pages * 65536,
  };
}

/** Writes into a layer's memory what its blocks see: what kernels read and nothing changes. */
export function writeConnections(plan: LocalPlan, memory: WebAssembly.Memory): void {
  const words = new Uint32Array(memory.buffer);
  fieldsOf(plan.shape, plan.sources).forEach(({ below, above, masks }, b) => {
    const block = plan.blocks[b];
    words.set(fieldIndex(below, plan.seen.below.panels > 0, 0).words, block.below.at >>> 2);
    if (above && block.above) {
      const { words: found } = fieldIndex(above, plan.seen.above.panels > 0, block.belowInputs);
      words.set(found, block.above.at >>> 2);
    }
    if (masks) words.set(masks, block.masks >>> 2);
    words.set(below.inputs, block.columns >>> 2);
    above?.inputs.forEach((input, k) => {
      words[(block.columns >>> 2) + below.inputs.length + k] = plan.inputs + input;
    });
    words[(block.columns >>> 2) + block.inputs] = plan.columns - 1;
  });
}

/** The inputs that each block sees of the layer below or of the image, in the order of its weights. */
export function fieldsBelow(plan: LocalPlan): Uint32Array[] {
  return fieldsOf(plan.shape, plan.sources).map(({ below }) => below.inputs);
}

/** What each unit of a block sees, counted. */
export function fanIn({ units, panels, inputs, masks }: BlockPlan, memory: WebAssembly.Memory): Uint32Array {
  const counts = new Uint32Array(units);
  if (!masks) return counts.fill(inputs);
  const words = new Uint32Array(memory.buffer, masks, panels * inputs);
  for (let unit = 0; unit < units; unit++) {
    const first = Math.floor(unit / PANEL) * inputs;
    for (let k = 0; k < inputs; k++) counts[unit] += (words[first + k] >>> (unit % PANEL)) & 1;
  }
  return counts;
}
