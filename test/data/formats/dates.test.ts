// Dates as people write them.

import { expect, it } from 'vitest';
import { type DateOrder, datePart, findDateOrder, parseDate } from '../../../src/data/formats/dates.ts';

it.each<[string, DateOrder, number[] | undefined]>([
  ['2024-02-29', 'year', [2024, 2, 29, 0]],
  ['2023-02-29', 'year', undefined],
  ['2024-03-01T06:30:00Z', 'year', [2024, 3, 1, 6.5]],
  ['2024/03/01 6:30:11 PM GMT+1', 'year', [2024, 3, 1, 18.5]],
  ['2024-03-01T06:30:00.123+02:00', 'year', [2024, 3, 1, 6.5]],
  ['31/12/1999', 'day', [1999, 12, 31, 0]],
  ['31/12/1999', 'month', undefined],
  ['12/31/99 1:15 pm', 'month', [1999, 12, 31, 13.25]],
  ['1.2.24', 'day', [2024, 2, 1, 0]],
  ['12', 'day', undefined],
  ['2024-01-01x', 'year', undefined],
])('%j, %s first', (cell, order, parts) => {
  const date = parseDate(cell, order);
  expect(date && [date.year, date.month, date.day, date.hour]).toEqual(parts);
});

it('knows weekdays', () => {
  expect(datePart('2026-11-30', 'year', 'weekday')).toBe(0);
  expect(datePart('29.11.2026', 'day', 'weekday')).toBe(6);
});

it('tells what comes first by all cells', () => {
  expect(findDateOrder(['01/02/2020', '13/02/2020'], 1)).toEqual({ order: 'day', isAmbiguous: false });
  expect(findDateOrder(['01/02/2020', '02/13/2020'], 1)).toEqual({ order: 'month', isAmbiguous: false });
  expect(findDateOrder(['01/02/2020', '03/04/2020'], 1)).toEqual({ order: 'day', isAmbiguous: true });
  expect(findDateOrder(['5', '7'], 1)).toBeUndefined();
});
