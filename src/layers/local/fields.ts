// The geometry of local receptive fields without weight sharing (the paper's section on local fields, and its CIFAR-10
// networks): what a panel sees, and what each of its units sees of that.

import { PANEL, ROW_BYTES } from '../../kernels/panels.ts';
import { type Block, type Grid, type UnitGrid, unitsOf } from '../grid.ts';
import { checkCover } from './cover.ts';
import type { FieldSize } from './spec.ts';

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

/** The lanes of a panel that hold a unit, of a block of `units`: bit u is set for unit 32 · panel + u. */
export function lanesOf(units: number, panel: number): number {
  const lanes = Math.min(PANEL, units - panel * PANEL);
  return lanes === PANEL ? 0xffffffff : 2 ** lanes - 1;
}

/**
 * The field of each block of `units` on `source`, which is all of it where there are no `fields`; throws an InputError
 * where the grids do not fit the fields.
 */
export function connectedInputs(units: UnitGrid, source: Grid, fields?: FieldSize): Field[] {
  if (!fields) {
    const inputs = inputsBetween(source, 0, source.height, 0, source.width);
    const all = { inputs, runs: runsOf(inputs) };
    return units.blocks.map(() => all);
  }
  checkCover(units, source, fields);
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
