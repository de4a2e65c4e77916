// An unknown function between two layers (section 1 of the paper). Forward-Forward learns on both sides of it as if it were not
// there; a gradient cannot get through.

import { ROW_BYTES } from '../kernels/panels.ts';
import { rowStream } from '../kernels/random-streams.ts';
import type { Layer } from '../layers/layer.ts';
import type { Between } from '../recipes/recipe.ts';
import type { Kind } from './job.ts';
import type { Thread } from './thread.ts';

/**
 * Changes a row in place: the activities of one example in all units of a layer, divided by their root mean square. `random`
 * gives numbers in [0, 1), the same for the same seed, example and epoch.
 */
export type RowFunction = (row: Float32Array, random: () => number) => void;

export class ActivationTransform {
  /** Number of the layer below it, from 0. */
  readonly after: number;
  readonly #thread: Thread;
  readonly #change: RowFunction;
  readonly #isOwn: boolean;
  readonly #row: Float32Array;
  readonly #random: () => number;
  #kind: Kind = 'train';
  #first = 0;
  #stream = 0;
  #counter = 0;

  /** `own` is what a recipe's module exports. */
  constructor(thread: Thread, between: Between, own?: RowFunction) {
    const { plans, seed } = thread.session;
    const { randomBits } = thread.kernels;
    this.#thread = thread;
    this.#isOwn = own !== undefined;
    this.after = between.after;
    this.#change = own ?? functionOf(between);
    this.#row = new Float32Array(plans[between.after].outputs);
    this.#random = () => (randomBits(seed, this.#stream, this.#counter++) >>> 0) / 2 ** 32;
  }

  /** Says that the rows to come are number `first` … of all rows of a kind: each has random numbers of its own. */
  begin(kind: Kind, first: number): void {
    this.#kind = kind;
    this.#first = first;
  }

  /** Changes input rows `begin` to `end` of the layer above, and cuts them anew. */
  change(above: Layer, begin: number, end: number): void {
    const { f32, u32, plan } = above;
    const { at, inputCapacity } = plan;
    const row = this.#row;
    const rows = at.inputRows >>> 2;
    const entries = at.inputEntries >>> 2;
    // A row may grow, so each gets a place that holds all units. From the last one down: no place begins before its row.
    for (let i = end - 1; i >= begin; i--) {
      row.fill(0);
      const last = entries + (u32[rows + 2 * i + 1] >>> 2);
      for (let from = entries + (u32[rows + 2 * i] >>> 2); from < last; from += 2) {
        row[u32[from] / ROW_BYTES] = f32[from + 1];
      }
      this.#stream = rowStream(this.#kind, this.#first + i);
      this.#counter = 0;
      if (this.#isOwn) this.#thread.crossBorder();
      this.#change(row, this.#random);
      if (this.#isOwn) this.#thread.crossBorder();
      const place = i * inputCapacity * 8;
      let to = entries + (place >>> 2);
      for (let k = 0; k < row.length; k++) {
        if (row[k] === 0) continue;
        u32[to] = k * ROW_BYTES;
        f32[to + 1] = row[k];
        to += 2;
      }
      u32[rows + 2 * i] = place;
      u32[rows + 2 * i + 1] = (to - entries) * 4;
    }
    above.cutRows(begin, end);
  }
}

function functionOf(between: Between): RowFunction {
  switch (between.kind) {
    case 'quantise':
      return quantise(between.levels);
    case 'noise':
      return addNoise(between.deviation);
    default:
      throw new Error(`the module ${between.path} was not loaded`);
  }
}

/** To the nearest of `levels` values from 0 to the largest activity of the row. */
function quantise(levels: number): RowFunction {
  return row => {
    let largest = 0;
    for (const value of row) largest = Math.max(largest, value);
    if (largest === 0) return;
    const steps = levels - 1;
    for (let k = 0; k < row.length; k++) {
      row[k] = (Math.round((row[k] / largest) * steps) / steps) * largest;
    }
  };
}

/** Adds a nearly normal number, the sum of four uniform ones less their mean, to every unit. */
function addNoise(deviation: number): RowFunction {
  const scale = deviation * Math.sqrt(3);
  return (row, random) => {
    for (let k = 0; k < row.length; k++) {
      row[k] += scale * (random() + random() + random() + random() - 2);
    }
  };
}
