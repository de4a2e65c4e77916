// Where a value lies on a chart, and which round numbers to print beside it.

/** A scale from values to SVG user units, with the round values inside it. */
export interface Axis {
  /** The position of a finite value; values beyond the ends are held at them. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** An axis with even steps over `low` to `high`, drawn from `start` to `end`, with about `count` ticks. */
export function linearAxis(low: number, high: number, start: number, end: number, count = 4): Axis {
  let [bottom, top] = Number.isFinite(high - low) ? [low, high] : [0, 1];
  // Ends that differ by rounding only have no round numbers between them.
  if (!(top - bottom > Math.max(Math.abs(top), Math.abs(bottom)) * 1e-6 && top - bottom > 1e-30)) {
    const room = Math.max(Math.abs(bottom) * 0.05, 0.5);
    [bottom, top] = [bottom - room, top + room];
  }
  const step = roundStep((top - bottom) / count);
  const ticks: number[] = [];
  for (let i = Math.ceil(bottom / step - 1e-9); i * step <= top + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return axis(bottom, top, ticks, value => start + ((value - bottom) / (top - bottom)) * (end - start));
}

/** An axis with equal room for equal ratios; its ends are the 1-2-5 numbers around `low` > 0 and `high`. */
export function logAxis(low: number, high: number, start: number, end: number): Axis {
  const ladder: number[] = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++) {
    for (const digit of [1, 2, 5]) ladder.push(Number((digit * 10 ** decade).toPrecision(6)));
  }
  const bottom = ladder.findLast(tick => tick <= low) ?? low;
  const top = ladder.find(tick => tick >= high && tick > bottom) ?? high;
  const inside = ladder.filter(tick => tick >= bottom && tick <= top);
  const ticks = inside.length <= 9 ? inside : inside.filter(tick => Number.isInteger(Math.log10(tick)));
  const span = Math.log(top / bottom);
  return axis(bottom, top, ticks, value => start + (Math.log(value / bottom) / span) * (end - start));
}

function axis(low: number, high: number, ticks: readonly number[], place: (value: number) => number): Axis {
  return { low, high, ticks, at: value => place(Math.min(high, Math.max(low, value))) };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find(candidate => candidate * power >= rough * 0.999) ?? 10;
  return digit * power;
}

/** At most `most` of `items`, evenly spread, always with the first and the last. */
export function thin<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}

/** Least and greatest finite value, or undefined where there is none. */
export function extent(values: Iterable<number>): readonly [low: number, high: number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}
