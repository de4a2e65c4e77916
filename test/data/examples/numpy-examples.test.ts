// Arrays of an NPZ as examples with labels.

import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { numpySource } from '../../../src/data/examples/numpy-examples.ts';
import { npy } from '../../support/npy.ts';

it('reads an NPZ with labels', () => {
  const square = npy('<f4', [3, 2], new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
  const npz = zipSync({ 'x.npy': square, 'y.npy': npy('|u1', [3], Uint8Array.of(0, 1, 0)) });
  const { examples } = numpySource(npz, 'a.npz');
  expect(examples).toMatchObject({
    count: 3,
    columns: [{ values: Float64Array.of(1, 3, 5) }, {}, { name: 'label' }],
  });
});
