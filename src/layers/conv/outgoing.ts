// What a layer of convolutions hands on of its activities: rectified where they are not, means or the largest of neighbouring positions,
// some left out, normalised, with what an earlier layer has handed on.

import type { Kernels } from '../../kernels/kernels.ts';
import { PANEL } from '../../kernels/panels.ts';
import type { Dropout } from './dropout.ts';
import type { ConvPlan } from './plan.ts';

const TINY = 1e-20;
/** What is added to a variance, as group normalisation has it (Wu and He 2018). */
const EPSILON = 1e-5;

export class Outgoing {
  readonly #plan: ConvPlan;
  readonly #kernels: Kernels;
  readonly #f32: Float32Array;
  readonly #scratch: number;
  readonly #dropout: Dropout;
  /** What it makes of its own activities. */
  readonly #own: { readonly rows: number; readonly entries: number };

  /** `scratch` is of this thread alone. */
  constructor(plan: ConvPlan, kernels: Kernels, f32: Float32Array, scratch: number, dropout: Dropout) {
    this.#plan = plan;
    this.#kernels = kernels;
    this.#f32 = f32;
    this.#scratch = scratch;
    this.#dropout = dropout;
    const { outputRows: rows, outputEntries: entries } = plan.at;
    this.#own = plan.shortcut?.own ?? { rows, entries };
  }

  /** Writes what is handed on, and what the softmax readout sees, of images `begin` to `end`. */
  write(begin: number, end: number): void {
    const { at, means, panels, isApart, isByChannels, outgoing, shortcut, outputs } = this.#plan;
    const kernels = this.#kernels;
    if (isApart) this.#pool(begin, end);
    if (isByChannels) this.#byChannels(begin, end);
    else this.#byPositions(begin, end);
    if (shortcut) {
      const { own, earlier } = shortcut;
      kernels.addRows(
        at.outputRows,
        at.outputEntries,
        own.rows,
        own.entries,
        earlier.rows,
        earlier.entries,
        begin,
        end,
        outputs,
      );
    }
    if (!means) return;
    kernels.meanParts(
      means.rows,
      means.entries,
      this.#scratch,
      at.outputRows,
      at.outputEntries,
      begin,
      end,
      panels,
      outgoing.height,
      outgoing.width,
      means.cells,
    );
  }

  /** Makes what is handed on, before it is normalised. */
  #pool(begin: number, end: number): void {
    const { at, panels, rows, channels, height, width, outPositions, ...plan } = this.#plan;
    const { activity, rectified, outgoing } = at;
    const kernels = this.#kernels;
    if (plan.isRectified) {
      const isTriangle = plan.isTriangle ? 1 : 0;
      kernels.rectifyPositions(
        rectified,
        activity,
        begin,
        end,
        panels,
        height * width,
        rows,
        channels,
        isTriangle,
      );
    }
    const { averagePool, overlapPool } = plan;
    if (overlapPool > 1) {
      kernels.largestPositions(outgoing, rectified, begin, end, panels, height, width, overlapPool, rows);
    } else if (outgoing !== rectified) {
      kernels.averagePositions(outgoing, rectified, begin, end, panels, height, width, averagePool, rows);
    }
    this.#dropout.drop(outgoing, outPositions, begin, end, plan.outputDropout, 1);
  }

  /** Each position divided by a number of its own, or as it is. */
  #byPositions(begin: number, end: number): void {
    const { at, panels, rows, channels, isApart, outPositions, normalization } = this.#plan;
    const { rows: to, entries } = this.#own;
    const { outgoing, outSquares, outTotals } = at;
    const kernels = this.#kernels;
    const isDivided = normalization === undefined;
    // Of the activities themselves, they are summed as soon as they are there.
    if (isDivided && isApart)
      kernels.sumPositions(outSquares, outTotals, outgoing, begin, end, panels, outPositions, rows);
    kernels.normalizePositions(
      to,
      entries,
      outgoing,
      isDivided ? outSquares : 0,
      outTotals,
      begin,
      end,
      panels,
      outPositions,
      rows,
      channels,
    );
  }

  /** Each channel of an image scaled and moved as one. */
  #byChannels(begin: number, end: number): void {
    const { at, normalization, panels, rows, height, width, outPositions, channels, blocks } = this.#plan;
    const { rows: to, entries } = this.#own;
    const { activity, outgoing, scales } = at;
    const kernels = this.#kernels;
    if (normalization === 'blocks') {
      kernels.channelSums(scales, activity, begin, end, panels, height * width, rows);
    } else {
      kernels.channelSums(scales, outgoing, begin, end, panels, outPositions, rows);
    }
    for (let image = begin; image < end; image++) {
      const first = (scales >>> 2) + 2 * image * panels * PANEL;
      if (normalization === 'image') this.#scaleImage(first);
      else if (normalization === 'blocks') this.#standardise(first, channels / blocks, height * width);
      else this.#standardise(first, channels, outPositions);
    }
    kernels.scaleChannels(to, entries, outgoing, scales, begin, end, panels, outPositions, rows);
  }

  /** Makes of the sums of channels from word `scales` on the same scale for all, and no shift. */
  #scaleImage(scales: number): void {
    const { panels, channels, outPositions } = this.#plan;
    const f32 = this.#f32;
    const [shifts, end] = [1, 2].map(half => scales + half * panels * PANEL);
    let squares = 0;
    for (let unit = shifts; unit < end; unit++) squares += f32[unit];
    const rms = TINY + Math.sqrt(squares / (outPositions * channels));
    f32.fill(1 / rms, scales, shifts);
    f32.fill(0, shifts, end);
  }

  /** Makes of the sums of channels over `positions` from word `scales` on what gives each `size` of them a mean of 0 and a variance of 1. */
  #standardise(scales: number, size: number, positions: number): void {
    const { panels, channels } = this.#plan;
    const f32 = this.#f32;
    const [shifts, end] = [1, 2].map(half => scales + half * panels * PANEL);
    for (let first = 0; first < channels; first += size) {
      let [sum, squares] = [0, 0];
      for (let unit = first; unit < first + size; unit++) {
        sum += f32[scales + unit];
        squares += f32[shifts + unit];
      }
      const count = size * positions;
      const mean = sum / count;
      const scale = 1 / Math.sqrt(Math.max(0, squares / count - mean * mean) + EPSILON);
      f32.fill(scale, scales + first, scales + first + size);
      f32.fill(-mean * scale, shifts + first, shifts + first + size);
    }
    // The padding is never on.
    f32.fill(0, scales + channels, shifts);
    f32.fill(0, shifts + channels, end);
  }
}
