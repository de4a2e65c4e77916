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

it('refuses arrays that claim more than the file holds', () => {
  expect(() => parseNpy(npy('<f8', [9_000_000_000, 1], new Uint8Array(8)), 'a.npy')).toThrow(
    /needs 72000000\d+ bytes/,
  );
  const bomb = zipSync({ 'x.npy': new Uint8Array(100) });
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - 51 + 24, 2 ** 31 - 8, true);
  expect(() => parseNpz(bomb, 'a.npz')).toThrow(InputError);
});
