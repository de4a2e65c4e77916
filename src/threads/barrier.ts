// Where the threads of one network wait for each other, a dozen times a batch.

// The words of the barrier in shared memory.
const ARRIVED = 0;
const GENERATION = 1;
const FAILED = 2;
/** Words of 32 bits that a barrier needs. */
export const BARRIER_WORDS = 3;

// About 20 µs: longer than threads with equal work differ, shorter than a thread that sleeps takes to wake.
const SPINS = 4000;

/** Thrown in the threads that waited for one that failed; that one throws the reason. */
export class BarrierBroken extends Error {}

export class Barrier {
  readonly #words: Int32Array;
  readonly #parts: number;
  readonly #spins: number;

  /** `words` is the same memory in all threads; `cores` is how many threads can really run at once. */
  constructor(words: Int32Array, parts: number, cores: number) {
    this.#words = words;
    this.#parts = parts;
    this.#spins = parts <= cores ? SPINS : 0;
  }

  /** Returns when all threads have called it. */
  wait(): void {
    if (this.#parts === 1) return;
    const words = this.#words;
    const generation = Atomics.load(words, GENERATION);
    if (Atomics.add(words, ARRIVED, 1) === this.#parts - 1) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.add(words, GENERATION, 1);
      Atomics.notify(words, GENERATION);
    } else {
      for (let spin = 0; spin < this.#spins; spin++) {
        if (Atomics.load(words, GENERATION) !== generation) break;
      }
      while (Atomics.load(words, GENERATION) === generation) {
        this.#check();
        Atomics.wait(words, GENERATION, generation, 1000);
      }
    }
    this.#check();
  }

  /** Lets every other thread go with a BarrierBroken, for good: this one cannot come any more. */
  break(): void {
    Atomics.store(this.#words, FAILED, 1);
    Atomics.notify(this.#words, GENERATION);
  }

  #check(): void {
    if (Atomics.load(this.#words, FAILED) !== 0)
      throw new BarrierBroken('another thread of this team failed');
  }
}
