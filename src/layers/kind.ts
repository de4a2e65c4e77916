// What a kind of layer is: a folder that answers these questions. kinds.ts lists them.

import type { Build } from '../kernels/features.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Schema } from '../schema.ts';
import type { Layer } from './layer.ts';
import type { LayerPlan, Site } from './plan.ts';
import type { Shape } from './shape.ts';

/** What a recipe says of a layer of any kind. */
export interface AnySpec {
  readonly kind: string;
}

/** A kind as recipes know it. */
export interface LayerForm<Spec extends AnySpec = AnySpec> {
  /** Strict: refuses what it does not know. */
  readonly spec: Schema<Spec>;
  /**
   * The shape of what it hands on; throws an InputError where it cannot stand on `below`, the last of the `shapes` that pass up to it, of which
   * the first is that of the input. Absent: it stands on the input.
   */
  output(spec: Spec, below: Shape, shapes?: readonly Shape[]): Shape;
}

/** A kind in words. */
export interface LayerWords<Spec extends AnySpec = AnySpec> {
  /** Its size, such as `1000` or `4×4×128`. */
  size(spec: Spec): string;
  /** In a few words, such as `1000` or `4 × 4 × 128 (fields of 10, 6 apart)`. */
  describe(spec: Spec): string;
}

/** What the units of a layer see. */
export interface Sight {
  /** Where all look through the same window, wherever it is: its shape. Absent: they see the image. */
  readonly window?: Shape;
  /** The inputs that each block of units sees, of the window or of the image, in the order of the rows of that block's weights. */
  readonly blocks: readonly Uint32Array[];
}

/** A kind as networks know it. */
export interface LayerKind<Spec extends AnySpec = AnySpec, Plan extends LayerPlan = LayerPlan>
  extends LayerForm<Spec> {
  /** Sizes and byte offsets; throws an InputError where it does not fit in a memory. */
  plan(spec: Spec, site: Site): Plan;
  /** Which inputs of the layer above its units are, ascending, where there are gaps between them; absent: there are none. */
  inputOrder?(shape: Shape): Uint32Array | undefined;
  /** Writes what kernels read and nothing changes. */
  prepare(plan: Plan, memory: WebAssembly.Memory): void;
  /** Writes the weights before training. `index` counts layers from 0. */
  initialize(plan: Plan, memory: WebAssembly.Memory, kernels: Kernels, seed: number, index: number): void;
  /** What its units see, for pictures of their weights. */
  sight(plan: Plan): Sight;
  /** The layer as thread number `thread` works on it, above `lower` ones, from the bottom up. */
  open(
    plan: Plan,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    build: Build,
    thread: number,
    lower: readonly Layer[],
  ): Layer;
}

/** The kinds of layers that a network may have, by name: as much of them as its plan asks. */
export type PlannedKinds = Readonly<Record<string, Pick<LayerKind, 'output' | 'plan' | 'inputOrder'>>>;
