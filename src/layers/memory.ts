// The memory of a layer: known to the byte before training, and never moved. Units lie in panels of 32, and every array of theirs
// is (panels, rows, 32).

import { InputError } from '../errors.ts';

/** Units in a panel: eight vectors of four. */
export const PANEL = 32;

/** A gradient row that is left out. */
export const SKIP = 0xffffffff;

/** Bytes of a panel's row: one input's weights, or one row's activities, of its units. */
export const ROW_BYTES = PANEL * 4;

const LARGEST = 65536 * 65536;

/** Panels that hold `units`. */
export function panelsOf(units: number): number {
  return Math.ceil(units / PANEL);
}

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
    // What lies behind the last region must have an address, too: at 4 GiB it would be 0.
    if (this.bytes >= LARGEST) {
      throw new InputError(
        `${what} needs ${(this.bytes / 2 ** 30).toFixed(1)} GiB, and a layer's memory ends at 4 GiB: use fewer units`,
      );
    }
    return Math.ceil(this.bytes / 65536);
  }
}
