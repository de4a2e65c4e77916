// Layers of convolutions learn without labels (SCFF, Chen et al. 2025): an image seen twice is to have much goodness at every position, seen
// together with another one little. The images of a batch are in random order, so that the other is the next.

import { SKIP } from '../kernels/panels.ts';
import type { ConvPlan } from '../layers/conv/plan.ts';
import type { Layer } from '../layers/layer.ts';
import type { BatchRows } from '../layers/rows.ts';
import type { SelfContrast } from '../recipes/recipe.ts';
import type { Objective, Phase } from './objective.ts';

export class SelfContrastObjective implements Objective {
  readonly isNormalizing = false;
  readonly #margins: SelfContrast['margins'];

  constructor({ margins }: SelfContrast) {
    this.#margins = margins;
  }

  look(): void {}

  goodness({ plan, f32 }: Layer, _index: number, row: number): number {
    return f32[(plan.at.totals >>> 2) + row];
  }

  /** Of image `row` and the next one at once. */
  negativeGoodness({ plan, f32 }: Layer, row: number): number {
    return f32[(plan.at.coefficients >>> 2) + row];
  }

  show(
    layer: Layer,
    index: number,
    { images }: BatchRows,
    _labels: Uint32Array,
    begin: number,
    end: number,
  ): void {
    const { at } = layer.plan as ConvPlan;
    const { positive, negative, penalty } = this.#margins[index];
    layer.kernels.mixtureSlopes(
      at.slopes,
      at.totals,
      at.coefficients,
      at.activity,
      begin,
      end,
      ...sizesOf(layer, images),
      positive,
      negative,
      penalty,
    );
  }

  compare(
    layer: Layer,
    _index: number,
    { images }: BatchRows,
    _labels: Uint32Array,
    phase: Phase,
    begin: number,
    end: number,
  ): void {
    const { at } = layer.plan as ConvPlan;
    // Alone, an image has no other.
    const isLeft = !phase.positive || images === 1;
    for (let row = begin; row < end; row++) layer.u32[(at.targets >>> 2) + row] = isLeft ? SKIP : row;
    if (isLeft) return;
    const { gradientRows, slopes, activity } = at;
    layer.kernels.mixtureGradient(gradientRows, slopes, activity, begin, end, ...sizesOf(layer, images));
  }

  gradientRows(): void {}

  step(): void {}
}

/** Images of the batch, panels, positions, images that were planned, and channels: what both kernels are told. */
function sizesOf({ plan }: Layer, images: number) {
  const { panels, height, width, rows, channels } = plan as ConvPlan;
  return [images, panels, height * width, rows, channels] as const;
}
