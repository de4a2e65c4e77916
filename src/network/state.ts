// What a network has learned, as plain row-major arrays: read from its memories and written back to them.

import type { Kernels } from '../kernels/kernels.ts';
import { PANEL } from '../layers/plan.ts';
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
}

/** What the model file holds; with `isWhole` also what going on with training needs. */
function regions(session: Session, isWhole: boolean): Panels[] {
  const list: Panels[] = [];
  session.plans.forEach(({ inputs, units, at, head, moments }, l) => {
    const memory = session.memories[l];
    const matrix = (name: string, offset: number, panelRows: number, columns: number) =>
      list.push({
        name,
        memory,
        at: offset,
        panelRows,
        firstRow: 0,
        rows: panelRows - 1,
        units: columns,
        isVector: false,
      });
    const vector = (name: string, offset: number, panelRows: number, firstRow: number) =>
      list.push({ name, memory, at: offset, panelRows, firstRow, rows: 1, units, isVector: true });
    const prefix = `layers.${l}`;
    matrix(`${prefix}.weight`, at.weights, inputs + 1, units);
    vector(`${prefix}.bias`, at.weights, inputs + 1, inputs);
    if (head) matrix(`readout.${l}.weight`, head.weights, units + 1, session.classes);
    if (!isWhole) return;
    for (const [moment, offset] of [
      ['first', at.first],
      ['second', at.second],
    ].slice(0, moments) as [string, number][]) {
      matrix(`${prefix}.weight.${moment}`, offset, inputs + 1, units);
      vector(`${prefix}.bias.${moment}`, offset, inputs + 1, inputs);
    }
    vector(`${prefix}.mean`, at.means, 1, 0);
    if (head) matrix(`readout.${l}.weight.first`, head.velocity, units + 1, session.classes);
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
  const { memory, at, panelRows, firstRow, rows, units } = region;
  const f32 = new Float32Array(memory.buffer);
  for (let unit = 0; unit < units; unit += PANEL) {
    for (let row = 0; row < rows; row++) {
      const begin = (at >>> 2) + ((unit / PANEL) * panelRows + firstRow + row) * PANEL;
      visit(f32.subarray(begin, begin + PANEL), row * units + unit, Math.min(PANEL, units - unit));
    }
  }
}

/** The state before training: normal weights of deviation 1 / √inputs, no bias, readout zero, mean activity ½. */
export function initializeState(session: Session, bind: (memory: WebAssembly.Memory) => Kernels): void {
  session.plans.forEach(({ inputs, units, panels, at }, l) => {
    const memory = session.memories[l];
    const deviation = 1 / Math.sqrt(inputs);
    bind(memory).randomWeights(
      at.weights,
      0,
      panels,
      inputs,
      units,
      session.seed,
      stream.weights + l,
      deviation,
    );
    new Float32Array(memory.buffer, at.means, units).fill(0.5);
  });
}
