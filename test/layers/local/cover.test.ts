// Which grids fields fit.

import { expect, test } from 'vitest';
import { checkCover, fieldCount } from '../../../src/layers/local/cover.ts';
import { type FieldSize, localSpec } from '../../../src/layers/local/spec.ts';

const whole = (size: number, stride: number): FieldSize => ({ size, stride, overhang: 0 });
const grid = (height: number, width: number) => ({ height, width, channels: 1 });

test('fields that do not fit are refused', () => {
  expect(fieldCount(28, whole(10, 6))).toBe(4);
  expect(fieldCount(32, { size: 11, stride: 1, overhang: 5 })).toBe(32);
  expect(() => fieldCount(28, whole(10, 5))).toThrow('do not cover 28 positions');
  expect(() => fieldCount(9, whole(10, 1))).toThrow('do not cover 9 positions');
  expect(() => checkCover(grid(4, 4), grid(28, 28), whole(10, 6))).not.toThrow();
  expect(() => checkCover(grid(3, 4), grid(28, 28), whole(10, 6))).toThrow(
    'fields of 10 over 28 rows belong to 4 rows of units, found 3',
  );
  expect(() => checkCover(grid(4, 3), grid(28, 28), whole(10, 6))).toThrow(
    'fields of 10 over 28 columns belong to 4 columns of units, found 3',
  );
});

test('a field that hangs over the edge with nothing inside is refused', () => {
  const layer = (overhang: number) => ({
    kind: 'local',
    height: 9,
    width: 9,
    channels: 2,
    field: { size: 3, stride: 1, overhang },
  });
  expect(() => localSpec(layer(2), 'layers[0]')).not.toThrow();
  expect(() => localSpec(layer(3), 'layers[0]')).toThrow(
    'layers[0].field.overhang must be below size, found 3',
  );
});
