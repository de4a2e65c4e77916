// A layer of blocks, each with a field of its own in the layer below and, in recurrent networks, in the layer above.
//
// A thread works on one block after the other: it picks the rows of the block's field out of the layer's into scratch
// memory of its own, and then does what any fully connected layer does. So memory stays small, however much the fields
// overlap, and the result does not depend on who does which block.

import type { Kernels } from '../kernels/kernels.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { Share } from '../threads/share.ts';
import { Layer } from './layer.ts';
import { PANEL, ROW_BYTES } from './plan.ts';
import type { BlockPlan, WiredPlan } from './wiring.ts';

export class WiredLayer extends Layer<WiredPlan> {
  readonly #scratch: WiredPlan['scratch'][number];

  /** For thread number `thread`, which alone uses its scratch memory. */
  constructor(plan: WiredPlan, kernels: Kernels, memory: WebAssembly.Memory, thread: number) {
    super(plan, kernels, memory);
    this.#scratch = plan.scratch[thread];
  }

  /** Nothing: the product cuts the rows of each field itself. */
  cutRows(): void {}

  // ----- forward -----------------------------------------------------------------------------------------------------

  forward(first: number, count: number, share: Share): void {
    this.#product(this.plan.at.states, first, count, share);
  }

  /**
   * Computes rows `first` … and moves their states towards the result, of which they keep the share `damping`; leaves in
   * the activity what of it a step of the weights changes.
   */
  moveStates(first: number, count: number, damping: number, share: Share): void {
    const { at, stride, panels } = this.plan;
    this.#product(at.activity, first, count, share);
    const row = first * ROW_BYTES;
    this.kernels.dampStates(
      at.states + row,
      at.goodness + first * 4,
      at.activity + row,
      share.begin(panels),
      share.end(panels),
      count,
      stride,
      damping,
    );
  }

