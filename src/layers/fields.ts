// The geometry of local receptive fields without weight sharing (the paper's section on local fields, and its CIFAR-10
// networks): which units share a panel, what a panel sees, and what each of its units sees of that.
//
// All numbers here are input numbers as kernels count them: unit u of panel p is input 32 · p + u of the next layer, and
// panels that are not full leave gaps.

import { InputError } from '../errors.ts';
import { PANEL, ROW_BYTES } from './plan.ts';

/** Values on a grid, `channels` at each position, and where they are among the inputs of a layer. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Length of a row of inputs, gaps included. */
  readonly inputs: number;
  /** The input that holds channel `c` at row `y` and column `x`. */
  readonly index: (y: number, x: number, c: number) => number;
}

/** Units on a grid. Those of a block of neighbouring positions share a field, and panels of their own. */
export interface UnitGrid extends Grid {
  /** Units in all, without the padding of panels. */
  readonly units: number;
  readonly panels: number;
  readonly blocks: readonly Block[];
}

/** Positions that share panels. */
export interface Block {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  /** Number of the first panel, and how many there are. */
  readonly panel: number;
  readonly panels: number;
}

/** How the fields of a grid lie over another grid, the same for rows and columns. */
export interface FieldSize {
  /** Positions that a field is high and wide. */
  readonly size: number;
  /** Positions from a field to the next. */
  readonly stride: number;
  /** Positions by which the first and the last field hang over the edges: what would lie outside does not exist. */
  readonly overhang: number;
}

/** What the panels of a block see. */
export interface Field {
  /** The inputs that any unit of the block sees, ascending: the field's inputs 0 to K − 1. */
  readonly inputs: Uint32Array;
  /** The same as the kernel gatherRows takes them: (R, 2), first · 128 and beyond · 128 of each run of neighbours. */
  readonly runs: Uint32Array;
  /**
   * (panels, K), for the kernel maskWeights: bit u is set where unit u sees the input; absent where every unit of the
   * block sees all of it.
   */
  readonly masks?: Uint32Array;
}

/** An image of `channels` values a pixel, which lie side by side: the layout of every dataset with a `shape`. */
export function imageGrid(height: number, width: number, channels: number): Grid {
  return {
    height,
    width,
    channels,
    inputs: height * width * channels,
    index: (y, x, c) => (y * width + x) * channels + c,
  };
}

/**
 * `channels` units at each position. Where a panel of 32 holds those of several positions, it takes the largest square of
 * positions that fits (3 · 3 positions of 3 units), because a square sees the least beyond what each of its units sees;
 * blocks at the lower and right edges may be smaller. Otherwise each position has panels of its own.
 */
export function unitGrid(height: number, width: number, channels: number): UnitGrid {
  const side = Math.max(1, Math.floor(Math.sqrt(PANEL / channels)));
  const across = Math.ceil(width / side);
  const panels = Math.ceil((side * side * channels) / PANEL);
  const blocks = Array.from({ length: Math.ceil(height / side) * across }, (_, b): Block => {
    const [top, left] = [Math.floor(b / across) * side, (b % across) * side];
    return {
      top,
      left,
      height: Math.min(side, height - top),
      width: Math.min(side, width - left),
      panel: b * panels,
      panels,
    };
  });
  return {
    height,
    width,
    channels,
    units: height * width * channels,
    panels: blocks.length * panels,
    inputs: blocks.length * panels * PANEL,
    blocks,
    index: (y, x, c) => {
      const block = blocks[Math.floor(y / side) * across + Math.floor(x / side)];
      return block.panel * PANEL + ((y - block.top) * block.width + x - block.left) * channels + c;
    },
  };
}

/** Positions of a grid whose fields cover `length` positions of another; throws an InputError where they do not fit. */
export function fieldCount(length: number, { size, stride, overhang }: FieldSize): number {
  const last = length + 2 * overhang - size;
  if (!(size >= 1 && stride >= 1 && overhang >= 0 && overhang < size && last >= 0 && last % stride === 0)) {
    throw new InputError(
      `fields of ${size}, ${stride} apart and ${overhang} over the edge, do not cover ${length} positions: expected ` +
        'stride to divide length + 2 · overhang − size, and 0 <= overhang < size',
    );
  }
  return last / stride + 1;
}

