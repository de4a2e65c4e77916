// The softmax readout (section 3.3 of the paper): a linear classifier on the normalised activities of one neutral pass.
// Each layer holds the weights that read it, so only ten numbers an image leave a layer; the sum and the softmax over it
// happen here, in a memory of the readout's own.

import type { Kernels } from '../kernels/kernels.ts';
import type { Layer } from '../layers/layer.ts';
import { Arena, ROW_BYTES } from '../layers/plan.ts';
import type { Recipe } from '../recipes/recipe.ts';

/** Plans the readout's memory for `layers` layers that are read. */
export function planReadout(batch: number, classes: number, layers: number) {
  const arena = new Arena();
  const at = {
    logits: arena.take(layers * batch * ROW_BYTES),
    probabilities: arena.take(batch * classes * 4),
    gradient: arena.take(batch * ROW_BYTES),
    labels: arena.take(batch * 4),
  };
  const pages = arena.pages('the softmax readout');
  return { batch, classes, at, pages, bytes: pages * 65536 };
}

export class SoftmaxReadout {
  /** (batch, classes). */
  readonly probabilities: Float32Array;
  /** (batch), the right label of each image. */
  readonly labels: Uint32Array;
  readonly #plan: ReturnType<typeof planReadout>;
  readonly #layers: readonly Layer[];
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;

  /** `layers` are those that are read, each planned with a head. */
  constructor(
    plan: ReturnType<typeof planReadout>,
    layers: readonly Layer[],
    kernels: Kernels,
    memory: WebAssembly.Memory,
  ) {
    const { at, batch, classes } = plan;
    this.#plan = plan;
    this.#layers = layers;
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(memory.buffer);
    this.probabilities = new Float32Array(memory.buffer, at.probabilities, batch * classes);
    this.labels = new Uint32Array(memory.buffer, at.labels, batch);
  }

  /** Probabilities of images `begin` to `end`, whose neutral rows begin at row `neutral` of each layer's output. */
  forward(neutral: number, begin: number, end: number): void {
    if (begin === end) return;
    const { at, batch, classes } = this.#plan;
    for (let i = 0; i < this.#layers.length; i++) {
      const layer = this.#layers[i];
      const head = layer.plan.head!;
      const logits = head.logits + begin * ROW_BYTES;
      layer.kernels.sparseProduct(
        logits,
        layer.plan.at.outputRows + (neutral + begin) * 8,
        layer.plan.at.outputEntries,
        head.weights,
        0,
        1,
        end - begin,
        batch,
        layer.plan.outputs,
        1,
      );
      this.#bytes.set(
        layer.bytes.subarray(logits, head.logits + end * ROW_BYTES),
        at.logits + (i * batch + begin) * ROW_BYTES,
      );
    }
    this.#kernels.softmaxRows(at.probabilities, at.logits, begin, end, batch, this.#layers.length, classes);
  }

  /** The gradient of the log probability of the right labels, images `begin` to `end`. */
  gradient(begin: number, end: number): void {
    const { at, classes } = this.#plan;
    this.#kernels.softmaxGradient(at.gradient, at.probabilities, at.labels, begin, end, classes);
  }

  /** One step of the weights that read layer number `index` of those that are read. */
  step(index: number, images: number, neutral: number, settings: Recipe['readout'], gain: number): void {
    const { at } = this.#plan;
    const layer = this.#layers[index];
    const { kernels, u32 } = layer;
    const { head, outputs, at: from } = layer.plan;
    const { weights, velocity, gradient, columns, lists, targets } = head!;
    layer.bytes.set(this.#bytes.subarray(at.gradient, at.gradient + images * ROW_BYTES), gradient);
    for (let row = 0; row < images; row++) u32[(targets >>> 2) + row] = row;
    kernels.clearColumns(columns, 0, outputs + 1, layer.plan.batch);
    kernels.appendRows(
      columns,
      lists,
      from.outputRows + neutral * 8,
      from.outputEntries,
      targets,
      0,
      outputs + 1,
      images,
      outputs,
      0,
    );
    kernels.momentumStep(
      weights,
      velocity,
      columns,
      lists,
      gradient,
      0,
      1,
      images,
      outputs,
      1 / images,
      gain * settings.rate,
      settings.decay,
      settings.momentum,
    );
  }
}
