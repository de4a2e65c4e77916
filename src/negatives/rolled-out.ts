// Negative data for character sequences (section 3.4 of the paper): what the network writes by itself, rolled out from the
// beginning of each string. It is made for a whole epoch before it, so that learning from it needs no real data: sleep.

import { type Dataset, roomForLabels } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import { sharedBuffer } from '../threads/memory.ts';

/** Which of `count` probabilities from index `from` a random number in [0, 1) draws, each in proportion. */
export function drawCharacter(
  probabilities: Float32Array,
  from: number,
  count: number,
  random: number,
): number {
  let left = random;
  for (let c = 0; c < count; c++) {
    left -= probabilities[from + c];
    if (left < 0) return c;
  }
  // Only where rounding used up the last bit.
  return count - 1;
}

/** Moves the window of example `example` on by one character: the oldest leaves, `character` enters. */
export function moveWindow({ inputs, width, classes }: Dataset, example: number, character: number): void {
  const begin = example * width;
  inputs.copyWithin(begin + classes, begin + 2 * classes, begin + width);
  inputs.fill(0, begin + width - classes, begin + width);
  inputs[begin + width - classes + character] = inputs instanceof Uint8Array ? 255 : 1;
}

export class RolledOut {
  /** As many examples as the real data have; example i is negative for example i. */
  readonly negatives: Dataset;
  /** One example a string, to be asked what comes next. */
  readonly #windows: Dataset;
  readonly #real: Dataset;
  readonly #predictions: number;

  /** Throws an InputError where `real` are not whole strings of predictions. */
  constructor(real: Dataset) {
    const { name, count, width, classes, predictions = 0 } = real;
    if (!(predictions > 0 && count % predictions === 0 && width >= 2 * classes && width % classes === 0)) {
      const found =
        predictions > 0 ? `${count} predictions, ${predictions} a string` : 'examples with no order';
      throw new InputError(
        `rolled-out negatives are written from the beginnings of strings: expected whole strings of predictions, found ${name} with ${found}; use textDataset`,
      );
    }
    this.#real = real;
    this.#predictions = predictions;
    this.negatives = emptyLike(real, count);
    this.#windows = emptyLike(real, count / predictions);
  }

  /**
   * Writes every string to its end. `answer` gives the probabilities (strings, classes) of what comes after each window, or
   * undefined to leave it at that, and `random` a number in [0, 1) for each example; false where it was left.
   */
  async write(
    answer: (windows: Dataset) => Promise<Float32Array | undefined>,
    random: (example: number) => number,
  ): Promise<boolean> {
    const { classes } = this.#real;
    this.#begin();
    for (let step = 0; step < this.#predictions; step++) {
      const probabilities = await answer(this.#windows);
      if (!probabilities) return false;
      this.#append(step, (example, string) =>
        drawCharacter(probabilities, string * classes, classes, random(example)),
      );
    }
    return true;
  }

  /** Writes again what was written before, from the label of each example. */
  restore(labels: ArrayLike<number>): void {
    this.#begin();
    for (let step = 0; step < this.#predictions; step++) this.#append(step, example => labels[example]);
  }

  #begin(): void {
    const { width } = this.#real;
    for (let string = 0; string < this.#windows.count; string++) {
      const from = string * this.#predictions * width;
      this.#windows.inputs.set(this.#real.inputs.subarray(from, from + width), string * width);
    }
  }

  /** Makes the windows, each with the character that `choose` gives, the negatives of prediction `step`, and moves them on. */
  #append(step: number, choose: (example: number, string: number) => number): void {
    const { width, inputs, count } = this.#windows;
    for (let string = 0; string < count; string++) {
      const example = string * this.#predictions + step;
      const character = choose(example, string);
      this.negatives.inputs.set(inputs.subarray(string * width, (string + 1) * width), example * width);
      this.negatives.labels[example] = character;
      moveWindow(this.#windows, string, character);
    }
  }
}

function emptyLike({ name, width, classes, inputs }: Dataset, count: number): Dataset {
  const bytes = sharedBuffer(count * width * inputs.BYTES_PER_ELEMENT);
  return {
    name,
    count,
    width,
    classes,
    inputs: inputs instanceof Uint8Array ? new Uint8Array(bytes) : new Float32Array(bytes),
    labels: roomForLabels(count, classes),
  };
}
