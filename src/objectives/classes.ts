// One pass and nothing negative: in each layer, and in each group of its units, a linear map of the activities tells the classes
// apart, g = P · φ(y), and the layer climbs log softmax(g) of the right one. What differs between the published methods is φ (y or
// y²) and P: blocks of units for each class (Papachristodoulou et al. 2024, Sun et al. 2025), a fixed random map (ASGE, 2026), or one
// that the layer learns (Mono-Forward, 2025). The gradient of unit u is φ'(y) · P(onehot − p) where it is on, and stays in the layer.

import type { Kernels } from '../kernels/kernels.ts';
import { PANEL, ROW_BYTES, SKIP } from '../kernels/panels.ts';
import { stream } from '../kernels/random-streams.ts';
import { classHeadsOf, type Layer, type MappedActivity } from '../layers/layer.ts';
import type { Optimizer } from '../layers/optimizer.ts';
import type { LayerPlan } from '../layers/plan.ts';
import type { BatchRows } from '../layers/rows.ts';
import type { Classes } from '../recipes/recipe.ts';
import type { Objective, Phase } from './objective.ts';

/** A label that is not believed at all has this log probability, not minus infinity. */
const LEAST = Math.log(1e-30);

export class ClassesObjective implements Objective {
  readonly #activity: MappedActivity;
  readonly #isLearned: boolean;
  /** Of the optimizer's rate, what the map's is. */
  readonly #mapRate: number;
  readonly #settled: number;

  constructor({ activity, map, mapRate, settled = 0, optimizer }: Classes) {
    this.#activity = activity;
    this.#isLearned = map === 'learned';
    this.#mapRate = (mapRate ?? optimizer.rate) / optimizer.rate;
    this.#settled = settled;
  }

  get isNormalizing(): boolean {
    return this.#activity === 'normalized';
  }

  look(layer: Layer, begin: number, end: number): void {
    if (begin === end) return;
    const { kernels, plan } = layer;
    const { batch } = plan;
    layer.writeFeatures(this.#activity, begin, end);
    for (const head of classHeadsOf(plan).groups) {
      const { rows, entries, logits, weights, probabilities, width, classes } = head;
      kernels.sparseProduct(
        logits + begin * ROW_BYTES,
        rows + begin * 8,
        entries,
        weights,
        0,
        head.panels,
        end - begin,
        batch,
        width,
        1,
      );
      layer.addMapBias(begin, end);
      kernels.softmaxRows(probabilities, logits, begin, end, batch, 1, classes);
    }
  }

  goodness(layer: Layer, _index: number, row: number, label: number): number {
    let sum = 0;
    for (const { probabilities, classes } of classHeadsOf(layer.plan).groups) {
      sum += Math.max(LEAST, Math.log(layer.f32[(probabilities >>> 2) + row * classes + label]));
    }
    return sum;
  }

  // A batch has positive rows alone, the first.
  compare(
    layer: Layer,
    _index: number,
    _rows: BatchRows,
    labels: Uint32Array,
    phase: Phase,
    begin: number,
    end: number,
  ): void {
    const { kernels, plan, u32 } = layer;
    const { at, batch } = plan;
    const heads = classHeadsOf(plan);
    u32.set(labels.subarray(begin, end), (heads.labels >>> 2) + begin);
    for (let row = begin; row < end; row++) {
      const isLeft = !phase.positive || this.#isSettled(layer, row, labels[row]);
      u32[(at.targets >>> 2) + row] = isLeft ? SKIP : row;
    }
    for (const { gradient, probabilities, classes } of heads.groups) {
      kernels.softmaxGradient(gradient, probabilities, heads.labels, begin, end, batch, classes);
    }
    layer.featureGradient(this.#activity, begin, end);
  }

  /** Whether no group doubts the right class of a row by more than the recipe cares for. */
  #isSettled(layer: Layer, row: number, label: number): boolean {
    if (this.#settled === 0) return false;
    const sure = 1 - this.#settled;
    return classHeadsOf(layer.plan).groups.every(
      ({ probabilities, classes }) => layer.f32[(probabilities >>> 2) + row * classes + label] > sure,
    );
  }

  gradientRows(): void {}

  step(layer: Layer, optimizer: Optimizer, rate: number, images: number, time: number): void {
    if (!this.#isLearned) return;
    const { kernels, plan } = layer;
    const { at, batch } = plan;
    for (const head of classHeadsOf(layer.plan).groups) {
      const { rows, entries, columns, lists, width } = head;
      kernels.clearColumns(columns, 0, width + 1, batch);
      kernels.appendRows(columns, lists, rows, entries, at.targets, 0, width + 1, images, width, 0);
      const place = { ...head, inputs: width, stride: batch };
      layer.stepPanels(optimizer, place, this.#mapRate * rate, images, time, 0, head.panels);
    }
  }
}

/** Writes the maps of a layer before training. `first` is how many maps the layers below it have. */
export function initializeMaps(
  { map }: Classes,
  plan: LayerPlan,
  memory: WebAssembly.Memory,
  kernels: Kernels,
  seed: number,
  first: number,
): void {
  const { groups } = classHeadsOf(plan);
  groups.forEach(({ weights, panels, width, classes, order }, g) => {
    const units = order ?? Uint32Array.from({ length: width }, (_, unit) => unit);
    if (map === 'blocks') {
      writeBlocks(new Float32Array(memory.buffer), weights >>> 2, width, units, classes);
      return;
    }
    const from = stream.projections + first + g;
    const inputs = map === 'affine-projection' ? classes : units.length;
    kernels.randomWeights(weights, 0, panels, width, classes, seed, from, 1 / Math.sqrt(inputs));
  });
}

/** Each class has the mean of as many units, one after the other; where some are left over, some classes have one more. */
function writeBlocks(
  f32: Float32Array,
  weights: number,
  width: number,
  units: Uint32Array,
  classes: number,
): void {
  for (let c = 0; c < classes; c++) {
    const [begin, end] = [c, c + 1].map(border => Math.ceil((border * units.length) / classes));
    const panel = weights + Math.floor(c / PANEL) * (width + 1) * PANEL + (c % PANEL);
    for (const unit of units.subarray(begin, end)) f32[panel + unit * PANEL] = 1 / (end - begin);
  }
}
