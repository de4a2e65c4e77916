// A layer: an island with a memory of its own. What it does, it does for a part of its rows, panels or inputs, so that
// threads can share the work; what passes to the next layer is a batch of normalised, compressed rows.
//
// Here is what all kinds of layers have in common; dense.ts and wired.ts say what each computes from which inputs.

import type { Kernels } from '../kernels/kernels.ts';
import type { Optimizer, Recipe } from '../recipes/recipe.ts';
import type { Share } from '../threads/share.ts';
import type { LayerPlan } from './plan.ts';
import type { WiredPlan } from './wiring.ts';

/** Where a step of the optimizer finds what it needs: byte offsets, and how many inputs there are. */
export interface Step {
  readonly weights: number;
  readonly first: number;
  readonly second: number;
  readonly columns: number;
  readonly lists: number;
  readonly gradient: number;
  readonly inputs: number;
}

export abstract class Layer<Plan extends LayerPlan | WiredPlan = LayerPlan | WiredPlan> {
  readonly plan: Plan;
  readonly kernels: Kernels;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;

  constructor(plan: Plan, kernels: Kernels, memory: WebAssembly.Memory) {
    this.plan = plan;
    this.kernels = kernels;
    this.f32 = new Float32Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
  }

  // ----- what differs ------------------------------------------------------------------------------------------------

  /** Does to input rows `begin` to `end`, once they are written, what the product needs. */
  abstract cutRows(begin: number, end: number): void;

  /**
   * States of rows `first` … and their goodness, from the input rows: this thread's share of panels. Rows `apart` from each other
   * are versions of one image; where `apart` is `count`, each is of an image of its own.
   */
  abstract forward(first: number, count: number, apart: number, share: Share): void;

  /**
   * Turns the activity of positive and negative rows into gradient rows, in place; `begin` and `end` are panels.
   * `peer` is the strength of peer normalisation.
   */
  abstract gradientRows(images: number, peer: number, begin: number, end: number): void;

  /** Lists the batch by input, for columns `begin` to `end`: one for each input, the last for the bias. */
  abstract listColumns(images: number, peer: number, begin: number, end: number): void;

  /** One step of the optimizer for panels `begin` to `end`, at step `time` (from 1) with the schedule's `gain`. */
  abstract step(
    recipe: Pick<Recipe, 'optimizer' | 'peer'>,
    images: number,
    time: number,
    gain: number,
    begin: number,
    end: number,
  ): void;

  // ----- forward -----------------------------------------------------------------------------------------------------

  /** Sums the goodness of rows `begin` to `end` over the panels: of all, and of each group. */
  sumGoodness(begin: number, end: number): void {
    const { at, stride, panels, groups } = this.plan;
    const { kernels } = this;
    kernels.sumGoodness(at.totals, at.goodness, begin, end, stride, 1, panels);
    if (groups === 1) return;
    kernels.sumGoodness(at.groupTotals, at.goodness, begin, end, stride, groups, panels / groups);
  }

  /** Normalises rows `begin` to `end` and compresses them into the output. */
  normalize(begin: number, end: number): void {
    const { at, stride, panels, units } = this.plan;
    this.kernels.normalizeRows(
      at.outputRows,
      at.outputEntries,
      at.states,
      at.goodness,
      begin,
      end,
      stride,
      panels,
      units,
    );
  }

  /** Copies output rows `begin` to `end`, normalised by one call, to the input of the next layer. */
  passTo(next: Layer, begin: number, end: number): void {
    if (begin === end) return;
    this.copyOutput(next, next.plan.at.inputRows, next.plan.at.inputEntries, begin, end);
    next.cutRows(begin, end);
  }

  /** Copies output rows `begin` to `end`, normalised by one call, to where another layer keeps `rows` and `entries`. */
  protected copyOutput(to: Layer, rows: number, entries: number, begin: number, end: number): void {
    const { at } = this.plan;
    to.bytes.set(this.bytes.subarray(at.outputRows + begin * 8, at.outputRows + end * 8), rows + begin * 8);
    const pairs = at.outputRows >>> 2;
    const first = this.u32[pairs + 2 * begin];
    const last = this.u32[pairs + 2 * end - 1];
    to.bytes.set(this.bytes.subarray(at.outputEntries + first, at.outputEntries + last), entries + first);
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  /** Moves the running means of the units by the positive rows, the first `images`; `begin` and `end` are panels. */
  updateMeans(images: number, begin: number, end: number): void {
    const { at, stride } = this.plan;
    this.kernels.updateMeans(at.means, at.panelSums, at.states, begin, end, images, stride, 0.9);
  }

  /** Multiplies the activity of positive and negative rows with their coefficients; `begin` and `end` are panels. */
  protected weighRows(images: number, begin: number, end: number): void {
    const { at, stride, panels, groups } = this.plan;
    for (let first = 0; first <= 2 * images; first += 2 * images) {
      this.kernels.goodnessGradient(
        at.activity,
        at.coefficients,
        at.targets,
        begin,
        end,
        first,
        first + images,
        stride,
        panels / groups,
      );
    }
  }

  /** One step of the optimizer for the panels `begin` to `end` of those that `at` points to. */
  protected move(
    optimizer: Optimizer,
    at: Step,
    images: number,
    time: number,
    gain: number,
    begin: number,
    end: number,
  ): void {
    const { weights, first, second, columns, lists, gradient, inputs } = at;
    const { stride } = this.plan;
    const rate = gain * optimizer.rate;
    if (optimizer.kind === 'momentum') {
      this.kernels.momentumStep(
        weights,
        first,
        columns,
        lists,
        gradient,
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
        weights,
        first,
        second,
        columns,
        lists,
        gradient,
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
