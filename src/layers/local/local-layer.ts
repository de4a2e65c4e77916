// A layer of blocks, each with a field of its own in the layer below and, in recurrent networks, in the layer above.
//
// A thread works on one block after the other: it gathers the rows of the block's field out of the layer's into scratch memory of
// its own, and then multiplies them as any fully connected layer does; or, where a field has many short runs, it multiplies what it
// sees in place. So memory stays small, however much the fields overlap, and the result does not depend on who does which block.

import type { Kernels } from '../../kernels/kernels.ts';
import { PANEL, ROW_BYTES } from '../../kernels/panels.ts';
import type { WorkShare } from '../../threads/share.ts';
import type { SparseRows } from '../layer.ts';
import type { Optimizer } from '../optimizer.ts';
import { PanelLayer } from '../panel-layer.ts';
import type { BatchRows } from '../rows.ts';
import { GatheredRows } from './gathered-rows.ts';
import type { BlockPlan, LocalPlan, Side } from './plan.ts';

export class LocalLayer extends PanelLayer<LocalPlan> {
  readonly #gathered: GatheredRows;

  /** For thread number `thread`, which alone uses its scratch memory. */
  constructor(plan: LocalPlan, kernels: Kernels, memory: WebAssembly.Memory, thread: number) {
    super(plan, kernels, memory);
    this.#gathered = new GatheredRows(plan, kernels, this.u32, thread);
  }

  cutRows(begin: number, end: number): void {
    this.#cut('below', begin, end);
  }

