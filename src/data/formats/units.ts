// Numbers with what they are numbers of: `12 EUR`, `USD 3.70`, `300 m`. Signs of currency and of percent are no units here.

import { NUMERIC_SHARE } from './numbers.ts';

/** A code of a currency or the like, a number, a unit; one of the two words may lack. */
const CELL =
  /^(?:([A-Z]{2,3}\$?|Rs\.?|kr\.?)\s?)?([-+(]?[\d.,'\u2019 \u00a0\u2009\u202f]*\d\)?)\s?([\p{L}°µ²³/·]{1,8}\.?)?$/u;

/** The unit of nearly all of some cells, none of which is missing; several where they have different ones, none where they have none. */
export function unitsIn(cells: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    const match = CELL.exec(cell);
    const unit = match && (match[1] ?? match[3]);
    if (unit && !(match[1] && match[3])) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  const all = [...counts].sort((a, b) => b[1] - a[1]);
  const enough = NUMERIC_SHARE * cells.length;
  if (all.length > 0 && all[0][1] >= enough) return [all[0][0]];
  return all.reduce((sum, [, count]) => sum + count, 0) >= enough ? all.map(([unit]) => unit) : [];
}

/** A cell without its unit; as it is where it has another or none. */
export function withoutUnit(cell: string, unit: string): string {
  if (cell.endsWith(unit)) return cell.slice(0, -unit.length).trim();
  return cell.startsWith(unit) ? cell.slice(unit.length).trim() : cell;
}
