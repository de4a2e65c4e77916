// Positive rows are to have much goodness and negative ones little (section 2 of the paper); or each positive row more than its own
// negative.

import { SKIP } from '../kernels/panels.ts';
import type { Goodness } from '../layers/goodness.ts';
import type { Layer } from '../layers/layer.ts';
import type { BatchRows } from '../layers/rows.ts';
import { slope } from '../layers/slope.ts';
import type { ObjectiveSpec as Settings } from '../recipes/recipe.ts';
import type { WorkShare } from '../threads/share.ts';
import type { Objective, Phase } from './objective.ts';

/** The logistic objective's threshold on the goodness of a layer: `threshold` is that of the mean of squares. */
export function layerThreshold(goodness: Goodness, threshold: number, units: number): number {
  return threshold * units * slope(goodness, units);
}

export class ContrastObjective implements Objective {
  readonly isNormalizing = false;
  readonly #settings: Settings;
  readonly #goodness: readonly Goodness[];

  /** `goodness` is that of each layer. */
  constructor(settings: Settings, goodness: readonly Goodness[]) {
    this.#settings = settings;
    this.#goodness = goodness;
  }

  look(layer: Layer, begin: number, end: number): void {
    layer.sumGoodness(begin, end);
  }

  goodness({ plan, f32 }: Layer, index: number, row: number): number {
    return slope(this.#goodness[index], plan.units) * f32[(plan.at.totals >>> 2) + row];
  }

  compare(
    layer: Layer,
    index: number,
    rows: BatchRows,
    _labels: Uint32Array,
    phase: Phase,
    begin: number,
    end: number,
  ): void {
    const { kernels, plan, u32 } = layer;
    const { at, stride, groups, sharesImages, sharedRow } = plan;
    const settings = this.#settings;
    const goodness = this.#goodness[index];
    const units = plan.units / groups;
    const factor = slope(goodness, units);
    const [positive, negative] = [rows.first('positive'), rows.first('negative')];
    if (settings.kind === 'logistic') {
      const threshold = layerThreshold(goodness, settings.threshold, units);
      const { temperature } = settings;
      for (const first of [positive, negative]) {
        kernels.logisticCoefficients(
          at.coefficients,
          at.targets,
          at.groupTotals,
          first + begin,
          first + end,
          stride,
          groups,
          factor,
          threshold,
          temperature,
          first === positive ? 1 : 0,
        );
      }
    } else {
      kernels.pairCoefficients(
        at.coefficients,
        at.targets,
        at.groupTotals,
        positive + begin,
        positive + end,
        stride,
        groups,
        factor,
        settings.alpha,
        negative - positive,
        settings.kind === 'swish' ? 1 : 0,
      );
    }
    const targets = at.targets >>> 2;
    if (!phase.positive) u32.fill(SKIP, targets + positive + begin, targets + positive + end);
    if (!phase.negative) u32.fill(SKIP, targets + negative + begin, targets + negative + end);
    if (sharesImages) kernels.shareTargets(at.targets, begin, end, positive, negative, sharedRow);
  }

  gradientRows(layer: Layer, rows: BatchRows, peer: number, share: WorkShare): void {
    layer.gradientRows(rows, peer, share);
  }

  step(): void {}
}