  /** Cuts rows `begin` to `end` into panels, where their entries are multiplied where they are. */
  #cut(side: Side, begin: number, end: number): void {
    const { cuts, rows, entries, panels } = this.plan.seen[side];
    if (panels) this.kernels.cutRows(cuts, rows, entries, begin, end, panels * PANEL, panels);
  }

  // ----- forward -----------------------------------------------------------------------------------------------------

  forward(first: number, count: number, _apart: number, share: WorkShare): void {
    this.#product(this.plan.at.states, first, count, share);
  }

  /**
   * Computes rows `first` … and moves their states towards the result, of which they keep the share `damping`; leaves in
   * the activity what of it a step of the weights changes.
   */
  moveStates(first: number, count: number, damping: number, share: WorkShare): void {
    const { at, stride, panels, sharesImages } = this.plan;
    if (sharesImages) this.#addToImages(first, count, share);
    else this.#product(at.activity, first, count, share);
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

  #product(activity: number, first: number, count: number, share: WorkShare): void {
    const { at, stride, seen } = this.plan;
    const { rows, entries } = this.#gathered.at;
    const [isBelowInPlace, isAboveInPlace] = [seen.below.panels > 0, seen.above.panels > 0];
    if (isBelowInPlace || isAboveInPlace) {
      this.#productOfGathered(!isBelowInPlace, !isAboveInPlace, activity, first, count, share);
      if (isBelowInPlace) this.#addInPlace('below', activity, 0, first, count, !isAboveInPlace, share);
      if (isAboveInPlace) this.#addInPlace('above', activity, 0, first, count, true, share);
      return;
    }
    this.#eachPiece(first, count, share, (block, from, pieceRows, begin, end) => {
      this.#gathered.below(block, from, pieceRows);
      this.#gathered.above(block, from, pieceRows);
      const row = block.panel * stride + from;
      this.kernels.sparseForward(
        activity + row * ROW_BYTES,
        at.goodness + row * 4,
        rows,
        entries,
        block.weights,
        begin,
        end,
        pieceRows,
        stride,
        block.inputs,
        1,
      );
    });
  }

  /** The product of what rows `first` … see below, above or both; begins the sums of what is multiplied where it is. */
  #productOfGathered(
    below: boolean,
    above: boolean,
    activity: number,
    first: number,
    count: number,
    share: WorkShare,
  ): void {
    const { rows, entries } = this.#gathered.at;
    const { stride } = this.plan;
    this.#eachPiece(first, count, share, (block, from, pieceRows, begin, end) => {
      if (below) this.#gathered.below(block, from, pieceRows);
      else this.#gathered.clear(block, pieceRows);
      if (above) this.#gathered.above(block, from, pieceRows);
      this.kernels.sparseProduct(
        activity + (block.panel * stride + from) * ROW_BYTES,
        rows,
        entries,
        block.weights,
        begin,
        end,
        pieceRows,
        stride,
        block.inputs,
        1,
      );
    });
  }

  /**
   * Adds to the sums of rows `first` … what they see of a layer, multiplied where it is; with `isLast`, makes activities of
   * them. With `sources`, the sums begin with the product of the image.
   */
  #addInPlace(
    side: Side,
    activity: number,
    sources: number,
    first: number,
    count: number,
    isLast: boolean,
    share: WorkShare,
  ): void {
    const { at, stride, panels, sharedRow } = this.plan;
    const seen = this.plan.seen[side];
    const cuts = seen.cuts + first * seen.cutBytes;
    this.#eachBlock(share.begin(panels), share.end(panels), (block, begin, end) => {
      const spans = block[side];
      if (!spans) return;
      const row = block.panel * stride + first;
      this.kernels.placedForward(
        activity + row * ROW_BYTES,
        at.goodness + row * 4,
        at.activity + (block.panel * stride + sharedRow) * ROW_BYTES,
        sources,
        cuts,
        seen.entries,
        spans.at,
        at.zeros,
        block.weights,
        begin,
        end,
        count,
        stride,
        block.inputs,
        spans.count,
        seen.panels,
        isLast ? 1 : 0,
      );
    });
  }

  productWithImages(first: number, images: number, share: WorkShare): void {
    const { at, sharedRow } = this.plan;
    const shared = at.activity + (sharedRow - first) * ROW_BYTES;
    this.#productOfGathered(true, false, shared, first, images, share);
  }

  /** The activity of rows `first` …: the shared products, each with what it sees above. */
  #addToImages(first: number, count: number, share: WorkShare): void {
    const { at, stride, sharedRow, seen } = this.plan;
    const { rows, entries } = this.#gathered.at;
    if (seen.above.panels) {
      this.#addInPlace('above', at.activity, at.sources + first * 8, first, count, true, share);
      return;
    }
    this.#eachPiece(first, count, share, (block, from, pieceRows, begin, end) => {
      this.#gathered.clear(block, pieceRows);
      this.#gathered.above(block, from, pieceRows);
      const row = block.panel * stride + from;
      this.kernels.sharedForward(
        at.activity + row * ROW_BYTES,
        at.goodness + row * 4,
        at.activity + (block.panel * stride + sharedRow) * ROW_BYTES,
        at.sources + from * 8,
        rows,
        entries,
        block.weights,
        begin,
        end,
        pieceRows,
        stride,
        block.inputs,
      );
    });
  }

  /** Calls `visit` for each block of this thread's share of panels with as many rows as are gathered at once. */
  #eachPiece(
    first: number,
    count: number,
    share: WorkShare,
    visit: (block: BlockPlan, from: number, rows: number, begin: number, end: number) => void,
  ): void {
    const { panels } = this.plan;
    this.#eachBlock(share.begin(panels), share.end(panels), (block, begin, end) => {
      for (let from = first; from < first + count; from += block.rowsAtOnce) {
        visit(block, from, Math.min(block.rowsAtOnce, first + count - from), begin, end);
      }
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

  // ----- the layer above ---------------------------------------------------------------------------------------------

  /** Takes rows `begin` to `end` of what the layer above hands on, normalised by one call. */
  acceptAbove(from: SparseRows, begin: number, end: number): void {
    const { rows, entries } = this.plan.seen.above;
    this.copyRows(from, rows, entries, begin, end);
    this.#cut('above', begin, end);
  }

  /** Makes rows `begin` to `end` see nothing of the layer above. */
  clearAbove(begin: number, end: number): void {
    const { rows, cuts, cutBytes } = this.plan.seen.above;
    this.bytes.fill(0, rows + begin * 8, rows + end * 8);
    this.bytes.fill(0, cuts + begin * cutBytes, cuts + end * cutBytes);
  }

  /** Makes row `row` see the label `label` above, with the value `strength`. */
  writeLabel(row: number, label: number, strength: number): void {
    const { rows, entries, capacity } = this.plan.seen.above;
    const begin = row * capacity * 8;
    const entry = (entries + begin) >>> 2;
    this.u32[entry] = label * ROW_BYTES;
    this.f32[entry + 1] = strength;
    this.u32[(rows >>> 2) + 2 * row] = begin;
    this.u32[(rows >>> 2) + 2 * row + 1] = begin + 8;
  }

  /** Makes row `row` see image `image` of those that the shared rows are products with. */
  writeSource(row: number, image: number): void {
    const source = (this.plan.at.sources >>> 2) + 2 * row;
    this.u32[source] = image;
    this.f32[source + 1] = 1;
  }

  /** Makes row `to` see on one side what row `from` sees there. */
  repeatSeen(side: Side, from: number, to: number): void {
    const { rows, cuts, cutBytes } = this.plan.seen[side];
    this.bytes.copyWithin(rows + to * 8, rows + from * 8, rows + (from + 1) * 8);
    this.bytes.copyWithin(cuts + to * cutBytes, cuts + from * cutBytes, cuts + (from + 1) * cutBytes);
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

  // Block by block, because each has padding of its own.
  protected peerRows(strength: number, begin: number, end: number): void {
    const { at, stride, panels, units, peerRow } = this.plan;
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
        strength,
      );
    });
  }

  // By columns: one for each input below and above, the last for the bias.
  listColumns(rows: BatchRows, peer: number, share: WorkShare): void {
    const { at, inputs, columns, columnCapacity, sharesImages, sharedRow, peerRow } = this.plan;
    const [begin, end] = [share.begin(columns), share.end(columns)];
    const { below, above } = this.plan.seen;
    const { kernels } = this;
    const { images } = rows;
    const bias = columns - 1;
    const columnsAbove = at.columns + inputs * 8;
    const [from, to] = [begin, end].map(k => Math.min(Math.max(k - inputs, 0), bias - inputs));
    const appendBelow = (row: number, target: number) =>
      kernels.appendRows(
        at.columns,
        at.lists,
        below.rows + row * 8,
        below.entries,
        at.targets + target * 4,
        begin,
        end,
        images,
        bias,
        1,
      );

    kernels.clearColumns(at.columns, begin, end, columnCapacity);
    // The rows that share an image see it in its neutral row.
    if (sharesImages) appendBelow(rows.read, sharedRow);
    else for (const first of rows.learned) appendBelow(first, first);
    if (from < to) {
      for (const first of rows.learned) {
        kernels.appendRows(
          columnsAbove,
          at.lists,
          above.rows + first * 8,
          above.entries,
          at.targets + first * 4,
          from,
          to,
          images,
          bias,
          0,
        );
      }
    }
    if (!peer) return;
    const first = rows.first('positive') * 8;
    const seen = below.rows + (sharesImages ? rows.read * 8 : first);
    kernels.sumRows(at.sums, seen, below.entries, begin, end, images, bias, 1);
    if (from < to) {
      kernels.sumRows(at.sums + inputs * 4, above.rows + first, above.entries, from, to, images, bias, 0);
    }
    kernels.appendSums(at.columns, at.lists, at.sums, begin, end, peerRow);
  }

  step(optimizer: Optimizer, rate: number, images: number, time: number, share: WorkShare): void {
    const { at, stride, panels } = this.plan;
    this.#eachBlock(share.begin(panels), share.end(panels), (block, from, to) => {
      const { weights, first, second, masks, inputs, panel } = block;
      const gradient = at.activity + panel * stride * ROW_BYTES;
      const columns = this.#gathered.columns(block);
      const place = { weights, first, second, columns, lists: at.lists, gradient, inputs, stride };
      this.stepPanels(optimizer, place, rate, images, time, from, to);
      if (masks) this.kernels.maskWeights(weights, masks, from, to, inputs);
    });
  }
}
