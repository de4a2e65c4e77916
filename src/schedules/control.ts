// What the threads and the caller share besides the layers: barrier, stop, position, and the sums of the epoch.

import { BARRIER_WORDS } from '../threads/barrier.ts';
import { sharedBuffer } from '../threads/memory.ts';
import { MOST_THREADS } from '../threads/watch.ts';

const STOP = BARRIER_WORDS;
const HALT = BARRIER_WORDS + 1;
const BATCHES = BARRIER_WORDS + 2;
const DIVERGED = BARRIER_WORDS + 3;
const WORDS = 16 + MOST_THREADS;

// Sums of an epoch: images, wrong answers of the softmax readout, then four for each layer.
const IMAGES = 0;
const WRONG = 1;
const LAYERS = 2;
const PER_LAYER = 4;

export class Control {
  readonly words: Int32Array;
  /** Where each thread stands. */
  readonly marks: Int32Array;
  /** All sums of the epoch, to save and to restore. */
  readonly sums: Float64Array;
  readonly buffer: ArrayBufferLike;

  /** On a new buffer (shared where the engine can) for `layers` layers, or on an existing one. */
  constructor(layers: number, buffer?: ArrayBufferLike) {
    const sums = LAYERS + PER_LAYER * layers;
    this.buffer = buffer ?? sharedBuffer(WORDS * 4 + sums * 8);
    this.words = new Int32Array(this.buffer, 0, WORDS);
    this.marks = this.words.subarray(WORDS - MOST_THREADS);
    this.sums = new Float64Array(this.buffer, WORDS * 4, sums);
  }

  /** Asks the threads to stop after the batch in progress, or takes that back. */
  set stop(isAsked: boolean) {
    Atomics.store(this.words, STOP, isAsked ? 1 : 0);
  }

  /** What all threads read between two barriers, so that they stop after the same batch. */
  get halt(): boolean {
    return Atomics.load(this.words, HALT) !== 0;
  }

  /** Called by one thread, before a barrier. */
  decideToHalt(): void {
    Atomics.store(this.words, HALT, Atomics.load(this.words, STOP) | Atomics.load(this.words, DIVERGED));
  }

  /** The number of the layer, from 1, whose activities are no longer finite; one more than there are: the readout; 0: none. */
  get diverged(): number {
    return Atomics.load(this.words, DIVERGED);
  }

  /** Looks at the sums so far, and takes the word of whoever has looked at the readout. Called by one thread, before a barrier. */
  watchDivergence(isReadoutFinite: boolean): void {
    let first = 0;
    for (let i = LAYERS; i < this.sums.length && first === 0; i++) {
      if (!Number.isFinite(this.sums[i])) first = Math.floor((i - LAYERS) / PER_LAYER) + 1;
    }
    if (first === 0 && !isReadoutFinite) first = (this.sums.length - LAYERS) / PER_LAYER + 1;
    Atomics.store(this.words, DIVERGED, first);
  }

  /** Batches of this epoch that are done. */
  get batches(): number {
    return Atomics.load(this.words, BATCHES);
  }
  set batches(count: number) {
    Atomics.store(this.words, BATCHES, count);
  }

  /** Images of this epoch that are done. */
  get images(): number {
    return this.sums[IMAGES];
  }

  addImages(images: number, wrong: number): void {
    this.sums[IMAGES] += images;
    this.sums[WRONG] += wrong;
  }

  /** Adds a batch of one layer: goodness of its positive and of its negative rows, units that are on, active rows. */
  addLayer(layer: number, positive: number, negative: number, on: number, active: number): void {
    const at = LAYERS + PER_LAYER * layer;
    this.sums[at] += positive;
    this.sums[at + 1] += negative;
    this.sums[at + 2] += on;
    this.sums[at + 3] += active;
  }

  /** Means over the images so far: goodness, density and active rows of each layer, and the error in percent. */
  means(units: readonly number[]) {
    const images = Math.max(1, this.sums[IMAGES]);
    const mean = (part: number, per: number) =>
      units.map((count, layer) => this.sums[LAYERS + PER_LAYER * layer + part] / (images * (per || count)));
    return {
      positiveGoodness: mean(0, 1),
      negativeGoodness: mean(1, 1),
      density: mean(2, 0),
      activeRows: mean(3, 2),
      trainError: (100 * this.sums[WRONG]) / images,
    };
  }
}
