// NumPy's files: several types, and claims that the bytes do not back.

import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { parseNpy, parseNpz } from '../../../src/data/formats/npy.ts';
import { InputError } from '../../../src/errors.ts';
import { npy } from '../../support/npy.ts';

it('reads NPY of several types', () => {
  const square = npy('<f4', [3, 2], new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
  expect(parseNpy(square, 'a.npy')).toEqual({ shape: [3, 2], values: Float64Array.of(1, 2, 3, 4, 5, 6) });
  const big = npy('>i2', [2], Uint8Array.of(1, 0, 0xff, 0xfe));
  expect(parseNpy(big, 'a.npy').values).toEqual(Float64Array.of(256, -2));
  const text = npy('<U2', [2], new Uint8Array(16));
  expect(parseNpy(text, 'a.npy').values).toEqual(['', '']);
});

it('reads float16, and arrays that are stored by columns', () => {
  const halves = Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff, 0x7c00, 0x7e00, 0x8000);
  expect(parseNpy(npy('<f2', [7], new Uint8Array(halves.buffer)), 'a.npy').values).toEqual(
    Float64Array.of(1, -2.5, 2 ** -24, 65504, Infinity, NaN, -0),
  );
  const table = npy('<i4', [2, 3], new Uint8Array(Int32Array.of(1, 4, 2, 5, 3, 6).buffer), true);
  expect(parseNpy(table, 'a.npy').values).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
  // Value (i, j, k) of 2 × 3 × 2 is 100 i + 10 j + k.
  const cube = npy('|u1', [2, 3, 2], Uint8Array.of(0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121), true);
  expect([...parseNpy(cube, 'a.npy').values]).toEqual([0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]);
});

it('refuses arrays that claim more than the file holds', () => {
  expect(() => parseNpy(npy('<f8', [9_000_000_000, 1], new Uint8Array(8)), 'a.npy')).toThrow(
    /needs 72000000\d+ bytes/,
  );
  const bomb = zipSync({ 'x.npy': new Uint8Array(100) });
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - 51 + 24, 2 ** 31 - 8, true);
  expect(() => parseNpz(bomb, 'a.npz')).toThrow(InputError);
});
