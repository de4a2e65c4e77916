// How the numbers of a column are written: with which signs, and of what they are. What could be meant otherwise is said.

import { type Column, formatOf, knownCells, type Table, wordsAmong } from '../formats/columns.ts';
import {
  describeFormat,
  type FoundFormat,
  findFormat,
  NUMERIC_SHARE,
  parseNumber,
} from '../formats/numbers.ts';
import { unitsIn, withoutUnit } from '../formats/units.ts';
import { columnText, few, type Note } from '../notes.ts';
import type { ColumnReading } from './table-encoding.ts';

/** How the numbers of a column are to be read; undefined where it holds others, too many for `isSaid` to make them missing. */
export function readNumbers(
  { name, values }: Column,
  rows: Uint32Array,
  cells: Table['cells'],
  isSaid: boolean,
  notes: Note[],
): ColumnReading | undefined {
  if (values instanceof Float64Array)
    return rows.some(row => Number.isFinite(values[row])) ? { name } : undefined;
  const { known, ...plain } = formatOf(values, rows, cells);
  let found: FoundFormat = plain;
  const isEnough = () => found.count > 0 && (found.count >= NUMERIC_SHARE * known || isSaid);
  let unit: string | undefined;
  if (!isEnough()) {
    const written = knownCells(values, rows, cells?.missing);
    const [most, ...others] = unitsIn(written);
    if (others.length > 0) {
      const text = `${columnText(name)}: numbers of different things (${few([most, ...others])}), taken as text: make them one to learn from them as numbers`;
      notes.push({ code: 'cells', column: name, text });
    } else if (most !== undefined) {
      unit = most;
      found = findFormat(
        written.map(cell => withoutUnit(cell, most)),
        cells,
      );
      if (isEnough()) {
        notes.push({ code: 'cells', column: name, text: `${columnText(name)}: numbers with ${unit}` });
      }
    }
    if (!isEnough()) return undefined;
  }
  const words = wordsAmong(values, rows, cells?.missing);
  const codes = words.filter(cell => /^0\d{2,}$/.test(cell));
  if (codes.length > 0 && !isSaid) {
    const text = `${columnText(name)}: ${codes.length} of ${known} cells begin with 0, as codes do, such as ${codes[0].slice(0, 20)}, and are taken as numbers; --types ${name}=category takes them as words`;
    notes.push({ code: 'cells', column: name, count: codes.length, text });
  }
  const signs = [...new Set(words.flatMap(cell => /\p{Sc}/u.exec(cell) ?? []))];
  if (signs.length > 1) {
    const text = `${columnText(name)}: several currencies (${few(signs)}) are taken for one; make them one, or leave it out with --ignore`;
    notes.push({ code: 'cells', column: name, text, isWarning: true });
  }
  const { format, isAmbiguous } = found;
  const isPlain = format.decimal === '.' && format.thousands === '' && !format.hasPercent;
  if (isAmbiguous) {
    const written = knownCells(values, rows, cells?.missing);
    const example = written.find(cell => /\D/.test(cell)) ?? written[0];
    const text = `${columnText(name)}: ${describeFormat(format)}, so that ${JSON.stringify(example.slice(0, 20))} is ${parseNumber(unit === undefined ? example : withoutUnit(example, unit), format)}; it could mean something else: say with --decimal and --thousands what is meant`;
    notes.push({ code: 'cells', column: name, text, isWarning: true });
  }
  return { name, ...(!isPlain && { format }), ...(unit !== undefined && { unit }) };
}
