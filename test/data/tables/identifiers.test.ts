// Which numbers name rows instead of saying something of them, and which stand for none.

import { describe, expect, it } from 'vitest';
import { findApart, whyIdentifier } from '../../../src/data/tables/identifiers.ts';
import { generator } from '../../support/data.ts';

const random = generator(3);
const permuted = Float64Array.from({ length: 60 }, (_, i) => (i * 37) % 60);

describe('identifiers', () => {
  it.each<[string, string, Iterable<number>, boolean]>([
    ['a count', 'x', Array.from({ length: 20 }, (_, i) => 5 + i), true],
    ['a count in another order', 'x', permuted, true],
    ['keys with gaps, ascending', 'order', Array.from({ length: 30 }, (_, i) => 1000 + i * i), true],
    [
      'keys at random, called so',
      'order_id',
      Array.from({ length: 30 }, (_, i) => ((i * 7919) % 10007) * 1e6),
      true,
    ],
    ['whole numbers of which two are equal', 'id', [...permuted, 5], false],
    [
      'whole numbers of a wide range at random',
      'income',
      Array.from({ length: 30 }, (_, i) => (i * 7919) % 100003),
      false,
    ],
    ['fractions', 'id', Array.from({ length: 30 }, random), false],
    ['few', 'id', [3, 1, 2], false],
  ])('%s', (_, name, values, expected) => {
    expect(whyIdentifier(name, Float64Array.from(values)) !== undefined).toBe(expected);
  });

  it('are not told by the name that a reader has given', () => {
    const values = Float64Array.from({ length: 30 }, (_, i) => (i * 7919) % 100003);
    expect(whyIdentifier('column 3', values)).toBeUndefined();
  });
});

describe('a number for none', () => {
  const ages = Array.from({ length: 40 }, (_, i) => 20 + i);
  it.each<[string, number[], number | undefined]>([
    ['stands apart', [...ages, -999, -999], -999],
    ['at the other end', [...ages, 9999, 9999, 9999], 9999],
    ['once is anything', [...ages, -999], undefined],
    ['among others is one of them', [...ages.map(age => age * 40), 999, 999], undefined],
    ['of others that go as far', [...ages.map(age => -900 - age), -999, -999], undefined],
  ])('%s', (_, values, expected) => {
    expect(findApart(Float64Array.from(values))).toBe(expected);
  });
});
