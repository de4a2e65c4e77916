// What a network has learned, as plain row-major arrays: read from its memories and written back to them.

import { firstNotFinite } from '../files/finite.ts';
import { PANEL } from '../kernels/panels.ts';
import type { HeadPlan, TensorRegion } from '../layers/plan.ts';
import type { Session } from '../schedules/session.ts';

/** A named array; `shape` is row-major. */
export interface StateTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor, and the layer whose memory it is in. */
type Region = TensorRegion & { readonly layer: number };

/** What the model file holds; with `isWhole` also what going on with training needs. */
function regions({ plans }: Pick<Session, 'plans'>, isWhole: boolean): Region[] {
  return plans.flatMap((plan, l) => {
    const { head, classHeads, outputOrder: order } = plan;
    const maps = classHeads?.groups ?? [];
    const list = [
      ...plan.tensors,
      ...maps.flatMap((map, g) => {
        const name = `classes.${l}${maps.length > 1 ? `.group.${g}` : ''}.weight`;
        return headTensors(map, name, map.order?.length ?? map.width, plan.moments, map.order);
      }),
      ...(head ? headTensors(head, `readout.${l}.weight`, order?.length ?? plan.units, 1, order) : []),
    ];
    const wanted = isWhole ? list : list.filter(({ isForTraining }) => !isForTraining);
    return wanted.map(region => ({ ...region, layer: l }));
  });
}

/** The weights of a linear map of `rows` units, and its optimizer's moments. */
function headTensors(
  head: HeadPlan,
  name: string,
  rows: number,
  moments: number,
  order?: Uint32Array,
): TensorRegion[] {
  const shape = { panelRows: head.width + 1, firstRow: 0, rows, units: head.classes, isVector: false };
  const weights = { ...shape, name, at: head.weights, isForTraining: false, ...(order && { order }) };
  const names = (['first', 'second'] as const).slice(0, moments);
  return [
    weights,
    ...names.map(moment => ({
      ...weights,
      name: `${name}.${moment}`,
      at: head[moment],
      isForTraining: true,
    })),
  ];
}

function shapeOf({ rows, units, isVector }: TensorRegion): number[] {
  return isVector ? [units] : [rows, units];
}

/** Calls `check` with the name and the shape of every tensor that a network of these plans has, which needs no memory. */
export function eachTensor(
  planned: Pick<Session, 'plans'>,
  isWhole: boolean,
  check: (name: string, shape: readonly number[]) => void,
): void {
  for (const region of regions(planned, isWhole)) check(region.name, shapeOf(region));
}

/** The tensors of a network, or the one called `only`: `layers.0.weight` (inputs, units), `layers.0.bias` (units), … */
export function readState(session: Session, isWhole: boolean, only?: string): StateTensor[] {
  const wanted = regions(session, isWhole).filter(({ name }) => only === undefined || name === only);
  return wanted.map(region => {
    const { name, rows, units } = region;
    const data = new Float32Array(rows * units);
    forEachRow(session, region, (panelRow, from, length) => data.set(panelRow.subarray(0, length), from));
    return { name, shape: shapeOf(region), data };
  });
}

/** Writes back what readState gave. `find` returns the data of a tensor by name and shape, or throws. */
export function writeState(
  session: Session,
  isWhole: boolean,
  find: (name: string, shape: readonly number[]) => Float32Array,
): void {
  for (const region of regions(session, isWhole)) {
    const data = find(region.name, shapeOf(region));
    forEachRow(session, region, (panelRow, from, length) => panelRow.set(data.subarray(from, from + length)));
  }
}

/** The name of a tensor that has values which are not finite, if there is one; nothing is copied. */
export function notFinite(session: Session): string | undefined {
  return regions(session, true).find(({ layer, at, panelRows, units }) => {
    const floats = Math.ceil(units / PANEL) * panelRows * PANEL;
    // What stands in the panels besides, such as their padding, is finite unless the rest is not.
    return firstNotFinite(new Float32Array(session.memories[layer].buffer, at, floats)) >= 0;
  })?.name;
}

function forEachRow(
  { memories }: Session,
  { layer, at, panelRows, firstRow, rows, units, order }: Region,
  visit: (panelRow: Float32Array, from: number, length: number) => void,
) {
  const f32 = new Float32Array(memories[layer].buffer);
  for (let unit = 0; unit < units; unit += PANEL) {
    for (let row = 0; row < rows; row++) {
      const panelRow = firstRow + (order ? order[row] : row);
      const begin = (at >>> 2) + ((unit / PANEL) * panelRows + panelRow) * PANEL;
      visit(f32.subarray(begin, begin + PANEL), row * units + unit, Math.min(PANEL, units - unit));
    }
  }
}
