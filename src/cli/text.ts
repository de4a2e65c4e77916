// Numbers and tables as text for the terminal.

import { Help } from 'commander';
import pc from 'picocolors';
import type { Spread } from '../report/spread.ts';

/** Columns that text is broken to fit into, at least: in fewer it would be a ladder of words. */
export const LEAST_WIDTH = 20;

/** Colours on a terminal that has them, none when piped (picocolors alone would colour pipes where CI is set). */
export const colors = pc.createColors(process.stdout.isTTY === true && pc.isColorSupported);

/** Characters that a terminal obeys and does not show, and those that turn the direction of a line. */
export const CONTROL = String.raw`[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]`;

const control = new RegExp(CONTROL, 'gu');

/** `text` as one line that a terminal shows as it is; its control characters look as they do in JSON, such as `\u001b`. */
export function visible(text: string): string {
  return text.replaceAll(control, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const help = Object.assign(new Help(), { minWidthToWrap: LEAST_WIDTH });
/** `  name  value`, as `pairs` writes it: what goes on stays below the value. */
const LEAD = /^ {2}\S.*? {2,}(?=\S)/;

/** Lines broken between words where they are longer than `width`; where that is not known, as they are. */
export function wrapped(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .map(line => {
      if (help.displayWidth(line) <= width) return line;
      const [lead] = LEAD.exec(line) ?? /^ */.exec(line)!;
      const rest = help.boxWrap(line.slice(lead.length), width - lead.length);
      return lead + rest.replaceAll('\n', `\n${' '.repeat(lead.length)}`);
    })
    .join('\n');
}

/** An error in percent, as it is printed everywhere. */
export function percent(value: number): string {
  return `${value.toFixed(2)} %`;
}

/** Mean ± standard deviation in percent, or a dash. */
export function spreadText(spread: Spread | undefined): string {
  if (!spread) return '–';
  const { mean, deviation } = spread;
  return deviation === undefined ? percent(mean) : `${mean.toFixed(2)} ± ${percent(deviation)}`;
}

/** 1234567 as 1,234,567. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Seconds as 8.3 s or 12 min 5 s. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** Bytes as MiB. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Rows of cells under a heading, columns aligned to the right; the first and the last to the left with `isText`. */
export function table(
  heading: readonly string[],
  cells: readonly (readonly string[])[],
  isText = false,
): string {
  const rows = cells.map(row => row.map(visible));
  const widths = heading.map((title, i) => Math.max(title.length, ...rows.map(row => row[i].length)));
  const last = heading.length - 1;
  const cellOf = (cell: string, i: number) => {
    if (!isText || (i > 0 && i < last)) return cell.padStart(widths[i]);
    return i === last ? cell : cell.padEnd(widths[i]);
  };
  const line = (row: readonly string[]) => row.map(cellOf).join('  ');
  return [heading, ...rows].map(line).join('\n');
}

/** Names and values, one pair a line, values aligned. */
export function pairs(list: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...list.map(([name]) => name.length));
  return list.map(([name, value]) => `  ${name.padEnd(width)}  ${visible(value)}`).join('\n');
}
