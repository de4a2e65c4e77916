// A layer: an island with a memory of its own. What it does, it does for a part of its rows, panels or inputs, so that threads can
// share the work. What passes between layers is a batch of normalised, compressed rows, handed over by the schedule.
//
// Here is what all kinds of layers have in common; the folders beside this file say what each computes from which inputs.

import type { Kernels } from '../kernels/kernels.ts';
import type { WorkShare } from '../threads/share.ts';
import { ROW_BYTES } from './memory.ts';
import type { Optimizer } from './optimizer.ts';
import type { LayerPlan } from './plan.ts';
import type { BatchRows } from './rows.ts';

/** Compressed rows: what is not zero of them, as kernels take it. Byte offsets into `bytes`. */
export interface SparseRows {
  readonly bytes: Uint8Array;
  readonly u32: Uint32Array;
  /** (rows): u32 begin and end of each row, in bytes from `entries`. */
  readonly rows: number;
  /** u32 input · 128, f32 value. */
  readonly entries: number;
}

/** Where a step of the optimizer finds what it needs: byte offsets, and how many inputs there are. */
export interface StepPlace {
  readonly weights: number;
  readonly first: number;
  readonly second: number;
  readonly columns: number;
  readonly lists: number;
  readonly gradient: number;
  readonly inputs: number;
  /** Rows between the gradients of two panels. */
  readonly stride: number;
}

export abstract class Layer<Plan extends LayerPlan = LayerPlan> {
  readonly plan: Plan;
  readonly kernels: Kernels;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
  /** What it hands on, once `normalize` has written it. */
  readonly output: SparseRows;

  constructor(plan: Plan, kernels: Kernels, memory: WebAssembly.Memory) {
    this.plan = plan;
    this.kernels = kernels;
    this.f32 = new Float32Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    const { outputRows: rows, outputEntries: entries } = plan.at;
    this.output = { bytes: this.bytes, u32: this.u32, rows, entries };
  }

  // ----- what differs ------------------------------------------------------------------------------------------------

  /** Does to input rows `begin` to `end`, once they are written, what the product needs. */
  abstract cutRows(begin: number, end: number): void;

  /**
   * States of rows `first` … and their goodness, from the input rows: this thread's share of panels. Rows `apart` from each other
   * are versions of one image; where `apart` is `count`, each is of an image of its own.
   */
  abstract forward(first: number, count: number, apart: number, share: WorkShare): void;

  /** The product of the images alone, which rows `first` … see, into the shared rows: this thread's share of panels. */
  abstract productWithImages(first: number, images: number, share: WorkShare): void;

  /** Adds to the gradient rows of panels `begin` to `end` what peer normalisation of a `strength` above 0 asks for. */
  protected abstract peerRows(strength: number, begin: number, end: number): void;

  /**
   * Lists the rows by input, for columns `begin` to `end`: one for each input, the last for the bias. With `peer`, the strength of
   * peer normalisation, its row, too.
   */
  abstract listColumns(rows: BatchRows, peer: number, begin: number, end: number): void;

  /** One step of the optimizer for panels `begin` to `end` at step `time` (from 1) of a batch of `images`, at `rate`. */
  abstract step(
    optimizer: Optimizer,
    rate: number,
    images: number,
    time: number,
    begin: number,
    end: number,
  ): void;

  // ----- forward -----------------------------------------------------------------------------------------------------

  /** Takes rows `begin` to `end` of what the layer below hands on, normalised by one call. */
  accept(from: SparseRows, begin: number, end: number): void {
    const { inputRows, inputEntries } = this.plan.at;
    this.copyRows(from, inputRows, inputEntries, begin, end);
    this.cutRows(begin, end);
  }

  /** Copies rows `begin` to `end`, normalised by one call, to where this layer keeps `rows` and `entries`. */
  protected copyRows(from: SparseRows, rows: number, entries: number, begin: number, end: number): void {
    if (begin === end) return;
    const { bytes } = from;
    this.bytes.set(bytes.subarray(from.rows + begin * 8, from.rows + end * 8), rows + begin * 8);
    const pairs = from.rows >>> 2;
    const first = from.u32[pairs + 2 * begin];
    const last = from.u32[pairs + 2 * end - 1];
    this.bytes.set(bytes.subarray(from.entries + first, from.entries + last), entries + first);
  }

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
    const { outputRows, outputEntries, states, goodness } = at;
    this.kernels.normalizeRows(
      outputRows,
      outputEntries,
      states,
      goodness,
      begin,
      end,
      stride,
      panels,
      units,
    );
  }

  /** Compresses rows `begin` to `end` into the output as they are. */
  compress(begin: number, end: number): void {
    const { at, stride, panels } = this.plan;
    this.kernels.compressRows(at.outputRows, at.outputEntries, at.activity, begin, end, stride, panels, 0);
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  /** Moves the running means of the units by the positive rows; `begin` and `end` are panels. */
  updateMeans(rows: BatchRows, begin: number, end: number): void {
    const { at, stride } = this.plan;
    const states = at.states + rows.first('positive') * ROW_BYTES;
    this.kernels.updateMeans(at.means, at.panelSums, states, begin, end, rows.images, stride, 0.9);
  }

  /**
   * Turns the activity of positive and negative rows into gradient rows, in place, by the coefficients of their groups; `begin` and
   * `end` are panels. `peer` is the strength of peer normalisation.
   */
  gradientRows(rows: BatchRows, peer: number, begin: number, end: number): void {
    const { at, stride, panels, groups, sharesImages, sharedRow } = this.plan;
    const { kernels } = this;
    const { images } = rows;
    const [positive, negative] = [rows.first('positive'), rows.first('negative')];
    for (const first of [positive, negative]) {
      const last = first + images;
      const { activity, coefficients, targets } = at;
      kernels.goodnessGradient(
        activity,
        coefficients,
        targets,
        begin,
        end,
        first,
        last,
        stride,
        panels / groups,
      );
    }
    if (sharesImages) {
      kernels.addGradients(
        at.activity,
        at.targets,
        begin,
        end,
        images,
        stride,
        positive,
        negative,
        sharedRow,
      );
    }
    if (peer) this.peerRows(peer, begin, end);
  }

  /** One step of the optimizer for panels `begin` to `end` of those at a place. */
  stepPanels(
    optimizer: Optimizer,
    place: StepPlace,
    rate: number,
    images: number,
    time: number,
    begin: number,
    end: number,
  ): void {
    const { weights, first, second, columns, lists, gradient, inputs, stride } = place;
    if (optimizer.kind === 'momentum') {
      const { decay, momentum } = optimizer;
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
        decay,
        momentum,
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
