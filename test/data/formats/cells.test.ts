// Cells in little memory come out as they went in, and are read as the texts are.

import { expect, it } from 'vitest';
import type { Cells } from '../../../src/data/formats/cells.ts';
import { countKnown, formatOf, isMissing, numbers, texts } from '../../../src/data/formats/columns.ts';
import { GrowingCells } from '../../../src/data/formats/growing-cells.ts';
import { findFormat, type NumberFormat } from '../../../src/data/formats/numbers.ts';
import { generator } from '../../support/data.ts';

type Random = () => number;

const ODD = [
  ...[
    '',
    '0',
    '-0',
    '0.0',
    '-0.0',
    '00',
    '007',
    '+5',
    '5.',
    '.5',
    '-.5',
    '.50',
    ',5',
    '1,5',
    '1,50',
    '-1,234',
  ],
  ...[
    '1.234',
    '12.345',
    '1,234',
    '1.234,5',
    '1,234.5',
    '1 234',
    '1e5',
    '1e-7',
    '1e+21',
    '1E5',
    '0x10',
    'NaN',
  ],
  ...['Infinity', '12345678901234567890', '9007199254740993', '999999999999999', '1000000000000000'],
  ...['0.1234567890123456789', '0.30000000000000004', '5e-324', '1e400', '0.000000000000001', '255', '256'],
  ...[
    '-32769',
    '2147483648',
    '-',
    '.',
    ',',
    '1.2.3',
    '1,2,3',
    '$5',
    '5 %',
    '(3)',
    '٣',
    '−4',
    'NA',
    'a word',
    '?',
  ],
];

const collected = (cells: readonly string[]) => {
  const growing = new GrowingCells();
  cells.forEach((cell, i) => {
    growing.set(i, cell);
  });
  return growing.slice(0);
};

/** Cells of one column, mostly of one kind. */
function draw(random: Random): string[] {
  const decimals = Math.floor(4 * random());
  const size = 10 ** Math.floor(7 * random());
  const oddness = random() < 0.5 ? 0 : random() ** 2;
  const mark = random() < 0.2 ? ',' : '.';
  return Array.from({ length: 1 + Math.floor(60 * random()) }, () => {
    if (random() < oddness) return ODD[Math.floor(random() * ODD.length)];
    const value = (random() - 0.3) * size;
    return decimals === 3 && size === 1 ? String(value) : value.toFixed(decimals).replace('.', mark);
  });
}

const FORMATS: readonly NumberFormat[] = [
  { decimal: '.', thousands: '' },
  { decimal: ',', thousands: '' },
  { decimal: '.', thousands: ',' },
  { decimal: ',', thousands: '.' },
  { decimal: '.', thousands: ' ', hasPercent: true },
];

it('come out letter by letter, alone and together', () => {
  for (const cell of ODD) expect([...collected([cell])]).toEqual([cell]);
  expect([...collected(ODD)]).toEqual(ODD);
  expect([...collected(ODD.toReversed())]).toEqual(ODD.toReversed());
  const random = generator(3);
  for (let i = 0; i < 500; i++) {
    const cells = draw(random);
    expect([...collected(cells)]).toEqual(cells);
    expect(collected(cells).map(cell => `${cell}!`)).toEqual(cells.map(cell => `${cell}!`));
    expect([...collected(cells).slice(1, 9)]).toEqual(cells.slice(1, 9));
  }
});

it('are counted from the end, too, as those of arrays', () => {
  const cells = collected(['1', 'a', '2.50']);
  expect([0, 2, 3, -1, -3, -4].map(i => cells.at(i))).toEqual([
    '1',
    '2.50',
    undefined,
    '2.50',
    '1',
    undefined,
  ]);
});

it('are read to the numbers and the way of writing that their texts are read to', () => {
  const random = generator(4);
  for (let i = 0; i < 500; i++) {
    const cells = draw(random);
    const stored = { name: 'x', values: collected(cells) };
    const plain = { name: 'x', values: cells };
    for (const missing of [undefined, ['NA', '-'], ['0', '1.5', '255']]) {
      for (const format of FORMATS)
        expect(numbers(stored, format, missing)).toEqual(numbers(plain, format, missing));
      expect(texts(stored, missing)).toEqual(texts(plain, missing));
      expect(countKnown(stored.values, missing)).toBe(countKnown(cells, missing));
      const rows = Uint32Array.from(cells.keys()).filter(row => row % 5 !== 0);
      for (const hints of [{}, { decimal: ',' }, { thousands: '' }, { likelyDecimal: ',' }] as const) {
        const known = Array.from(rows, row => cells[row]).filter(cell => !isMissing(cell, missing));
        expect(formatOf(stored.values, rows, { ...hints, missing })).toEqual({
          ...findFormat(known, hints),
          known: known.length,
        });
      }
    }
  }
});

it('take a byte for a small number or for one of few words, and eight for a fraction', () => {
  const bytes = (cells: readonly string[]) => {
    const growing = new GrowingCells();
    cells.forEach((cell, i) => {
      growing.set(i, cell);
    });
    return growing.expect(1e6).arrays;
  };
  const each = (write: (i: number) => string) => Array.from({ length: 1000 }, (_, i) => write(i));
  expect(bytes(each(i => String(i % 256)))).toBe(1e6);
  expect(bytes(each(i => ['red', 'green', 'blue'][i % 3]))).toBe(1e6);
  expect(bytes(each(i => (i / 7).toFixed(2)))).toBe(8e6);
  expect(bytes(each(i => (i % 9 ? (i / 7).toFixed(2) : 'NA')))).toBe(9e6);
});

it('of ever new words are texts and nothing else', () => {
  const cells = Array.from({ length: 70_000 }, (_, i) => `word ${i % 69_000}`);
  const stored = collected(cells) as readonly string[];
  expect(Array.isArray(stored)).toBe(true);
  expect(stored).toEqual(cells);
  const few = collected(cells.map(cell => cell.slice(0, 7))) as Cells;
  expect(few.at(69_999)).toBe('word 99');
});
