// Text and numbers on their way into the page. Every string and every number passes through here, so that
// neither markup in a file name nor a diverged run can break the report.

import type { Spread } from './spread.ts';

/** `text` made safe for element content and for quoted attributes. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A number with a fixed count of decimals and grouped thousands, or a dash where it is not finite. */
export function decimal(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A percentage (0 to 100) as `1.37 %`, kept on one line. */
export function percentage(value: number, digits = 2): string {
  return `${decimal(value, digits)}\u00a0%`;
}

/** Mean ± standard deviation of percentages, or a dash. */
export function percentageSpread(spread: Spread | undefined): string {
  if (!spread) return '–';
  const { mean, deviation } = spread;
  return deviation === undefined ? percentage(mean) : `${decimal(mean, 2)} ± ${percentage(deviation)}`;
}

// Trailing zeros stay, as a column of end values reads better with them.
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  return size >= 0.001 && size < 999.5 ? value.toPrecision(3) : short(Number(value.toPrecision(3)));
}

/** A number as short as an axis or a tooltip wants it, e.g. `0.25`, `1,020` or `12.5K`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const notation = Math.abs(value) >= 10000 ? 'compact' : 'standard';
  return (value || 0).toLocaleString('en-US', { maximumSignificantDigits: 4, notation });
}

/** Seconds as `0.8 s`, `45 s`, `4:10 min` or `1:02 h`. */
export function timeSpent(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 9.95) return `${decimal(seconds, 1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${twoDigits(whole % 60)}\u00a0min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}\u00a0h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** An SVG length in user units, rounded to a tenth; throws on what is not finite, which no picture shows. */
export function at(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`an SVG coordinate must be finite, found ${value}`);
  return String(Math.round(value * 10) / 10 || 0);
}

/** An inline SVG of `width` by `height` user units that scales with the page and reads out `label`. */
export function svg(width: number, height: number, label: string, body: string): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}">${body}</svg>`;
}

/** An SVG text at (x, y) in user units. */
export function label(x: number, y: number, text: string, kind: string, anchor = 'middle'): string {
  const place = `x="${at(x)}" y="${at(y)}" text-anchor="${anchor}"`;
  return `<text class="${kind}" ${place}>${escaped(text)}</text>`;
}

/** A tall invisible rectangle that answers the pointer with a tooltip. */
export function hotspot(x: number, y: number, width: number, height: number, text: string): string {
  const place = `x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}"`;
  return `<rect class="hot" ${place}><title>${escaped(text)}</title></rect>`;
}

/** The name of class `index`, or its number where it has none. */
/** `text` as a heading begins. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function className(names: readonly string[], index: number): string {
  return names[index] ?? String(index);
}

/** A figure's markup under a name in plain text. */
export function named(name: string, figure: string): string {
  return `<h3>${escaped(name)}</h3>\n${figure}`;
}
