// How a layer is wired that does not simply see all of the one below: which of its units see which rows of the layers
// below and above it, and where all of that lies in its memory.
//
// Such a layer consists of blocks of units. Each block has a field: what it sees of the layer below, then what it sees of
// the layer above. A fully connected layer is one block.

import {
  type Block,
  type Field,
  type FieldSize,
  type Grid,
  imageGrid,
  lanesOf,
  receptiveFields,
  type UnitGrid,
  unitGrid,
  unitsOf,
} from './fields.ts';
import { Arena, cacheBlocks, type LayerShape, PANEL, planHead } from './plan.ts';

/** Rows that a layer sees. */
export interface Source {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Values lie side by side, as those of an image; otherwise in panels, as the units of a layer. */
  readonly isImage: boolean;
  /** How the fields lie over it; absent: every unit sees all of it. */
  readonly field?: FieldSize;
}

/** What the plan of a wired layer follows from. */
export interface WiredShape {
  /** Positions of units, and units at each. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly below: Source;
  readonly above?: Source;
  /** Images in a batch. */
  readonly batch: number;
  /** Rows in a batch: at least three an image, positive, neutral and negative. */
  readonly rows: number;
  /** Classes of the softmax readout's part in this layer; 0 where the readout does not look at it. */
  readonly classes: number;
  /** Copies of the weights that the optimizer keeps: 1 (momentum) or 2 (Adam). */
  readonly moments: LayerShape['moments'];
  /** States are kept beside the activities that move them. */
  readonly isDamped: boolean;
  /** Threads, each of which works on a block of its own. */
  readonly threads: number;
}

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

/** The grid of a layer's units. */
export function gridOf({ height, width, channels }: WiredShape): UnitGrid {
  return unitGrid(height, width, channels);
}

function sourceGrid({ height, width, channels, isImage }: Source): Grid {
  return isImage ? imageGrid(height, width, channels) : unitGrid(height, width, channels);
}

function fieldsOf(shape: WiredShape): BlockField[] {
  const grid = gridOf(shape);
  const see = (source: Source) => receptiveFields(grid, sourceGrid(source), source.field);
  const below = see(shape.below);
  const above = shape.above && see(shape.above);
  return grid.blocks.map((block, b) => {
    const units = unitsOf(grid, block);
    const seen = above ? [below[b], above[b]] : [below[b]];
    const masks = joinMasks(seen, units, block.panels);
    return {
      block,
      units,
      below: below[b],
      ...(above && { above: above[b] }),
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

/** Sizes and byte offsets of a wired layer. */
export type WiredPlan = ReturnType<typeof planWired>;

/** Those of one of its blocks. */
export type BlockPlan = WiredPlan['blocks'][number];

/** Plans a layer; throws an InputError where its fields do not fit, or where it does not fit in the 4 GiB of one memory. */
export function planWired(shape: WiredShape) {
  const { below, above, batch, rows, classes, moments, isDamped, threads } = shape;
  const grid = gridOf(shape);
  const { units, panels, inputs: outputs } = grid;
  const { inputs } = sourceGrid(below);
  const aboveInputs = above ? sourceGrid(above).inputs : 0;
  const arena = new Arena();
  // One gradient row for each row, and one for peer normalisation.
  const peerRow = rows;
  const stride = rows + 1;
  const columnCapacity = 2 * batch + 1;
  const [inputCapacity, aboveCapacity] = [inputs, aboveInputs].map(count => Math.ceil(count / PANEL) * PANEL);
  const head = classes ? planHead(arena, outputs, rows, batch) : undefined;
  const blocks = fieldsOf(shape).map(field => {
    const { block, inputs: fanIn } = field;
    const weightBytes = block.panels * (fanIn + 1) * PANEL * 4;
    return {
      panel: block.panel,
      panels: block.panels,
      units: field.units,
      inputs: fanIn,
      belowInputs: field.below.inputs.length,
      cacheBlocks: cacheBlocks(fanIn),
      weights: arena.take(weightBytes),
      first: arena.take(weightBytes),
      second: arena.take(moments === 2 ? weightBytes : 0),
      belowRuns: arena.take(field.below.runs.byteLength),
      belowRunCount: field.below.runs.length / 2,
      aboveRuns: arena.take(field.above?.runs.byteLength ?? 0),
      aboveRunCount: (field.above?.runs.length ?? 0) / 2,
      /** 0 where every unit sees everything. */
      masks: field.masks ? arena.take(field.masks.byteLength) : 0,
    };
  });
  const widest = Math.max(...blocks.map(block => block.inputs));
  const cuts = Math.max(...blocks.map(block => block.cacheBlocks)) + 1;
  const activity = arena.take(panels * stride * PANEL * 4);
  const at = {
    inputRows: arena.take(rows * 8),
    inputEntries: arena.take(rows * inputCapacity * 8),
    aboveRows: arena.take(above ? rows * 8 : 0),
    aboveEntries: arena.take(rows * aboveCapacity * 8),
    activity,
    states: isDamped ? arena.take(panels * stride * PANEL * 4) : activity,
    goodness: arena.take(panels * stride * 4),
    totals: arena.take(stride * 4),
    coefficients: arena.take(stride * 4),
    targets: arena.take(stride * 4),
    means: arena.take(panels * PANEL * 4),
    panelSums: arena.take(panels * 4),
    outputRows: arena.take(rows * 8),
    outputEntries: arena.take(rows * panels * PANEL * 8),
  };
  // What a thread has picked out for the block that it works on.
  const scratch = Array.from({ length: threads }, () => ({
    rows: arena.take(rows * 8),
    entries: arena.take(rows * widest * 8),
    cuts: arena.take(rows * cuts * 4),
    columns: arena.take((widest + 1) * 8),
    lists: arena.take((widest + 1) * columnCapacity * 8),
    sums: arena.take((widest + 1) * 4),
  }));
  const pages = arena.pages(`a layer of ${inputs} inputs and ${units} units`);
  return {
    kind: 'wired' as const,
    ...shape,
    inputs,
    units,
    /** Inputs that are a label's: none, labels come from above. */
    labels: 0,
    panels,
    /** Length of an output row, gaps of panels that are not full included. */
    outputs,
    inputCapacity,
    aboveCapacity,
    sharedRow: rows,
    peerRow,
    stride,
    columnCapacity,
    head,
    blocks,
    scratch,
    at,
    pages,
    bytes: pages * 65536,
  };
}

/** Writes into a layer's memory what its blocks see: what kernels read and nothing changes. */
export function writeWiring(plan: WiredPlan, memory: WebAssembly.Memory): void {
  const words = new Uint32Array(memory.buffer);
  fieldsOf(plan).forEach(({ below, above, masks }, b) => {
    const block = plan.blocks[b];
    words.set(below.runs, block.belowRuns >>> 2);
    if (above) words.set(above.runs, block.aboveRuns >>> 2);
    if (masks) words.set(masks, block.masks >>> 2);
  });
}

/** The inputs that each block sees of the layer below or of the image, in the order of its weights. */
export function fieldsBelow(plan: WiredPlan): Uint32Array[] {
  return fieldsOf(plan).map(({ below }) => below.inputs);
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
