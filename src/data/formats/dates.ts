// Dates as people write them, and the numbers that they become: a year, a month, a day, a day of the week, hours.

/** In which order day, month and year are written. */
export type DateOrder = 'year' | 'day' | 'month';

/** A number out of a date. */
export type DatePart = 'year' | 'month' | 'day' | 'weekday' | 'hour';

export const dateParts: readonly DatePart[] = ['year', 'month', 'day', 'weekday', 'hour'];

const ORDERS: readonly unknown[] = ['year', 'day', 'month'];

export function isDateOrder(order: unknown): order is DateOrder {
  return ORDERS.includes(order);
}

export function isDatePart(part: unknown): part is DatePart {
  return (dateParts as readonly unknown[]).includes(part);
}

const YEAR_FIRST = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})/;
const YEAR_LAST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)/;
const TIME =
  /^[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(am|pm)?\s*((?:z|utc|gmt)?\s*(?:[+-]\d{1,2}(?::?\d{2})?)?)$/i;

interface Written {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** From 0 to 24, minutes included; 0 where there is no time. */
  readonly hour: number;
  readonly hasTime: boolean;
  /** As it is written, such as `+02:00`; empty where it is not. */
  readonly zone: string;
}

/** A cell as a date that is written in this order; undefined where it is none. */
export function parseDate(cell: string, order: DateOrder): Written | undefined {
  const match = (order === 'year' ? YEAR_FIRST : YEAR_LAST).exec(cell);
  if (!match) return undefined;
  const [first, second, third] = match.slice(1).map(Number);
  const [year, month, day] =
    order === 'year'
      ? [first, second, third]
      : order === 'day'
        ? [third, second, first]
        : [third, first, second];
  // Two digits are of 1950 to 2049.
  const full = year >= 100 || match[3].length > 2 ? year : year < 50 ? 2000 + year : 1900 + year;
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(full, month, 0)).getUTCDate())
    return undefined;
  const rest = cell.slice(match[0].length);
  if (rest === '') return { year: full, month, day, hour: 0, hasTime: false, zone: '' };
  const time = TIME.exec(rest);
  if (!time) return undefined;
  const half = time[4]?.toLowerCase();
  const hours = (Number(time[1]) % (half ? 12 : 24)) + (half === 'pm' ? 12 : 0);
  return { year: full, month, day, hour: hours + Number(time[2]) / 60, hasTime: true, zone: time[5] };
}

/** A part of the date in a cell as a number: weekdays from 0, a Monday, to 6; NaN where the cell is no date. */
export function datePart(cell: string, order: DateOrder, part: DatePart): number {
  const date = parseDate(cell, order);
  if (!date) return Number.NaN;
  if (part !== 'weekday') return date[part];
  return (new Date(Date.UTC(date.year, date.month - 1, date.day)).getUTCDay() + 6) % 7;
}

/** In which order some cells, none of them missing, are dates, if nearly all are; and whether another would do as well. */
export function findDateOrder(
  cells: readonly string[],
  share: number,
): { readonly order: DateOrder; readonly isAmbiguous: boolean } | undefined {
  const orders = (['year', 'day', 'month'] as const)
    .map(order => ({ order, count: cells.filter(cell => parseDate(cell, order)).length }))
    .filter(({ count }) => count > 0 && count >= share * cells.length)
    .sort((a, b) => b.count - a.count);
  if (orders.length === 0) return undefined;
  return { order: orders[0].order, isAmbiguous: orders.length > 1 && orders[1].count === orders[0].count };
}
