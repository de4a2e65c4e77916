// A layer of convolutions. Threads share it by images, and its step by units.
//
// The rows of other layers are images of `positions` here: an image's units lie at (panel, image · positions + position, unit).

import { LocalContrast } from '../../data/images/local-contrast.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { PANEL } from '../../kernels/panels.ts';
import type { WorkShare } from '../../threads/share.ts';
import { classHeadsOf, Layer, type MappedActivity, type SparseRows } from '../layer.ts';
import type { Optimizer } from '../optimizer.ts';
import type { BatchRows } from '../rows.ts';
import { BatchNorm } from './batch-norm.ts';
import { Dropout } from './dropout.ts';
import { Outgoing } from './outgoing.ts';
import type { ConvPlan } from './plan.ts';

/** From this share of values that are not zero on, narrow images are multiplied as they are, zeros included; others never gain by it. */
const FULL = 0.4;

export class ConvLayer extends Layer<ConvPlan> {
  /** Of this thread alone. */
  readonly #scratch: number;
  readonly #dropout: Dropout;
  readonly #outgoing: Outgoing;
  readonly #norm: BatchNorm | undefined;
  readonly #earlier: SparseRows | undefined;
  override readonly contrast?: LocalContrast;
  /** The images of the last forward pass, and rows that are learned from. */
  #first = 0;
  #count = 0;
  #learned = 0;

  /** `earlier` is what the layer hands on that its shortcut comes from. */
  constructor(
    plan: ConvPlan,
    kernels: Kernels,
    memory: WebAssembly.Memory,
    thread: number,
    earlier?: SparseRows,
  ) {
    super(plan, kernels, memory);
    this.#scratch = plan.scratch[thread];
    this.#dropout = new Dropout(plan, kernels);
    this.#outgoing = new Outgoing(plan, kernels, this.f32, this.#scratch, this.#dropout);
    this.#norm = plan.norm && new BatchNorm(plan, plan.norm, kernels, this.f32, this.#scratch);
    this.#earlier = earlier;
    const { below, size, localMean } = plan;
    if (localMean !== undefined) this.contrast = new LocalContrast(below, size, localMean);
  }

  // ----- forward -----------------------------------------------------------------------------------------------------

  override begin(seed: number, first: number | undefined): void {
    this.#dropout.begin(seed, first);
    this.#norm?.begin(first !== undefined);
  }

  cutRows(begin: number, end: number): void {
    const { at, depth, below } = this.plan;
    const positions = below.height * below.width;
    this.kernels.cutPositions(at.inputCuts, at.inputRows, at.inputEntries, begin, end, positions, depth);
  }

  forward(first: number, count: number, _apart: number, share: WorkShare): void {
    const { at, height, width, isSpread, isLinear } = this.plan;
    const [begin, end] = [first + share.begin(count), first + share.end(count)];
    this.#first = first;
    this.#count = count;
    if (isSpread) this.#spreadImages(begin, end);
    this.#multiply(begin, end);
    if (this.#norm) {
      this.#norm.look(begin, end);
      return;
    }
    this.#dropout.drop(at.activity, height * width, begin, end, this.plan.dropout, 0);
    // What is not rectified yet is handed on by sums of its own.
    if (!isLinear) this.#sumPositions(begin, end);
  }

  override settle(begin: number, end: number): void {
    if (!this.#norm) return;
    this.#norm.standardise(this.#first, this.#count, begin, end);
    // Classes are told by other sums.
    if (this.plan.normalization === undefined) this.#sumPositions(begin, end);
  }

  #sumPositions(begin: number, end: number): void {
    const { at, panels, rows, height, width } = this.plan;
    this.kernels.sumPositions(at.squares, at.totals, at.activity, begin, end, panels, height * width, rows);
  }

  #multiply(begin: number, end: number): void {
    const { at, panels, below, depth, size, step, pool, rows, isLinear } = this.plan;
    const { kernels } = this;
    const { winners, weights } = at;
    const activity = this.plan.norm?.raw ?? at.activity;
    const scratch = this.#scratch;
    const { height, width } = below;
    const least = isLinear ? Number.NEGATIVE_INFINITY : (this.#norm?.least ?? 0);
    const sizes = [weights, begin, end, panels, height, width, depth, size, step, pool, rows, least] as const;
    if (this.#isFull(begin, end)) {
      kernels.gridForward(activity, winners, scratch, at.grid, ...sizes);
    } else {
      kernels.convForward(activity, winners, scratch, at.inputCuts, at.inputEntries, ...sizes);
    }
  }

  /** Whether images `begin` to `end` are multiplied as they are. */
  #isFull(begin: number, end: number): boolean {
    const { isNarrow, isReflected } = this.plan;
    return isReflected || (isNarrow && this.#density(begin, end) > FULL);
  }

