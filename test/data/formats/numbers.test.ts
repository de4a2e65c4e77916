// Numbers as people write them, and how a column writes them.

import { describe, expect, it } from 'vitest';
import {
  findFormat,
  type NumberFormat,
  type NumberHints,
  parseNumber,
} from '../../../src/data/formats/numbers.ts';

const plain: NumberFormat = { decimal: '.', thousands: '' };

it.each<[string, Partial<NumberFormat>, number]>([
  ['12.5', {}, 12.5],
  ['-1e3', {}, -1000],
  ['.5', {}, 0.5],
  ['$14.23', {}, 14.23],
  ['-€ 3', {}, -3],
  ['7.5 £', {}, 7.5],
  ['(5)', {}, -5],
  ['\u22123', {}, -3],
  ['\u0663\u0661', {}, 31],
  ['1,234', {}, Number.NaN],
  ['12 %', {}, Number.NaN],
  ['12.5 %', { hasPercent: true }, 12.5],
  ['12.5', { hasPercent: true }, Number.NaN],
  ['1,5', { decimal: ',' }, 1.5],
  ['1.5', { decimal: ',' }, Number.NaN],
  ['1,234,567.5', { thousands: ',' }, 1234567.5],
  ['12,34,567', { thousands: ',' }, 1234567],
  ['12,34', { thousands: ',' }, Number.NaN],
  ['0,123', { thousands: ',' }, Number.NaN],
  ['1.234,5', { decimal: ',', thousands: '.' }, 1234.5],
  ['1\u00a0234,5', { decimal: ',', thousands: ' ' }, 1234.5],
  ["1'234", { thousands: "'" }, 1234],
  ['abc', {}, Number.NaN],
  ['', {}, Number.NaN],
  ['1 2', {}, Number.NaN],
  ['0x10', {}, Number.NaN],
  ['Infinity', {}, Number.NaN],
])('%j, written as %j, is %d', (cell, format, value) => {
  expect(parseNumber(cell, { ...plain, ...format })).toBe(value);
});

describe('how a column is written', () => {
  it.each<[string, string[], NumberHints, NumberFormat, boolean]>([
    ['plainly', ['1.5', '2', '3e4'], {}, plain, false],
    ['with decimal commas', ['1,5', '2', '30,25'], {}, { decimal: ',', thousands: '' }, false],
    [
      'with commas between thousands, beside smaller ones',
      ['1,234', '999', '12,000'],
      {},
      { decimal: '.', thousands: ',' },
      true,
    ],
    ['with both', ['1,234.5', '7.25'], {}, { decimal: '.', thousands: ',' }, false],
    ['the other way round', ['1.234,5', '7,25'], {}, { decimal: ',', thousands: '.' }, false],
    ['with three decimals in each, which are decimals', ['1.234', '0.500', '12.125'], {}, plain, false],
    ['as nobody can know', ['1,234', '2,345'], {}, { decimal: '.', thousands: ',' }, true],
    [
      'as other columns have it',
      ['1,234', '2,345'],
      { likelyDecimal: ',' },
      { decimal: ',', thousands: '' },
      true,
    ],
    ['as was said', ['1,234', '2,345'], { decimal: ',' }, { decimal: ',', thousands: '' }, false],
    ['with percent', ['5 %', '7%', '10.5 %'], {}, { ...plain, hasPercent: true }, false],
    [
      'with points between thousands, many of them',
      [...Array.from({ length: 12 }, (_, i) => `${i + 1}.500`), '900'],
      {},
      { decimal: ',', thousands: '.' },
      true,
    ],
  ])('%s', (_, cells, hints, format, isAmbiguous) => {
    const found = findFormat(cells, hints);
    expect(found).toEqual({ format, count: cells.length, isAmbiguous });
  });

  it('counts what is no number in it', () => {
    expect(findFormat(['1', 'x', '2']).count).toBe(2);
    expect(findFormat(['x', 'y']).count).toBe(0);
  });
});
