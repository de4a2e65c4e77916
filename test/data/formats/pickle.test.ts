// Arrays of Python objects: those of texts are read, programs are not run.

import { expect, it } from 'vitest';
import { parseNpy } from '../../../src/data/formats/npy.ts';
import { parseTexts } from '../../../src/data/formats/pickle.ts';
import { InputError } from '../../../src/errors.ts';
import { generator } from '../../support/data.ts';
import { npy } from '../../support/npy.ts';
import { pickledObjects } from '../../support/pickle.ts';

/** What numpy.save wrote behind the header. */
const NUMPY_3 =
  'gANjbnVtcHkuY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAGNudW1weQpuZGFycmF5CnEBSwCFcQJDAWJxA4dxBFJxBShLAUsDhXEGY251bXB5CmR0eXBlCnEHWAIAAABPOHEIiYiHcQlScQooSwNYAQAAAHxxC05OTkr/////Sv////9LP3RxDGKJXXENKFgDAAAAeWVzcQ5YAgAAAG5vcQ9oDmV0cRBiLg==';

it.each([3, 4] as const)('reads texts, numbers and nothing in protocol %i', protocol => {
  const values = ['rød', 'a b ', null, 2.5, NaN, 'rød'];
  const file = npy('|O', [3, 2], pickledObjects([3, 2], values, protocol));
  expect(parseNpy(file, 'a.npy')).toEqual({ shape: [3, 2], values: ['rød', 'a b', '', '2.5', '', 'rød'] });
});

it('reads what NumPy 1.24 wrote for numpy.array(["yes", "no", "yes"], object)', () => {
  const pickle = Buffer.from(NUMPY_3, 'base64');
  expect(parseTexts(pickle, [3], 'a.npy')).toEqual(['yes', 'no', 'yes']);
});

it('refuses programs, other objects and other shapes by their names', () => {
  const system = Buffer.from('\x80\x03cos\nsystem\nX\x02\0\0\0ls\x85R.', 'latin1');
  expect(() => parseTexts(system, [1], 'a.npy')).toThrow(/os\.system in it.*astype\(str\)/);
  expect(() => parseTexts(Buffer.from('(lp0\n.'), [1], 'a.npy')).toThrow(/byte 1 of its pickle is 108/);
  expect(() => parseTexts(pickledObjects([2], ['a', 'b'], 4), [3], 'a.npy')).toThrow(/another shape/);
  const bytes = pickledObjects([1], ['b'], 3);
  bytes[bytes.lastIndexOf(0x58)] = 0x42;
  expect(() => parseTexts(bytes, [1], 'a.npy')).toThrow(/bytes in it/);
  expect(() => parseTexts(bytes.subarray(0, 40), [1], 'a.npy')).toThrow(/truncated/);
  const nested = Buffer.concat([Buffer.from([0x80, 3, 0x29]), Buffer.alloc(300_000, 0x85), Buffer.from('.')]);
  expect(() => parseTexts(nested, [1], 'a.npy')).toThrow(InputError);
});

it('meets 2,000 mutated pickles with an error of ours or none', () => {
  const random = generator(5);
  const below = (most: number) => Math.floor(random() * most);
  for (const protocol of [3, 4] as const) {
    const sound = pickledObjects([3], ['a', 'b', null], protocol);
    for (let trial = 0; trial < 1000; trial++) {
      const bytes = Uint8Array.from(sound);
      for (let n = below(4); n >= 0; n--) bytes[below(bytes.length)] = below(256);
      try {
        parseTexts(bytes, [3], 'a.npy');
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
    }
  }
});