  #product(activity: number, first: number, count: number, share: Share): void {
    const { at, stride, panels } = this.plan;
    const { rows, entries, cuts } = this.#scratch;
    this.#eachBlock(share.begin(panels), share.end(panels), (block, begin, end) => {
      const { inputs, cacheBlocks, weights, panel } = block;
      this.#gather(block, first, first + count);
      this.kernels.cutRows(cuts, rows, entries, first, first + count, inputs, cacheBlocks);
      const row = panel * stride + first;
      this.kernels.sparseForward(
        activity + row * ROW_BYTES,
        at.goodness + row * 4,
        cuts + first * (cacheBlocks + 1) * 4,
        entries,
        weights,
        begin,
        end,
        count,
        stride,
        inputs,
        cacheBlocks,
      );
    });
  }

  /** Calls `visit` for each block with panels from `begin` to `end`, and with which of the block's these are. */
  #eachBlock(
    begin: number,
    end: number,
    visit: (block: BlockPlan, begin: number, end: number) => void,
  ): void {
    for (const block of this.plan.blocks) {
      const from = Math.max(begin - block.panel, 0);
      const to = Math.min(end - block.panel, block.panels);
      if (from < to) visit(block, from, to);
    }
  }

  /** Picks rows `begin` to `end` of a block's field. */
  #gather(block: BlockPlan, begin: number, end: number): void {
    const { at, above } = this.plan;
    const { rows, entries } = this.#scratch;
    const { inputs, belowInputs, belowRuns, belowRunCount, aboveRuns, aboveRunCount } = block;
    this.kernels.gatherRows(
      rows,
      entries,
      at.inputRows,
      at.inputEntries,
      belowRuns,
      begin,
      end,
      belowRunCount,
      inputs,
      0,
    );
    if (!above) return;
    this.kernels.gatherRows(
      rows,
      entries,
      at.aboveRows,
      at.aboveEntries,
      aboveRuns,
      begin,
      end,
      aboveRunCount,
      inputs,
      belowInputs,
    );
  }

  // ----- the layer above ---------------------------------------------------------------------------------------------

  /** Copies output rows `begin` to `end`, normalised by one call, to the layer below. */
  passDown(below: WiredLayer, begin: number, end: number): void {
    if (begin === end) return;
    this.copyOutput(below, below.plan.at.aboveRows, below.plan.at.aboveEntries, begin, end);
  }

  /** Makes rows `begin` to `end` see nothing of the layer above. */
  clearAbove(begin: number, end: number): void {
    const rows = this.plan.at.aboveRows >>> 2;
    this.u32.fill(0, rows + 2 * begin, rows + 2 * end);
  }

  /** Makes row `row` see the label `label` above, with the value `strength`. */
  writeLabel(row: number, label: number, strength: number): void {
    const { at, aboveCapacity } = this.plan;
    const begin = row * aboveCapacity * 8;
    const entry = (at.aboveEntries + begin) >>> 2;
    this.u32[entry] = label * ROW_BYTES;
    this.f32[entry + 1] = strength;
    this.u32[(at.aboveRows >>> 2) + 2 * row] = begin;
    this.u32[(at.aboveRows >>> 2) + 2 * row + 1] = begin + 8;
  }

  /** Makes `count` rows from `to` see below what those from `from` see there. */
  repeatBelow(from: number, to: number, count: number): void {
    this.#repeat(this.plan.at.inputRows, from, to, count);
  }

  /** The same for the layer above. */
  repeatAbove(from: number, to: number, count: number): void {
    this.#repeat(this.plan.at.aboveRows, from, to, count);
  }

  #repeat(rows: number, from: number, to: number, count: number): void {
    this.bytes.copyWithin(rows + to * 8, rows + from * 8, rows + (from + count) * 8);
  }

  /** Copies the states of `count` rows from `from` to those from `to`; `begin` and `end` are panels. */
  repeatStates(from: number, to: number, count: number, begin: number, end: number): void {
    const { at, stride } = this.plan;
    for (let panel = begin; panel < end; panel++) {
      const states = at.states + panel * stride * ROW_BYTES;
      const first = states + from * ROW_BYTES;
      this.bytes.copyWithin(states + to * ROW_BYTES, first, first + count * ROW_BYTES);
    }
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  gradientRows(images: number, peer: number, begin: number, end: number): void {
    this.weighRows(images, begin, end);
    if (!peer) return;
    const { at, stride, panels, units, peerRow } = this.plan;
    // Block by block, because each has padding of its own.
    this.#eachBlock(begin, end, (block, from, to) => {
      this.kernels.peerGradient(
        at.activity + block.panel * stride * ROW_BYTES,
        at.means + block.panel * PANEL * 4,
        at.panelSums,
        from,
        to,
        peerRow,
        stride,
        panels,
        units,
        block.units,
        peer,
      );
    });
  }

  /** Nothing: a step lists the columns of each field itself. */
  listColumns(): void {}

  step(
    { optimizer, peer }: Pick<Recipe, 'optimizer' | 'peer'>,
    images: number,
    time: number,
    gain: number,
    begin: number,
    end: number,
  ): void {
    const { at, stride } = this.plan;
    const { columns, lists } = this.#scratch;
    this.#eachBlock(begin, end, (block, from, to) => {
      const { weights, first, second, masks, inputs, panel } = block;
      this.#gather(block, 0, images);
      this.#gather(block, 2 * images, 3 * images);
      this.#list(inputs, images, peer);
      const gradient = at.activity + panel * stride * ROW_BYTES;
      const step = { weights, first, second, columns, lists, gradient, inputs };
      this.move(optimizer, step, images, time, gain, from, to);
      if (masks) this.kernels.maskWeights(weights, masks, from, to, inputs);
    });
  }

  /** Lists the rows in scratch memory by input. */
  #list(inputs: number, images: number, peer: number): void {
    const { at, columnCapacity, peerRow } = this.plan;
    const { rows, entries, columns, lists, sums } = this.#scratch;
    const { kernels } = this;
    const beyond = inputs + 1;
    kernels.clearColumns(columns, 0, beyond, columnCapacity);
    // Those between positive and negative rows are not picked, and their targets say so.
    kernels.appendRows(columns, lists, rows, entries, at.targets, 0, beyond, 3 * images, inputs, 1);
    if (peer) {
      kernels.sumRows(sums, rows, entries, 0, beyond, images, inputs, 1);
      kernels.appendSums(columns, lists, sums, 0, beyond, peerRow);
    }
  }
}
