// The parts of a line chart over epochs.

import type { EpochEvent } from '../network/events.ts';
import { type Axis, extent, linearAxis, thin } from './axis.ts';
import { at, hotspot, label } from './markup.ts';

/** A named line; only finite values become points, each an epoch (or a count of examples) and what was measured after it. */
export interface Series {
  /** Names the colour in the style sheet. */
  readonly kind: string;
  readonly points: readonly (readonly [epoch: number, value: number])[];
}

/** The line of `value` over `epochs`. */
export function series(
  kind: string,
  epochs: readonly EpochEvent[],
  value: (event: EpochEvent) => number | undefined,
): Series {
  const points = epochs.flatMap(event => {
    const found = value(event);
    return found !== undefined && Number.isFinite(found) ? [[event.epoch, found] as const] : [];
  });
  return { kind, points };
}

/** All values of some lines, for finding their range. */
export function pointValues(lines: readonly Series[]): number[] {
  return lines.flatMap(({ points }) => points.map(point => point[1]));
}

/** A horizontal axis of whole epochs from `start` to `end`, with the first of `epochs` and about `count` ticks. */
export function epochAxis(epochs: readonly number[], start: number, end: number, count: number): Axis {
  const range = extent(epochs) ?? [1, 1];
  const axis = linearAxis(range[0], range[1], start, end, count);
  const ticks = axis.ticks.filter(tick => Number.isInteger(tick) && tick >= range[0] && tick <= range[1]);
  // The first epoch tells how long one takes, but must not run into the tick after it.
  const crowded = ticks.length > 0 && axis.at(ticks[0]) - axis.at(range[0]) < (end - start) / (count * 2);
  return { ...axis, ticks: crowded ? ticks : [range[0], ...ticks.filter(tick => tick !== range[0])] };
}

/** The line itself, with a dot for each point where these are few. */
export function line({ kind, points }: Series, x: Axis, y: Axis): string {
  const shown = thin(points, 300).map(([epoch, value]) => [at(x.at(epoch)), at(y.at(value))]);
  const path = `<polyline class="line ${kind}" points="${shown.map(point => point.join(',')).join(' ')}" />`;
  if (shown.length > 30) return path;
  const radius = shown.length === 1 ? 5 : 3;
  return path + shown.map(([cx, cy]) => dot(kind, cx, cy, radius)).join('');
}

function dot(kind: string, x: string, y: string, radius: number): string {
  return `<circle class="dot ${kind}" cx="${x}" cy="${y}" r="${radius}" />`;
}

/** A horizontal line at height `y` with `text` to its left. */
export function gridLine(left: number, right: number, y: number, text: string): string {
  const path = `<path class="grid" d="M${at(left)} ${at(y)}H${at(right)}" />`;
  return path + label(left - 8, y + 4, text, 'tick', 'end');
}

/** What stands at the end of a line. */
export interface End {
  readonly kind: string;
  readonly text: string;
  readonly y: number;
}

/** The last value of each line that has one, as text at its height. */
export function endsOf(
  lines: readonly Series[],
  y: Axis,
  text: (kind: string, value: number) => string,
): End[] {
  return lines.flatMap(({ kind, points }) => {
    const last = points.at(-1);
    return last ? [{ kind, text: text(kind, last[1]), y: y.at(last[1]) }] : [];
  });
}

/** The texts at line ends, to the right of `x`, moved apart where the lines meet. */
export function endLabels(ends: readonly End[], x: number): string[] {
  const gap = 16;
  const sorted = ends.toSorted((a, b) => a.y - b.y);
  const heights = sorted.map(end => end.y);
  for (let pass = 0; pass < 20; pass++) {
    for (let i = 1; i < heights.length; i++) {
      const lacking = Math.max(0, gap - (heights[i] - heights[i - 1])) / 2;
      heights[i - 1] -= lacking;
      heights[i] += lacking;
    }
  }
  return sorted.map(({ kind, text }, i) => label(x + 10, heights[i] + 4, text, `end ${kind}`, 'start'));
}

/** Tooltips for the columns of a chart, at most 120, as each is an element of its own. */
export function epochHotspots(
  epochs: readonly EpochEvent[],
  x: Axis,
  top: number,
  bottom: number,
  text: (event: EpochEvent) => string,
): string[] {
  const shown = thin(epochs, 120);
  const half = Math.max(3, (x.at(x.high) - x.at(x.low)) / Math.max(1, shown.length - 1) / 2);
  return shown.map(event => hotspot(x.at(event.epoch) - half, top, 2 * half, bottom - top, text(event)));
}
