// What a network has learned, as plain row-major arrays: read from its memories and written back to them.

import type { Kernels } from '../kernels/kernels.ts';
import { type LayerPlan, PANEL } from '../layers/plan.ts';
import { fanIn, type WiredPlan } from '../layers/wiring.ts';
import { stream } from '../schedule/job.ts';
import type { Session } from '../schedule/session.ts';

/** A named array; `shape` is row-major. */
export interface StateTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

// A region of panels (P, rows, 32) seen as a matrix (rows, units).
interface Panels {
  readonly name: string;
  readonly memory: WebAssembly.Memory;
  readonly at: number;
  /** Rows of a panel, and which of them the tensor has. */
  readonly panelRows: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly units: number;
  readonly isVector: boolean;
  /** Which row of the panel each row of the tensor is, counted from `firstRow`; in order where it is absent. */
  readonly order?: Uint32Array;
}

/** Panels that share inputs: all of a dense layer, or those of a block; `at` are byte offsets. */
interface PanelGroup {
  readonly prefix: string;
  readonly inputs: number;
  readonly units: number;
  readonly at: {
    readonly weights: number;
    readonly first: number;
    readonly second: number;
    readonly means: number;
  };
}

/** What the names of a layer's tensors begin with, for each of its blocks; a dense layer is one. */
export function tensorPrefixes(plan: LayerPlan | WiredPlan, l: number): string[] {
  if (plan.kind === 'dense' || plan.blocks.length === 1) return [`layers.${l}`];
  return plan.blocks.map((_, b) => `layers.${l}.block.${b}`);
}

function panelGroups(plan: LayerPlan | WiredPlan, l: number): PanelGroup[] {
  const { at } = plan;
  const prefixes = tensorPrefixes(plan, l);
  if (plan.kind === 'dense')
    return [{ prefix: prefixes[0], inputs: plan.inputs, units: plan.units, at: plan.at }];
  return plan.blocks.map(({ panel, inputs, units, weights, first, second }, b) => ({
    prefix: prefixes[b],
    inputs,
    units,
    at: { weights, first, second, means: at.means + panel * PANEL * 4 },
  }));
}

/** What the model file holds; with `isWhole` also what going on with training needs. */
function regions(session: Session, isWhole: boolean): Panels[] {
  const list: Panels[] = [];
  session.plans.forEach((plan, l) => {
    const { head, moments, outputs } = plan;
    const memory = session.memories[l];
    for (const { prefix, inputs, units, at } of panelGroups(plan, l)) {
      const matrix = { memory, panelRows: inputs + 1, firstRow: 0, rows: inputs, units, isVector: false };
      const vector = { memory, panelRows: inputs + 1, firstRow: inputs, rows: 1, units, isVector: true };
      list.push({ ...matrix, name: `${prefix}.weight`, at: at.weights });
      list.push({ ...vector, name: `${prefix}.bias`, at: at.weights });
      if (!isWhole) continue;
      for (const moment of (['first', 'second'] as const).slice(0, moments)) {
        list.push({ ...matrix, name: `${prefix}.weight.${moment}`, at: at[moment] });
        list.push({ ...vector, name: `${prefix}.bias.${moment}`, at: at[moment] });
      }
      list.push({ ...vector, name: `${prefix}.mean`, at: at.means, panelRows: 1, firstRow: 0 });
    }
    if (!head) return;
    const readout = {
      memory,
      panelRows: outputs + 1,
      firstRow: 0,
      rows: plan.units,
      units: session.classes,
      isVector: false,
      ...(plan.kind === 'wired' && { order: plan.outputOrder }),
    };
    list.push({ ...readout, name: `readout.${l}.weight`, at: head.weights });
    if (isWhole) list.push({ ...readout, name: `readout.${l}.weight.first`, at: head.velocity });
  });
  return list;
}

/** The tensors of a network, or the one called `only`: `layers.0.weight` (inputs, units), `layers.0.bias` (units), … */
export function readState(session: Session, isWhole: boolean, only?: string): StateTensor[] {
  const wanted = regions(session, isWhole).filter(({ name }) => only === undefined || name === only);
  return wanted.map(region => {
    const { name, rows, units, isVector } = region;
    const data = new Float32Array(rows * units);
    forEachRow(region, (panelRow, from, length) => data.set(panelRow.subarray(0, length), from));
    return { name, shape: isVector ? [units] : [rows, units], data };
  });
}

/** Writes back what readState gave. `find` returns the data of a tensor by name and shape, or throws. */
export function writeState(
  session: Session,
  isWhole: boolean,
  find: (name: string, shape: readonly number[]) => Float32Array,
): void {
  for (const region of regions(session, isWhole)) {
    const { name, rows, units, isVector } = region;
    const data = find(name, isVector ? [units] : [rows, units]);
    forEachRow(region, (panelRow, from, length) => panelRow.set(data.subarray(from, from + length)));
  }
}

function forEachRow(region: Panels, visit: (panelRow: Float32Array, from: number, length: number) => void) {
  const { memory, at, panelRows, firstRow, rows, units, order } = region;
  const f32 = new Float32Array(memory.buffer);
  for (let unit = 0; unit < units; unit += PANEL) {
    for (let row = 0; row < rows; row++) {
      const panelRow = firstRow + (order ? order[row] : row);
      const begin = (at >>> 2) + ((unit / PANEL) * panelRows + panelRow) * PANEL;
      visit(f32.subarray(begin, begin + PANEL), row * units + unit, Math.min(PANEL, units - unit));
    }
  }
}

/** The state before training: normal weights of deviation 1 / √inputs, no bias, readout zero, mean activity ½. */
export function initializeState(session: Session, bind: (memory: WebAssembly.Memory) => Kernels): void {
  const { plans, memories, seed } = session;
  plans.forEach((plan, l) => {
    const memory = memories[l];
    const kernels = bind(memory);
    if (plan.kind === 'wired') {
      initializeBlocks(plan, l, memory, kernels, seed);
      return;
    }
    const { inputs, units, panels, at } = plan;
    const deviation = 1 / Math.sqrt(inputs);
    kernels.randomWeights(at.weights, 0, panels, inputs, units, seed, stream.weights + l, deviation);
    new Float32Array(memory.buffer, at.means, units).fill(0.5);
  });
}

/** The same for a layer of blocks: a unit's deviation goes by the inputs that it sees itself. */
function initializeBlocks(
  plan: WiredPlan,
  l: number,
  memory: WebAssembly.Memory,
  kernels: Kernels,
  seed: number,
): void {
  plan.blocks.forEach((block, b) => {
    const { weights, panel, panels, inputs, units, masks } = block;
    kernels.randomWeights(weights, 0, panels, inputs, units, seed, stream.blocks * (l + 1) + b, 1);
    const f32 = new Float32Array(memory.buffer, weights, panels * (inputs + 1) * PANEL);
    fanIn(block, memory).forEach((count, unit) => {
      const first = Math.floor(unit / PANEL) * (inputs + 1) * PANEL + (unit % PANEL);
      for (let k = 0; k < inputs; k++) f32[first + k * PANEL] *= 1 / Math.sqrt(count);
    });
    if (masks) kernels.maskWeights(weights, masks, 0, panels, inputs);
    new Float32Array(memory.buffer, plan.at.means + panel * PANEL * 4, units).fill(0.5);
  });
}
