// The memory of a layer: known to the byte before training, and never moved.

import { InputError } from '../errors.ts';
import { PANEL } from '../kernels/panels.ts';

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
