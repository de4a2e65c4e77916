// A dense layer whose rows begin with the last unit.

import { ROW_BYTES } from '../../../src/kernels/panels.ts';
import { PairedLayer } from '../../../src/layers/dense/paired-layer.ts';

export class MirroredLayer extends PairedLayer {
  override normalize(begin: number, end: number): void {
    super.normalize(begin, end);
    for (let row = begin; row < end; row++) this.#mirror(row);
  }

  /** Turns the entries of a row round, so that their inputs ascend again. */
  #mirror(row: number): void {
    const { u32, f32 } = this;
    const { rows, entries } = this.output;
    let [left, right] = [0, 1].map(side => (entries + u32[(rows >>> 2) + 2 * row + side]) >>> 2);
    for (right -= 2; left <= right; left += 2, right -= 2) {
      [u32[left], u32[right]] = [this.#opposite(u32[right]), this.#opposite(u32[left])];
      [f32[left + 1], f32[right + 1]] = [f32[right + 1], f32[left + 1]];
    }
  }

  #opposite(place: number): number {
    return (this.plan.units - 1) * ROW_BYTES - place;
  }
}
