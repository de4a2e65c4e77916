// Which grids fields fit.

import { InputError } from '../../errors.ts';
import type { Shape } from '../shape.ts';
import type { FieldSize } from './spec.ts';

/** Positions of a grid whose fields cover `length` positions of another; throws an InputError where they do not fit. */
export function fieldCount(length: number, { size, stride, overhang }: FieldSize): number {
  const last = length + 2 * overhang - size;
  if (!(last >= 0 && last % stride === 0)) {
    throw new InputError(
      `fields of ${size}, ${stride} apart and ${overhang} over the edge, do not cover ${length} positions: expected ` +
        'stride to divide length + 2 · overhang − size',
    );
  }
  return last / stride + 1;
}

/** Throws an InputError unless `units` are as many as the fields that cover `source`. */
export function checkCover(units: Shape, source: Shape, field: FieldSize): void {
  for (const [what, side] of [
    ['rows', 'height'],
    ['columns', 'width'],
  ] as const) {
    const expected = fieldCount(source[side], field);
    if (units[side] !== expected) {
      throw new InputError(
        `fields of ${field.size} over ${source[side]} ${what} belong to ${expected} ${what} of units, found ${units[side]}`,
      );
    }
  }
}
