// The softmax readout (section 3.3 of the paper): a linear classifier on the normalised activities of one neutral pass.
// Each layer holds the weights that read it, so only its classes' numbers an image leave a layer; the sum and the softmax over it
// happen here, in a memory of the readout's own. Where layers tell classes apart themselves, and there are no such weights, it is
// the softmax over the sum of what they say: in proportion to the product of their probabilities.

import type { Kernels } from '../kernels/kernels.ts';
import { ROW_BYTES } from '../kernels/panels.ts';
import type { Layer } from '../layers/layer.ts';
import { Arena, panelsOf } from '../layers/memory.ts';
import type { HeadPlan, LayerPlan } from '../layers/plan.ts';

/** Sizes and byte offsets of the readout. */
export type ReadoutPlan = ReturnType<typeof planReadout>;

/** Where a layer keeps the parts of the logits that it gives to the readout. */
export function partsOf({ head, classHeads }: LayerPlan): readonly { readonly logits: number }[] {
  return head ? [head] : (classHeads?.groups ?? []);
}

/** Plans the readout's memory for so many parts of logits. */
export function planReadout(batch: number, classes: number, parts: number) {
  const arena = new Arena();
  const panels = panelsOf(classes);
  const at = {
    logits: arena.take(parts * panels * batch * ROW_BYTES),
    probabilities: arena.take(batch * classes * 4),
    gradient: arena.take(panels * batch * ROW_BYTES),
    labels: arena.take(batch * 4),
  };
  const pages = arena.pages('the softmax readout');
  return { batch, classes, panels, parts, at, pages, bytes: pages * 65536 };
}

export class SoftmaxReadout {
  /** (batch, classes). */
  readonly probabilities: Float32Array;
  /** (batch), the right label of each image. */
  readonly labels: Uint32Array;
  /** Layers that are read by weights of the readout's own. */
  readonly layers: number;
  readonly #plan: ReadoutPlan;
  readonly #layers: readonly Layer[];
  readonly #parts: readonly { readonly layer: Layer; readonly logits: number }[];
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;

  /** `layers` are those that are read. */
  constructor(plan: ReadoutPlan, layers: readonly Layer[], kernels: Kernels, memory: WebAssembly.Memory) {
    const { at, batch, classes } = plan;
    this.#plan = plan;
    this.#layers = layers;
    this.#parts = layers.flatMap(layer => partsOf(layer.plan).map(({ logits }) => ({ layer, logits })));
    this.layers = layers.filter(layer => layer.plan.head).length;
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(memory.buffer);
    this.probabilities = new Float32Array(memory.buffer, at.probabilities, batch * classes);
    this.labels = new Uint32Array(memory.buffer, at.labels, batch);
  }

  /** Probabilities of images `begin` to `end`, whose neutral rows begin at row `neutral` of each layer's output. */
  forward(neutral: number, begin: number, end: number): void {
    if (begin === end) return;
    const { at, batch, classes, panels, parts } = this.#plan;
    for (const layer of this.#layers) {
      const { head } = layer.plan;
      if (!head) continue;
      const { logits, weights, width } = head;
      layer.kernels.sparseProduct(
        logits + begin * ROW_BYTES,
        layer.read.rows + (neutral + begin) * 8,
        layer.read.entries,
        weights,
        0,
        panels,
        end - begin,
        batch,
        width,
        1,
      );
    }
    for (let part = 0; part < parts; part++) {
      const { layer, logits } = this.#parts[part];
      const to = at.logits + part * panels * batch * ROW_BYTES;
      this.#copyPanels(layer.bytes, logits, this.#bytes, to, begin, end);
    }
    this.#kernels.softmaxRows(at.probabilities, at.logits, begin, end, batch, parts, classes);
  }

  /** The gradient of the log probability of the right labels, images `begin` to `end`. */
  gradient(begin: number, end: number): void {
    const { at, batch, classes } = this.#plan;
    this.#kernels.softmaxGradient(at.gradient, at.probabilities, at.labels, begin, end, batch, classes);
  }

  /** Gives gradient rows `begin` to `end` to the head of a layer. */
  giveGradient(layer: Layer, begin: number, end: number): void {
    this.#copyPanels(this.#bytes, this.#plan.at.gradient, layer.bytes, headOf(layer).gradient, begin, end);
  }

  /** Rows `begin` to `end` of every panel of classes, from one memory to another. */
  #copyPanels(
    from: Uint8Array,
    source: number,
    to: Uint8Array,
    target: number,
    begin: number,
    end: number,
  ): void {
    const { batch, panels } = this.#plan;
    for (let panel = 0; panel < panels; panel++) {
      const first = (panel * batch + begin) * ROW_BYTES;
      const last = (panel * batch + end) * ROW_BYTES;
      to.set(from.subarray(source + first, source + last), target + first);
    }
  }

  /** One step of the weights that read layer number `index` of those that are read, whose rows begin at `neutral`. */
  step(
    index: number,
    images: number,
    neutral: number,
    settings: { readonly rate: number; readonly momentum: number; readonly decay: number },
    gain: number,
  ): void {
    const layer = this.#layers[index];
    const { kernels, u32, read } = layer;
    const { batch } = this.#plan;
    const { panels, width, weights, first, gradient, columns, lists, targets } = headOf(layer);
    this.giveGradient(layer, 0, images);
    for (let row = 0; row < images; row++) u32[(targets >>> 2) + row] = row;
    kernels.clearColumns(columns, 0, width + 1, batch);
    const rows = read.rows + neutral * 8;
    kernels.appendRows(columns, lists, rows, read.entries, targets, 0, width + 1, images, width, 0);
    kernels.momentumStep(
      weights,
      first,
      columns,
      lists,
      gradient,
      0,
      panels,
      batch,
      width,
      1 / images,
      gain * settings.rate,
      settings.decay,
      settings.momentum,
    );
  }
}

function headOf({ plan }: Layer): HeadPlan {
  if (!plan.head) throw new Error('a layer that was not planned to be read');
  return plan.head;
}
