// A fully connected layer, which sees all of the layer below: the fast path of feedforward networks.

import type { Build } from '../kernels/features.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { Share } from '../threads/share.ts';
import { Layer } from './layer.ts';
import { type LayerPlan, ROW_BYTES, TILE } from './plan.ts';

/**
 * Above this share of inputs that are on, the dense product is faster than the sparse one (measured: bench/kernels.ts).
 * Without fused multiply-add it never is: the product needs one more register than there are.
 */
const DENSE_ABOVE: Record<Build, number> = { relaxed: 0.76, simd: 1 };

/** Below this share, rows touch a panel in so scattered an order that reading it through first is faster (bench/kernels.ts). */
const FETCH_BELOW = 0.45;

/**
 * Below this share, too few entries of a row fall into a block of inputs to pay for the visit: rows go through a panel whole,
 * which the second-level cache holds (bench/kernels.ts).
 */
const WHOLE_BELOW = 0.15;

export class DenseLayer extends Layer<LayerPlan> {
  readonly #denseAbove: number;

  constructor(plan: LayerPlan, kernels: Kernels, memory: WebAssembly.Memory, build: Build) {
    super(plan, kernels, memory);
    this.#denseAbove = DENSE_ABOVE[build];
  }

  // ----- forward ---------------------------------------------------------------------------------------------------

  /** Cuts input rows `begin` to `end` into blocks of inputs, once they are written. */
  cutRows(begin: number, end: number): void {
    const { at, inputs, blocks } = this.plan;
    this.kernels.cutRows(at.inputCuts, at.inputRows, at.inputEntries, begin, end, inputs, blocks);
  }

  forward(first: number, count: number, share: Share): void {
    const { panels, labels } = this.plan;
    const [begin, end] = [share.begin(panels), share.end(panels)];
    if (labels) {
      this.forwardLabelled(first, count, begin, end);
      return;
    }
    const density = this.density(first, count);
    if (density > this.#denseAbove) {
      const tiles = Math.ceil(count / TILE);
      this.pack(first, count, share.begin(tiles), share.end(tiles));
      share.wait();
      this.forwardDense(first, count, begin, end);
    } else {
      this.forwardSparse(first, count, density, begin, end);
    }
  }

  /** The first layer's product with the images alone, into the shared rows. */
  productWithImages(images: number, begin: number, end: number): void {
    const { at, sharedRow, stride, inputs } = this.plan;
    const shared = at.activity + sharedRow * ROW_BYTES;
    const density = this.density(0, images);
    const blocks = this.#blocks(density);
    this.#overPanels(density, begin, end, (from, to) =>
      this.kernels.sparseProduct(
        shared,
        this.#cuts(blocks),
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

  /** A sparse product over panels `begin` to `end`, each read through first where rows are of so low a density. */
  #overPanels(
    density: number,
    begin: number,
    end: number,
    product: (from: number, to: number) => void,
  ): void {
    if (density >= FETCH_BELOW) {
      product(begin, end);
      return;
    }
    const { at, inputs } = this.plan;
    for (let panel = begin; panel < end; panel++) {
      this.kernels.fetchPanels(at.seen, at.weights, panel, panel + 1, inputs);
      product(panel, panel + 1);
    }
  }

  /** The first layer's rows `first` …: the shared product, each with its own label. */
  forwardLabelled(first: number, count: number, begin: number, end: number): void {
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

  /** Spreads rows `first` … for the dense product; `begin` and `end` are tiles. */
  pack(first: number, count: number, begin: number, end: number): void {
    const { at, inputs } = this.plan;
    this.kernels.packRows(at.tiles, at.inputRows + first * 8, at.inputEntries, begin, end, count, inputs);
  }

  forwardDense(first: number, count: number, begin: number, end: number): void {
    const { at, stride, inputs } = this.plan;
    this.kernels.denseForward(
      at.activity + first * ROW_BYTES,
      at.goodness + first * 4,
      at.tiles,
      at.weights,
      begin,
      end,
      count,
      stride,
      inputs,
    );
  }

  forwardSparse(first: number, count: number, density: number, begin: number, end: number): void {
    const { at, stride, inputs } = this.plan;
    const blocks = this.#blocks(density);
    this.#overPanels(density, begin, end, (from, to) =>
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

  gradientRows(images: number, peer: number, begin: number, end: number): void {
    const { at, stride, panels, units, labels, sharedRow, peerRow } = this.plan;
    const { kernels } = this;
    this.weighRows(images, begin, end);
    if (labels) {
      kernels.addGradients(at.activity, at.targets, begin, end, images, stride, 0, 2 * images, sharedRow);
    }
    if (peer) {
      kernels.peerGradient(
        at.activity,
        at.means,
        at.panelSums,
        begin,
        end,
        peerRow,
        stride,
        panels,
        units,
        units,
        peer,
      );
    }
  }

  listColumns(images: number, peer: number, begin: number, end: number): void {
    const { at, inputs, labels, columnCapacity, sharedRow, peerRow } = this.plan;
    const { kernels } = this;
    kernels.clearColumns(at.columns, begin, end, columnCapacity);
    const shared = at.targets + sharedRow * 4;
    if (labels) {
      kernels.appendRows(
        at.columns,
        at.lists,
        at.labelRows,
        at.labelEntries,
        at.targets,
        begin,
        end,
        images,
        inputs,
        0,
      );
      kernels.appendRows(
        at.columns,
        at.lists,
        at.labelRows + 2 * images * 8,
        at.labelEntries,
        at.targets + 2 * images * 4,
        begin,
        end,
        images,
        inputs,
        0,
      );
      kernels.appendRows(
        at.columns,
        at.lists,
        at.inputRows,
        at.inputEntries,
        shared,
        begin,
        end,
        images,
        inputs,
        1,
      );
    } else {
      kernels.appendRows(
        at.columns,
        at.lists,
        at.inputRows,
        at.inputEntries,
        at.targets,
        begin,
        end,
        3 * images,
        inputs,
        1,
      );
    }
    if (peer) {
      kernels.sumRows(at.sums, at.inputRows, at.inputEntries, begin, end, images, inputs, 1);
      if (labels) kernels.sumRows(at.sums, at.labelRows, at.labelEntries, begin, end, images, inputs, 0);
      kernels.appendSums(at.columns, at.lists, at.sums, begin, end, peerRow);
    }
  }

  step(
    { optimizer }: Pick<Recipe, 'optimizer'>,
    images: number,
    time: number,
    gain: number,
    begin: number,
    end: number,
  ): void {
    const { at, inputs } = this.plan;
    const { weights, first, second, columns, lists, activity: gradient } = at;
    const from = { weights, first, second, columns, lists, gradient, inputs };
    this.move(optimizer, from, images, time, gain, begin, end);
  }
}
