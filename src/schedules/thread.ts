// One thread among those that do a job together: its share of rows, panels and inputs, where it meets the others, and the random
// numbers, which are the same on all of them.

import { bindKernels, type Kernels } from '../kernels/kernels.ts';
import { Barrier } from '../threads/barrier.ts';
import { partBegin, type WorkShare } from '../threads/share.ts';
import { markBorder, markStep } from '../threads/watch.ts';
import { Control } from './control.ts';
import type { Session } from './session.ts';

export class Thread implements WorkShare {
  readonly session: Session;
  readonly part: number;
  readonly parts: number;
  /** Bound to the readout's memory. */
  readonly kernels: Kernels;
  readonly control: Control;
  readonly #barrier: Barrier;

  /** Thread number `part` of `parts`. */
  constructor(session: Session, part: number, parts: number) {
    this.session = session;
    this.part = part;
    this.parts = parts;
    this.kernels = bindKernels(session.module, session.readoutMemory);
    this.control = new Control(session.plans.length, session.control);
    this.#barrier = new Barrier(this.control.words, parts, session.cores);
  }

  /** Whether this thread is the one that does what only one may do. */
  get isFirst(): boolean {
    return this.part === 0;
  }

  begin(count: number): number {
    return partBegin(count, this.part, this.parts);
  }

  end(count: number): number {
    return partBegin(count, this.part + 1, this.parts);
  }

  wait(): void {
    markStep(this.control.marks, this.part);
    this.#barrier.wait();
  }

  /** To be called before code that is not this library's runs, and after. */
  crossBorder(): void {
    markBorder(this.control.marks, this.part);
  }

  /** Lets the others go, for good: this one has failed. */
  fail(): void {
    this.#barrier.break();
  }

  /** Uniform in [0, 1), the same for the same seed, stream and counter. */
  random(stream: number, counter: number): number {
    return (this.kernels.randomBits(this.session.seed, stream, counter) >>> 0) / 2 ** 32;
  }
}
