// Titles, second rows of names, units and totals are no examples, and examples are none of them.

import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/data/formats/csv.ts';

const rows = Array.from({ length: 12 }, (_, i) => `${i}.5,${3 * i + 1},${'abc'[i % 3]}`);
const read = (before: readonly string[], after: readonly string[] = [], list = rows) => {
  const table = parseCsv(new TextEncoder().encode([...before, ...list, ...after].join('\n')), 'x.csv');
  const { count, notes } = table;
  const columns = table.columns.map(({ name, values }) => ({ name, values: [...values] }));
  return { names: columns.map(({ name }) => name), count, notes: notes.slice(1), columns };
};
const plain = read(['width,height,kind']);

describe('rows of names', () => {
  it.each([
    [
      'pandas, of two levels',
      ['sepal,sepal,what', 'width,height,kind'],
      ['sepal width', 'sepal height', 'what kind'],
    ],
    ['merged in a sheet', ['sepal,,what', 'width,height,kind'], ['sepal width', 'sepal height', 'what kind']],
    [
      'merged, below a title',
      ['Flowers,,', 'sepal,,what', 'width,height,kind'],
      ['sepal width', 'sepal height', 'what kind'],
    ],
  ])('are joined: %s', (_, before, names) => {
    const found = read(before);
    expect(found.names).toEqual(names);
    expect(found.columns.map(({ values }) => values)).toEqual(plain.columns.map(({ values }) => values));
    expect(found.notes.at(-1)?.text).toMatch(/^the names of columns are in 2 rows, and joined \(sepal width/);
  });

  it.each([['[mm],[cm],[-]'], ['mm,cm,'], ['Breite,Höhe,Art']])(
    'of units, or in other words, are left out: %s',
    units => {
      const found = read(['width,height,kind', units]);
      expect(found).toMatchObject({ names: plain.names, count: 12, columns: plain.columns });
      expect(found.notes).toMatchObject([{ code: 'skipped', count: 1 }]);
    },
  );

  it.each([
    ['a cell that cannot be read', 'wide,7,a'],
    ['cells that are missing', '?,-,a'],
    ['a word that is there below', 'wide,high,a'],
  ])('are not: an example with %s', (_, row) => {
    expect(read(['width,height,kind', row]).count).toBe(13);
  });
});

it('titles that are filled up to the width of the table stand above the names', () => {
  const found = read(['Flowers,,', 'of 2024,,', ',,', 'width,height,kind']);
  expect(found).toMatchObject({ names: plain.names, count: 12, columns: plain.columns });
  expect(found.notes).toMatchObject([{ code: 'skipped', count: 3 }]);
  // Without names there is nothing to stand above.
  expect(read(['0.5,,'], []).count).toBe(13);
});

it.each([
  ['a total', ['Total,100,'], true],
  ['a total for a class', ['66.5,210,Total'], true],
  ['a mean and a sum', ['Mean,17,', 'Sum:,210,'], true],
  ['a remark', [',,', 'Source: a garden,,'], false],
])('rows at the end are no examples: %s', (_, after, isWarning) => {
  const found = read(['width,height,kind'], after);
  expect(found).toMatchObject({ count: 12, columns: plain.columns });
  expect(found.notes).toMatchObject([
    { code: 'skipped', count: after.length, ...(isWarning && { isWarning }) },
  ]);
});

it.each([['99.5,,'], ['wide,7,b'], [',,c']])('rows at the end are examples: %s', row => {
  expect(read(['width,height,kind'], [row]).count).toBe(13);
});

it('a word for totals that is a value like others is one', () => {
  const list = rows.map((row, i) => row.replace(/.$/, i % 2 ? 'Total' : 'part'));
  expect(read(['width,height,kind'], [], list).count).toBe(12);
});

it('all rows but the first are examples where it is said to be names', () => {
  const text = ['width,height,kind', 'mm,cm,', ...rows, 'Total,210,'].join('\n');
  const { count, notes } = parseCsv(new TextEncoder().encode(text), 'x.csv', { header: true });
  expect(count).toBe(14);
  expect(notes).toHaveLength(1);
});
