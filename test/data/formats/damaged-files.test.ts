// Readers of other programs' files: no mutated or truncated one gets past an error of ours, takes long, or makes a reader
// allocate what the file does not hold.

import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { numpySource } from '../../../src/data/examples/numpy-examples.ts';
import { parseCsv } from '../../../src/data/formats/csv.ts';
import { decodeFiles } from '../../../src/data/images/image-files.ts';
import { InputError } from '../../../src/errors.ts';
import { encodeSafetensors, parseSafetensors } from '../../../src/files/safetensors.ts';
import { generator } from '../../support/data.ts';
import { npy } from '../../support/npy.ts';

const square = npy('<f4', [3, 2], new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
const npz = zipSync({ 'x.npy': square, 'y.npy': npy('|u1', [3], Uint8Array.of(0, 1, 0)) });
const png = encode({
  width: 5,
  height: 4,
  channels: 3,
  data: Uint8Array.from({ length: 60 }, (_, i) => i * 4),
});
const tensors = Buffer.concat(
  encodeSafetensors([{ name: 'w', dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) }], {
    format: 'x',
  }),
);

it.each<[string, Uint8Array, (bytes: Uint8Array) => unknown]>([
  ['CSV', Buffer.from('name,"b ""q""",c\n1,x,2.5\n2,"y, z",\n?,w,1e9\n'), bytes => parseCsv(bytes, 'f.csv')],
  ['PNG', png, bytes => decodeFiles([{ name: 'f.png', path: 'f.png', read: async () => bytes }], 'f.png')],
  ['NPY', square, bytes => numpySource(bytes, 'f.npy')],
  ['NPZ', npz, bytes => numpySource(bytes, 'f.npz')],
  ['safetensors', tensors, bytes => parseSafetensors(bytes, 'f.safetensors')],
])(
  'meets 500 mutated or truncated files of %s with an error of ours or none',
  async (_, sound, read) => {
    const random = generator(11);
    const below = (count: number) => Math.floor(random() * count);
    for (let trial = 0; trial < 500; trial++) {
      const bytes = Uint8Array.from(sound.subarray(0, trial % 3 === 0 ? below(sound.length) : sound.length));
      for (let n = below(4); n >= 0 && bytes.length > 0; n--) {
        bytes[below(bytes.length)] = [0, 0xff, 0x7f, 0x80, below(256)][below(5)];
      }
      const before = process.memoryUsage();
      try {
        await read(bytes);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      const after = process.memoryUsage();
      expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(
        2 ** 28,
      );
    }
  },
  60_000,
);
