// A fully connected layer that multiplies rows two at a time where they are on in nearly the same inputs and that is faster.

import type { Build } from '../../kernels/features.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { ROW_BYTES } from '../../kernels/panels.ts';
import type { WorkShare } from '../../threads/share.ts';
import { DenseLayer } from './dense-layer.ts';
import { type DensePlan, PAIR_ENTRY_BYTES } from './plan.ts';

/**
 * Above these shares of inputs that are on, two rows are faster as a pair (measured: bench/kernels.ts): two versions of one image,
 * which are on in nearly the same inputs, and any two.
 */
const PAIR_VERSIONS_ABOVE = 0.15;
const PAIR_ANY_ABOVE = 0.7;

export class PairedLayer extends DenseLayer {
  /** Builds without fused multiply-add have no product of pairs. */
  readonly #canPair: boolean;

  constructor(plan: DensePlan, kernels: Kernels, memory: WebAssembly.Memory, build: Build) {
    super(plan, kernels, memory);
    this.#canPair = build === 'relaxed' && plan.pairs > 0;
  }

  override forward(first: number, count: number, apart: number, share: WorkShare): void {
    if (!this.#canPair) {
      super.forward(first, count, apart, share);
      return;
    }
    const { panels } = this.plan;
    const [begin, end] = [share.begin(panels), share.end(panels)];
    const density = this.density(first, count);
    const toOther = this.#pairing(count, apart, density);
    if (toOther === 0) {
      this.forwardSparse(first, count, density, begin, end);
      return;
    }
    const paired = count - (count % (2 * toOther));
    this.pairRows(first, paired, toOther, share.begin(toOther), share.end(toOther));
    // All pairs are there, for every panel.
    share.wait();
    this.forwardPairs(first, paired, toOther, density, begin, end);
    if (paired < count) this.forwardSparse(first + paired, count - paired, density, begin, end);
  }

  /** How far apart the two rows of a pair are, or 0 where each row is better alone. */
  #pairing(count: number, apart: number, density: number): number {
    if (count >= 2 * apart && density > PAIR_VERSIONS_ABOVE) return apart;
    return density > PAIR_ANY_ABOVE ? count >>> 1 : 0;
  }

  /**
   * Merges rows `first` … into pairs `apart` from each other. `count` is a multiple of 2 · `apart`; of each such group, this does
   * pairs `begin` to `end`.
   */
  pairRows(first: number, count: number, apart: number, begin: number, end: number): void {
    const { at, inputs, pairBlocks } = this.plan;
    for (let row = 0; row < count; row += 2 * apart) {
      this.kernels.pairRows(
        at.pairCuts + (row / 2) * (pairBlocks + 1) * 4,
        at.pairEntries + (row / 2) * inputs * PAIR_ENTRY_BYTES,
        at.inputRows + (first + row) * 8,
        at.inputEntries,
        begin,
        end,
        apart,
        inputs,
        pairBlocks,
      );
    }
  }

  /** Activities of rows `first` …, once merged, in panels `begin` to `end`: three panels as pairs, what is left over alone. */
  forwardPairs(
    first: number,
    count: number,
    apart: number,
    density: number,
    begin: number,
    end: number,
  ): void {
    const { at, stride, inputs, pairBlocks } = this.plan;
    const border = end - ((end - begin) % 3);
    this.overPanels(density, begin, border, 3, (from, to) => {
      for (let row = 0; row < count; row += 2 * apart) {
        this.kernels.pairForward(
          at.activity + (first + row) * ROW_BYTES,
          at.goodness + (first + row) * 4,
          at.pairCuts + (row / 2) * (pairBlocks + 1) * 4,
          at.pairEntries + (row / 2) * inputs * PAIR_ENTRY_BYTES,
          at.weights,
          from,
          to,
          stride,
          inputs,
          pairBlocks,
          apart,
        );
      }
    });
    this.forwardSparse(first, count, density, border, end);
  }
}
