// A fully connected layer, which sees all of the layer below: the fast path of feedforward networks.

import { ROW_BYTES } from '../../kernels/panels.ts';
import type { WorkShare } from '../../threads/share.ts';
import type { Optimizer } from '../optimizer.ts';
import { PanelLayer } from '../panel-layer.ts';
import type { BatchRows } from '../rows.ts';
import type { DensePlan } from './plan.ts';

/** Below this share, rows touch a panel in so scattered an order that reading it through first is faster (bench/kernels.ts). */
const FETCH_BELOW = 0.45;

/**
 * Below this share, too few entries of a row fall into a block of inputs to pay for the visit: rows go through a panel whole,
 * which the second-level cache holds (bench/kernels.ts).
 */
const WHOLE_BELOW = 0.15;

export class DenseLayer extends PanelLayer<DensePlan> {
  // ----- forward ---------------------------------------------------------------------------------------------------

  /** Cuts input rows `begin` to `end` into blocks of inputs, once they are written. */
  cutRows(begin: number, end: number): void {
    const { at, inputs, blocks } = this.plan;
    this.kernels.cutRows(at.inputCuts, at.inputRows, at.inputEntries, begin, end, inputs, blocks);
  }

  forward(first: number, count: number, _apart: number, share: WorkShare): void {
    const { panels, labels } = this.plan;
    const [begin, end] = [share.begin(panels), share.end(panels)];
    if (labels) {
      this.#forwardLabelled(first, count, begin, end);
      return;
    }
    this.forwardSparse(first, count, this.density(first, count), begin, end);
  }

  productWithImages(first: number, images: number, share: WorkShare): void {
    const { at, sharedRow, stride, inputs, panels } = this.plan;
    const shared = at.activity + sharedRow * ROW_BYTES;
    const density = this.density(first, images);
    const blocks = this.#blocks(density);
    this.overPanels(density, share.begin(panels), share.end(panels), 1, (from, to) =>
      this.kernels.sparseProduct(
        shared,
        this.#cuts(blocks) + first * (blocks + 1) * 4,
        at.inputEntries,
        at.weights,
        from,
        to,
        images,
        stride,
        inputs,
        blocks,
      ),
    );
  }

  /** Into how many blocks of inputs the sparse product cuts rows. */
  #blocks(density: number): number {
    return density < WHOLE_BELOW ? 1 : this.plan.blocks;
  }

  /** Where the cuts of input rows into `blocks` are: a row itself is its cut into one. */
  #cuts(blocks: number): number {
    const { at } = this.plan;
    return blocks === 1 ? at.inputRows : at.inputCuts;
  }

  /** A product over panels `begin` to `end`, `width` at a time, each read through first where rows are of so low a density. */
  protected overPanels(
    density: number,
    begin: number,
    end: number,
    width: number,
    product: (from: number, to: number) => void,
  ): void {
    if (density >= FETCH_BELOW) {
      product(begin, end);
      return;
    }
    const { at, inputs } = this.plan;
    for (let panel = begin; panel < end; panel += width) {
      this.kernels.fetchPanels(at.seen, at.weights, panel, panel + width, inputs);
      product(panel, panel + width);
    }
  }

  /** The first layer's rows `first` …: the shared product, each with its own label. */
  #forwardLabelled(first: number, count: number, begin: number, end: number): void {
    const { at, sharedRow, stride, inputs } = this.plan;
    this.kernels.sharedForward(
      at.activity + first * ROW_BYTES,
      at.goodness + first * 4,
      at.activity + sharedRow * ROW_BYTES,
      at.sources + first * 8,
      at.labelRows + first * 8,
      at.labelEntries,
      at.weights,
      begin,
      end,
      count,
      stride,
      inputs,
    );
  }

  /** The share of inputs that are on in rows `first` …; the same on every thread. */
  density(first: number, count: number): number {
    const rows = (this.plan.at.inputRows >>> 2) + 2 * first;
    let bytes = 0;
    for (let row = rows; row < rows + 2 * count; row += 2) bytes += this.u32[row + 1] - this.u32[row];
    return bytes / (8 * count * this.plan.inputs);
  }

  forwardSparse(first: number, count: number, density: number, begin: number, end: number): void {
    const { at, stride, inputs } = this.plan;
    const blocks = this.#blocks(density);
    this.overPanels(density, begin, end, 1, (from, to) =>
      this.kernels.sparseForward(
        at.activity + first * ROW_BYTES,
        at.goodness + first * 4,
        this.#cuts(blocks) + first * (blocks + 1) * 4,
        at.inputEntries,
        at.weights,
        from,
        to,
        count,
        stride,
        inputs,
        blocks,
      ),
    );
  }

  // ----- learning --------------------------------------------------------------------------------------------------

  protected peerRows(strength: number, begin: number, end: number): void {
    const { at, stride, panels, units, peerRow } = this.plan;
    const { activity, means, panelSums } = at;
    this.kernels.peerGradient(
      activity,
      means,
      panelSums,
      begin,
      end,
      peerRow,
      stride,
      panels,
      units,
      units,
      strength,
    );
  }

  // By columns: one for each input, the last for the bias.
  listColumns(rows: BatchRows, peer: number, share: WorkShare): void {
    const [begin, end] = [share.begin(this.plan.columns), share.end(this.plan.columns)];
    const { at, inputs, labels, columnCapacity, sharedRow, peerRow } = this.plan;
    const { kernels } = this;
    const { images } = rows;
    kernels.clearColumns(at.columns, begin, end, columnCapacity);
    for (const first of rows.learned) {
      const from = (labels ? at.labelRows : at.inputRows) + first * 8;
      const entries = labels ? at.labelEntries : at.inputEntries;
      this.#append(from, entries, first, images, begin, end, labels ? 0 : 1);
    }
    if (labels) this.#append(at.inputRows, at.inputEntries, sharedRow, images, begin, end, 1);
    if (!peer) return;
    const first = rows.first('positive') * 8;
    const inputRows = at.inputRows + (labels ? 0 : first);
    kernels.sumRows(at.sums, inputRows, at.inputEntries, begin, end, images, inputs, 1);
    if (labels) {
      kernels.sumRows(at.sums, at.labelRows + first, at.labelEntries, begin, end, images, inputs, 0);
    }
    kernels.appendSums(at.columns, at.lists, at.sums, begin, end, peerRow);
  }

  /** Appends rows, whose gradient rows begin at `target`, to the columns. */
  #append(
    rows: number,
    entries: number,
    target: number,
    count: number,
    begin: number,
    end: number,
    withBias: number,
  ): void {
    const { at, inputs } = this.plan;
    const { columns, lists } = at;
    const targets = at.targets + target * 4;
    this.kernels.appendRows(columns, lists, rows, entries, targets, begin, end, count, inputs, withBias);
  }

  step(optimizer: Optimizer, rate: number, images: number, time: number, share: WorkShare): void {
    const { at, inputs, stride, panels } = this.plan;
    const { weights, first, second, columns, lists, activity: gradient } = at;
    const place = { weights, first, second, columns, lists, gradient, inputs, stride };
    this.stepPanels(optimizer, place, rate, images, time, share.begin(panels), share.end(panels));
  }
}
