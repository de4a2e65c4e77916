// A fully connected layer: an island with a memory of its own. What it does, it does for a part of its rows, panels or
// inputs, so that threads can share the work; what passes to the next layer is a batch of normalised, compressed rows.

import type { Build } from '../kernels/features.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Optimizer } from '../recipes/recipe.ts';
import { type LayerPlan, ROW_BYTES, TILE } from './plan.ts';

/** A gradient row that is left out. */
export const SKIP = 0xffffffff;

/**
 * Above this share of inputs that are on, the dense product is faster than the sparse one (measured: bench/kernels.ts).
 * Without fused multiply-add it never is: the product needs one more register than there are.
 */
const DENSE_ABOVE: Record<Build, number> = { relaxed: 0.76, simd: 1 };

/** Below this share, rows touch a panel in so scattered an order that reading it through first is faster (bench/kernels.ts). */
const FETCH_BELOW = 0.3;

export class DenseLayer {
  readonly plan: LayerPlan;
  readonly kernels: Kernels;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
  readonly #denseAbove: number;

  constructor(plan: LayerPlan, kernels: Kernels, memory: WebAssembly.Memory, build: Build) {
    this.#denseAbove = DENSE_ABOVE[build];
    this.plan = plan;
    this.kernels = kernels;
    this.f32 = new Float32Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
  }

  // ----- forward ---------------------------------------------------------------------------------------------------

  /** Cuts input rows `begin` to `end` into blocks of inputs, once they are written. */
  cutRows(begin: number, end: number): void {
    const { at, inputs, blocks } = this.plan;
    this.kernels.cutRows(at.inputCuts, at.inputRows, at.inputEntries, begin, end, inputs, blocks);
  }

  /** The first layer's product with the images alone, into the shared rows. */
  productWithImages(images: number, begin: number, end: number): void {
    const { at, sharedRow, stride, inputs, blocks } = this.plan;
    const shared = at.activity + sharedRow * ROW_BYTES;
    this.#overPanels(this.density(0, images), begin, end, (from, to) =>
      this.kernels.sparseProduct(
        shared,
        at.inputCuts,
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

  /** Whether rows of this density are so full that the dense product is faster. */
  isDense(density: number): boolean {
    return density > this.#denseAbove;
  }

  /** Tiles that hold `count` rows. */
  tiles(count: number): number {
    return Math.ceil(count / TILE);
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
    const { at, stride, inputs, blocks } = this.plan;
    this.#overPanels(density, begin, end, (from, to) =>
      this.kernels.sparseForward(
        at.activity + first * ROW_BYTES,
        at.goodness + first * 4,
        at.inputCuts + first * (blocks + 1) * 4,
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

  /** Normalises rows `begin` to `end` and compresses them into the output. */
  normalize(begin: number, end: number): void {
    const { at, stride, panels, units } = this.plan;
    this.kernels.normalizeRows(
      at.outputRows,
      at.outputEntries,
      at.activity,
      at.goodness,
      begin,
      end,
      stride,
      panels,
      units,
    );
  }

  /** Copies output rows `begin` to `end`, normalised by one call, to the input of the next layer. */
  passTo(next: DenseLayer, begin: number, end: number): void {
    if (begin === end) return;
    const from = this.plan.at;
    const to = next.plan.at;
    next.bytes.set(
      this.bytes.subarray(from.outputRows + begin * 8, from.outputRows + end * 8),
      to.inputRows + begin * 8,
    );
    const rows = from.outputRows >>> 2;
    const first = this.u32[rows + 2 * begin];
    const last = this.u32[rows + 2 * end - 1];
    next.bytes.set(
      this.bytes.subarray(from.outputEntries + first, from.outputEntries + last),
      to.inputEntries + first,
    );
    next.cutRows(begin, end);
  }

  /** Sums the goodness of rows `begin` to `end` over the panels. */
  sumGoodness(begin: number, end: number): void {
    const { at, stride, panels } = this.plan;
    this.kernels.sumGoodness(at.totals, at.goodness, begin, end, stride, 1, panels);
  }

  // ----- learning --------------------------------------------------------------------------------------------------

  /** Moves the running means of the units by the positive rows, the first `images`; `begin` and `end` are panels. */
  updateMeans(images: number, begin: number, end: number): void {
    const { at, stride } = this.plan;
    this.kernels.updateMeans(at.means, at.panelSums, at.activity, begin, end, images, stride, 0.9);
  }

  /**
   * Turns the activity of positive and negative rows into gradient rows, in place; `begin` and `end` are panels.
   * `peer` is the strength of peer normalisation.
   */
  gradientRows(images: number, peer: number, begin: number, end: number): void {
    const { at, stride, panels, units, labels, sharedRow, peerRow } = this.plan;
    const { kernels } = this;
    kernels.goodnessGradient(at.activity, at.coefficients, at.targets, begin, end, 0, images, stride, panels);
    kernels.goodnessGradient(
      at.activity,
      at.coefficients,
      at.targets,
      begin,
      end,
      2 * images,
      3 * images,
      stride,
      panels,
    );
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
        peer,
      );
    }
  }

  /** Lists the batch by input, for inputs `begin` to `end` (the bias is input number `inputs`). */
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
  /** One step of the optimizer for panels `begin` to `end`, at step `time` (from 1) with the schedule's `gain`. */
  step(optimizer: Optimizer, images: number, time: number, gain: number, begin: number, end: number): void {
    const { at, stride, inputs } = this.plan;
    const rate = gain * optimizer.rate;
    if (optimizer.kind === 'momentum') {
      this.kernels.momentumStep(
        at.weights,
        at.first,
        at.columns,
        at.lists,
        at.activity,
        begin,
        end,
        stride,
        inputs,
        1 / images,
        rate,
        optimizer.decay,
        optimizer.momentum,
      );
    } else {
      const { beta1, beta2, epsilon, decay } = optimizer;
      this.kernels.adamStep(
        at.weights,
        at.first,
        at.second,
        at.columns,
        at.lists,
        at.activity,
        begin,
        end,
        stride,
        inputs,
        1 / images,
        rate / (1 - beta1 ** time),
        rate * decay,
        beta1,
        beta2,
        1 / (1 - beta2 ** time),
        epsilon,
      );
    }
  }
}