  #spreadImages(begin: number, end: number): void {
    const { at, below, depth, pad, rows, isReflected } = this.plan;
    const { height, width } = below;
    const { grid, inputCuts, inputEntries } = at;
    this.kernels.spreadImages(grid, inputCuts, inputEntries, begin, end, height, width, depth, pad, rows);
    if (isReflected) this.kernels.reflectBorder(grid, begin, end, height, width, depth, pad, rows);
  }

  /** The share of the values of images `begin` to `end` that are not zero. */
  #density(begin: number, end: number): number {
    const first = this.plan.at.inputRows >>> 2;
    let bytes = 0;
    for (let row = first + 2 * begin; row < first + 2 * end; row += 2)
      bytes += this.u32[row + 1] - this.u32[row];
    return bytes / (8 * this.plan.inputs * Math.max(1, end - begin));
  }

  /** No rows of an image share anything: labels are no inputs of convolutions. */
  productWithImages(): void {}

  /** `forward` has summed it. */
  sumGoodness(): void {}

  normalize(begin: number, end: number): void {
    const { shortcut } = this.plan;
    if (this.#earlier && shortcut) {
      // Without a barrier: of all layers, this thread has made these rows itself.
      this.copyRows(this.#earlier, shortcut.earlier.rows, shortcut.earlier.entries, begin, end);
    }
    this.#outgoing.write(begin, end);
  }

  writeFeatures(activity: MappedActivity, begin: number, end: number): void {
    const { at, panels, rows, height, width, channels, cells } = this.plan;
    const [head] = classHeadsOf(this.plan).groups;
    const isNormalized = activity === 'normalized';
    if (isNormalized) this.normalize(begin, end);
    this.kernels.meanCells(
      head.rows,
      head.entries,
      at.activity,
      isNormalized ? at.squares : 0,
      at.totals,
      begin,
      end,
      panels,
      height,
      width,
      cells,
      rows,
      channels,
      activity === 'squares' ? 1 : 0,
    );
  }

  override addMapBias(begin: number, end: number): void {
    const { mapBias, batch } = this.plan;
    if (mapBias === undefined) return;
    const { f32 } = this;
    const [{ logits, classes }] = classHeadsOf(this.plan).groups;
    for (let c = 0; c < classes; c++) {
      const [panel, lane] = [Math.floor(c / PANEL), c % PANEL];
      const bias = f32[(mapBias >>> 2) + 2 * panel * PANEL + lane];
      for (let row = begin; row < end; row++)
        f32[(logits >>> 2) + (panel * batch + row) * PANEL + lane] += bias;
    }
  }

  // ----- learning ----------------------------------------------------------------------------------------------------

  /** No peer normalisation: recipes with convolutions have none. */
  updateMeans(): void {}

  gradientRows(rows: BatchRows, _peer: number, share: WorkShare): void {
    const { at, panels, height, width, stride } = this.plan;
    const [begin, end] = [share.begin(rows.count), share.end(rows.count)];
    this.kernels.scaleImages(
      at.activity,
      at.coefficients,
      at.targets,
      begin,
      end,
      panels,
      height * width,
      stride,
    );
  }

  featureGradient(activity: MappedActivity, begin: number, end: number): void {
    const { at, panels, rows, height, width, channels, cells, batch } = this.plan;
    const [head] = classHeadsOf(this.plan).groups;
    const { kernels } = this;
    kernels.transposedProduct(
      at.cells,
      head.rows,
      head.entries,
      head.gradient,
      head.weights,
      at.targets,
      begin,
      end,
      batch,
      head.width,
      head.panels + head.imagePanels,
      1,
      batch,
      0,
    );
    kernels.cellGradient(
      at.activity,
      at.cells,
      activity === 'normalized' ? at.squares : 0,
      at.totals,
      at.along,
      at.targets,
      begin,
      end,
      panels,
      height,
      width,
      cells,
      rows,
      batch,
      channels,
      activity === 'squares' ? 1 : 0,
    );
    this.#norm?.sumGradient(begin, end);
  }

  // The step reads images from copies of their own: the next batch is written into the input rows while other threads still step. Those that
  // the product reads are copied before it, where no thread steps any more.
  listColumns({ count }: BatchRows, _peer: number, share: WorkShare): void {
    const [begin, end] = [share.begin(count), share.end(count)];
    if (!this.plan.isSpread) this.#spreadImages(begin, end);
    this.#norm?.passBack(begin, end);
    this.#learned = count;
  }

  step(optimizer: Optimizer, rate: number, images: number, time: number, share: WorkShare): void {
    const { at, channels, panels, fanIn, channelGroups } = this.plan;
    // The gradient rows of four units are read at once.
    const fours = Math.ceil(channels / 4);
    this.#sumGradient(4 * share.begin(fours), Math.min(4 * share.end(fours), channels));
    // The gradient of every unit is there.
    share.wait();
    const [begin, end] = [share.begin(panels), share.end(panels)];
    const { weights, first, second, columns, lists, gradient } = at;
    if (channelGroups > 1) this.kernels.maskWeights(gradient, at.masks, begin, end, fanIn);
    const place = { weights, first, second, columns, lists, gradient, inputs: fanIn, stride: fanIn + 1 };
    // Where some of the activities are left out, the others are larger, and so is what they follow from.
    const counted = images * (1 - this.plan.dropout);
    this.stepPanels(optimizer, place, rate, counted, time, begin, end);
    if (!this.#norm) return;
    this.#norm.finish(begin, end);
    this.stepPanels(optimizer, this.#norm.place, rate, images, time, begin, end);
  }

  /** The gradient of units `begin` to `end`. */
  #sumGradient(begin: number, end: number): void {
    const { at, blockImages, below, depth, size, step, pool, unitSums, rows } = this.plan;
    this.kernels.convGradient(
      at.sums,
      at.counts,
      at.unitLists,
      at.grid,
      at.gradientRows,
      at.winners,
      at.targets,
      begin,
      end,
      blockImages,
      this.#learned,
      below.height,
      below.width,
      depth,
      size,
      step,
      pool,
      rows,
      unitSums,
    );
    this.kernels.panelSums(at.gradient, at.sums, begin, end, depth, size, unitSums);
  }
}
