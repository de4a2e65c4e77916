// Negative data for unlabelled images (section 3.2 of the paper): hybrids of two images, which have the short-range
// structure of real ones and not their long-range structure. A mask of large regions says which pixel is whose.

import { type Dataset, unitOf } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { Arena } from '../layers/memory.ts';

/** Sizes and byte offsets of the hybrids of a batch. */
export type HybridPlan = ReturnType<typeof planHybrids>;

/** Plans the memory for hybrids of `batch` images of a dataset's `shape`: 12 bytes a pixel of one channel. */
export function planHybrids(batch: number, [height, width, channels = 1]: NonNullable<Dataset['shape']>) {
  const arena = new Arena();
  const pixels = height * width;
  const at = {
    masks: arena.take(batch * pixels * 4),
    hybrids: arena.take(batch * pixels * channels * 4),
    others: arena.take(batch * pixels * channels * 4),
  };
  const pages = arena.pages(`hybrids of ${batch} images of ${height} × ${width}`);
  return { batch, height, width, channels, at, pages, bytes: pages * 65536 };
}

/** What the random choices of the hybrids depend on, beside the number of the image. */
export interface HybridRandom {
  readonly seed: number;
  /** Streams of randomBits: of the masks, and of the images that others are mixed with. */
  readonly masks: number;
  readonly partners: number;
}

/** Any example but `example` of `count`, all equally likely. `random` is uniform in [0, 1). */
export function otherExample(example: number, count: number, random: number): number {
  const other = Math.floor(random * (count - 1));
  return other < example ? other : other + 1;
}

export class HybridImages {
  /** (batch, height · width), between 0 and 1: a hybrid shows its own image where this is at least ½. */
  readonly masks: Float32Array;
  /** (batch, height · width · channels): what `mix` made, as floats of the range that the dataset stands for. */
  readonly hybrids: Float32Array;
  readonly #plan: HybridPlan;
  readonly #kernels: Kernels;
  readonly #random: HybridRandom;
  readonly #others: Float32Array;

  constructor(plan: HybridPlan, kernels: Kernels, memory: WebAssembly.Memory, random: HybridRandom) {
    const { at, batch, height, width, channels } = plan;
    const pixels = height * width;
    this.#plan = plan;
    this.#kernels = kernels;
    this.#random = random;
    this.masks = new Float32Array(memory.buffer, at.masks, batch * pixels);
    this.hybrids = new Float32Array(memory.buffer, at.hybrids, batch * pixels * channels);
    this.#others = new Float32Array(memory.buffer, at.others, batch * pixels * channels);
  }

  /**
   * Makes hybrids `begin` to `end` of a batch whose image i is example `examples[i]`, each with any other example of the
   * dataset. Image i is image `counter + i` of the whole training: the same number gives the same hybrid, whatever the
   * thread. `blurs` is how often a mask is blurred; the more, the larger its regions. Gives the hybrids as a dataset, by image.
   */
  mix(
    dataset: Dataset,
    examples: Uint32Array,
    counter: number,
    blurs: number,
    begin: number,
    end: number,
  ): Dataset {
    const { at, height, width, channels } = this.#plan;
    const { seed, masks, partners } = this.#random;
    const pixels = height * width;
    checkShape(dataset, pixels * channels);
    for (let i = begin; i < end; i++) {
      const bits = this.#kernels.randomBits(seed, partners, counter + i) >>> 0;
      const example = examples[i];
      this.#write(this.hybrids, i, dataset, example);
      this.#write(this.#others, i, dataset, otherExample(example, dataset.count, bits / 2 ** 32));
    }
    this.#kernels.randomMasks(at.masks, begin, end, pixels, seed, masks, counter);
    this.#kernels.blurMasks(at.masks, begin, end, height, width, blurs);
    this.#kernels.blendImages(at.hybrids, at.masks, at.others, begin, end, pixels, channels);
    return { ...dataset, inputs: this.hybrids };
  }

  #write(to: Float32Array, image: number, { inputs, width }: Dataset, example: number): void {
    const unit = unitOf(inputs);
    const [from, first] = [example * width, image * width];
    for (let k = 0; k < width; k++) to[first + k] = inputs[from + k] * unit;
  }
}

function checkShape({ name, count, width }: Dataset, expected: number): void {
  if (width !== expected) {
    throw new InputError(`${name} has ${width} inputs an example, hybrids were planned for ${expected}`);
  }
  if (count < 2) throw new InputError(`${name} has one example: a hybrid needs two`);
}
