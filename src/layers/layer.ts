// A layer: an island with a memory of its own. What it does, it does for a part of its rows, panels or inputs, so that threads can
// share the work. What passes between layers is a batch of normalised, compressed rows, handed over by the schedule.
//
// Here is what all kinds of layers have in common; the folders beside this file say what each computes from which inputs.

import type { LocalContrast } from '../data/images/local-contrast.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { WorkShare } from '../threads/share.ts';
import type { Optimizer } from './optimizer.ts';
import type { ClassHeadsPlan, LayerPlan } from './plan.ts';
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

/** What a map to classes reads: the activities, their squares, or the activities as they are handed on. */
export type MappedActivity = 'linear' | 'squares' | 'normalized';

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
  /** What the softmax readout sees of that. */
  readonly read: Pick<SparseRows, 'rows' | 'entries'>;
  /** What the images that it sees become first; absent: they stay as they are. */
  readonly contrast?: LocalContrast;

  constructor(plan: Plan, kernels: Kernels, memory: WebAssembly.Memory) {
    this.plan = plan;
    this.kernels = kernels;
    this.f32 = new Float32Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    const { outputRows: rows, outputEntries: entries } = plan.at;
    this.output = { bytes: this.bytes, u32: this.u32, rows, entries };
    this.read = plan.means ?? this.output;
  }

  // ----- forward -----------------------------------------------------------------------------------------------------

  /**
   * Told before each batch whether training sees it: random numbers then follow from `seed` and the number `first` in the training of its
   * first row. Undefined: it is asked about.
   */
  begin(_seed: number, _first: number | undefined): void {}

  /** Does to input rows `begin` to `end`, once they are written, what the product needs. */
  abstract cutRows(begin: number, end: number): void;

  /**
   * States of rows `first` … and their goodness, from the input rows: this thread's share. Rows `apart` from each other are versions
   * of one image; where `apart` is `count`, each is of an image of its own.
   */
  abstract forward(first: number, count: number, apart: number, share: WorkShare): void;

  /** Goes on with rows `begin` to `end` once `forward` has been through all: where a row's states follow from those of others. */
  settle(_begin: number, _end: number): void {}

  /** The product of the images alone, which rows `first` … see, into the shared rows: this thread's share. */
  abstract productWithImages(first: number, images: number, share: WorkShare): void;

  /** Sums the goodness of rows `begin` to `end`: of all of a row, and of each group. */
  abstract sumGoodness(begin: number, end: number): void;

  /** Normalises rows `begin` to `end` and compresses them into the output. */
  abstract normalize(begin: number, end: number): void;

  /** Writes what the maps to classes read of rows `begin` to `end`; of `normalized` activities, what is handed on, too. */
  abstract writeFeatures(activity: MappedActivity, begin: number, end: number): void;

  /** Adds to the logits of rows `begin` to `end` the bias of a map that has one. */
  addMapBias(_begin: number, _end: number): void {}

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

  // ----- learning ----------------------------------------------------------------------------------------------------

  /** Moves the running means of the units by the positive rows: this thread's share. */
  abstract updateMeans(rows: BatchRows, share: WorkShare): void;

  /**
   * Makes gradient rows of the activity of positive and negative rows, by the coefficients of their groups: this thread's share.
   * `peer` is the strength of peer normalisation.
   */
  abstract gradientRows(rows: BatchRows, peer: number, share: WorkShare): void;

  /**
   * Makes gradient rows `begin` to `end` of the gradient that the maps to classes have, of what `writeFeatures` wrote; of a row that is
   * left out, nothing.
   */
  abstract featureGradient(activity: MappedActivity, begin: number, end: number): void;

  /**
   * Lists what the step needs of the batch, once the gradient rows are there: this thread's share. With `peer`, the strength of peer
   * normalisation, its row, too.
   */
  abstract listColumns(rows: BatchRows, peer: number, share: WorkShare): void;

  /** One step of the optimizer, number `time` (from 1), by a batch of `images`, at `rate`: of this thread's share of the weights. */
  abstract step(optimizer: Optimizer, rate: number, images: number, time: number, share: WorkShare): void;

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

/** The maps to classes of a layer that was planned with them. */
export function classHeadsOf({ classHeads }: Pick<LayerPlan, 'classHeads'>): ClassHeadsPlan {
  if (!classHeads) throw new Error('a layer that was not planned for classes');
  return classHeads;
}