/** Units of a block, without the padding of its last panel. */
export function unitsOf({ channels }: Grid, { height, width }: Block): number {
  return height * width * channels;
}

/** The lanes of a panel that hold a unit, of a block of `units`: bit u is set for unit 32 · panel + u. */
export function lanesOf(units: number, panel: number): number {
  const lanes = Math.min(PANEL, units - panel * PANEL);
  return lanes === PANEL ? 0xffffffff : 2 ** lanes - 1;
}

/**
 * The field of each block of `units` on `source`, which is all of it where there are no `fields`; throws an InputError
 * where the grids do not fit the fields.
 */
export function receptiveFields(units: UnitGrid, source: Grid, fields?: FieldSize): Field[] {
  if (!fields) {
    const inputs = inputsBetween(source, 0, source.height, 0, source.width);
    const all = { inputs, runs: runsOf(inputs) };
    return units.blocks.map(() => all);
  }
  for (const [what, found, length] of [
    ['rows', units.height, source.height],
    ['columns', units.width, source.width],
  ] as const) {
    const expected = fieldCount(length, fields);
    if (found !== expected) {
      throw new InputError(
        `fields of ${fields.size} over ${length} ${what} belong to ${expected} ${what} of units, found ${found}`,
      );
    }
  }
  return units.blocks.map(block => fieldOf(block, units, source, fields));
}

function fieldOf(block: Block, units: UnitGrid, source: Grid, fields: FieldSize): Field {
  /** The source positions from the first that position `from` sees to the last that position `to` sees. */
  const span = (from: number, to: number, length: number) => [
    Math.max(0, from * fields.stride - fields.overhang),
    Math.min(length, to * fields.stride - fields.overhang + fields.size),
  ];
  const seen = (top: number, left: number, height: number, width: number) => {
    const [firstRow, lastRow] = span(top, top + height - 1, source.height);
    const [firstColumn, lastColumn] = span(left, left + width - 1, source.width);
    return inputsBetween(source, firstRow, lastRow, firstColumn, lastColumn);
  };
  const inputs = seen(block.top, block.left, block.height, block.width);
  const local = new Map(Array.from(inputs, (input, k) => [input, k]));
  const masks = new Uint32Array(block.panels * inputs.length);
  for (let y = block.top; y < block.top + block.height; y++) {
    for (let x = block.left; x < block.left + block.width; x++) {
      const own = Array.from(seen(y, x, 1, 1), input => local.get(input)!);
      for (let c = 0; c < units.channels; c++) {
        const unit = units.index(y, x, c) - block.panel * PANEL;
        const first = Math.floor(unit / PANEL) * inputs.length;
        for (const k of own) masks[first + k] |= 1 << (unit % PANEL);
      }
    }
  }
  const seesAll = masks.every(
    (mask, i) => mask === lanesOf(unitsOf(units, block), Math.floor(i / inputs.length)),
  );
  return { inputs, runs: runsOf(inputs), ...(!seesAll && { masks }) };
}

/** The inputs at some rows and columns of a source, ascending. */
function inputsBetween(source: Grid, top: number, bottom: number, left: number, right: number): Uint32Array {
  const inputs: number[] = [];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      for (let c = 0; c < source.channels; c++) inputs.push(source.index(y, x, c));
    }
  }
  return Uint32Array.from(inputs).sort();
}

function runsOf(inputs: Uint32Array): Uint32Array {
  const ends: number[] = [];
  for (const [k, input] of inputs.entries()) {
    if (k === 0 || input !== inputs[k - 1] + 1) ends.push(input, input);
    ends[ends.length - 1] = input + 1;
  }
  return Uint32Array.from(ends, end => end * ROW_BYTES);
}
