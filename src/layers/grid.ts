// Where the values of a grid are among the inputs of a layer, which numbers kernels count: unit u of panel p is input 32 · p + u of
// the next layer, and panels that are not full leave gaps.

import { PANEL } from '../kernels/panels.ts';
import { panelsOf } from './memory.ts';
import type { Source } from './plan.ts';
import type { Shape } from './shape.ts';

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
  const { side, across, panels, count } = blocksOf({ height, width, channels });
  const blocks = Array.from({ length: count }, (_, b): Block => {
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

/** The blocks of a grid of units: positions of one each way, blocks in a row, panels of one, and how many there are. */
export function blocksOf({ height, width, channels }: Shape) {
  const side = Math.max(1, Math.floor(Math.sqrt(PANEL / channels)));
  const across = Math.ceil(width / side);
  return { side, across, panels: panelsOf(side * side * channels), count: Math.ceil(height / side) * across };
}

/** Units of a block, without the padding of its last panel. */
export function unitsOf({ channels }: Grid, { height, width }: Block): number {
  return height * width * channels;
}

/** Where the values of what a layer sees are among its inputs. */
export function sourceGrid({ height, width, channels, isImage }: Source): Grid {
  return isImage ? imageGrid(height, width, channels) : unitGrid(height, width, channels);
}

/** Where each value of a grid is among the inputs of a layer, position by position. */
export function placesOf({ height, width, channels, index }: Grid): Uint32Array {
  return Uint32Array.from({ length: height * width * channels }, (_, i) => {
    const position = Math.floor(i / channels);
    return index(Math.floor(position / width), position % width, i % channels);
  });
}

/** Which inputs of the layer above the units on a grid are, ascending; undefined where there are no gaps between them. */
export function inputOrder({ height, width, channels }: Shape): Uint32Array | undefined {
  const order = placesOf(unitGrid(height, width, channels)).sort();
  return order[order.length - 1] === order.length - 1 ? undefined : order;
}
