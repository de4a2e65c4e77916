// How errors and goodness went over the epochs.

import type { EpochEvent } from '../train/events.ts';
import { type Axis, extent, linearAxis, logAxis, thin } from './axis.ts';
import { at, duration, hotspot, label, percent, short, svg } from './markup.ts';

/** Error percentages over epochs, as one wide and one phone-sized picture of which the style shows one. */
export function errorCurves(epochs: readonly EpochEvent[]): string {
  const series: Series[] = [
    { kind: 'train', name: 'train', points: points(epochs, event => event.trainError) },
    { kind: 'test', name: 'test', points: points(epochs, event => event.testError) },
  ];
  if (series.every(({ points }) => points.length === 0)) return noEpochs;
  const proportional = wantsLogAxis(series);
  const key = series.flatMap(({ kind, name, points }) =>
    points.length > 0 ? `<span class="key ${kind}"></span>${name}` : [],
  );
  const scale = proportional
    ? 'Logarithmic scale: a step down always removes the same proportion of errors.'
    : '';
  const chart = (width: number, height: number, ticks: number) =>
    errorChart(epochs, series, proportional, width, height, ticks);
  return `<figure>
<div class="wide">${chart(960, 380, 9)}</div>
<div class="narrow">${chart(360, 300, 3)}</div>
<figcaption>${key.toReversed().join('')} <span class="remark">${scale}</span></figcaption>
</figure>`;
}

const noEpochs = '<p class="none">No epochs were recorded.</p>';

type Point = readonly [epoch: number, value: number];

interface Series {
  readonly kind: string;
  readonly name: string;
  readonly points: readonly Point[];
}

function errorChart(
  epochs: readonly EpochEvent[],
  series: readonly Series[],
  proportional: boolean,
  width: number,
  height: number,
  ticks: number,
): string {
  const [left, right, top, bottom] = [48, width - 92, 14, height - 62];
  const values = series.flatMap(({ points }) => points.map(point => point[1]));
  const [low, high] = extent(values.filter(value => value > 0)) ?? [0, 1];
  // A training error of exactly zero has no place on a log axis: it is held at the lower end.
  const y = proportional
    ? logAxis(Math.max(low, 0.001), high, bottom, top)
    : linearAxis(0, high * 1.1, bottom, top);
  const x = epochAxis(epochs, left, right, ticks);
  const ends = series.flatMap(({ kind, name, points }) => {
    const last = points.at(-1);
    return last ? [{ kind, text: `${name} ${percent(last[1])}`, y: y.at(last[1]) }] : [];
  });
  return svg(
    width,
    height,
    `Error over ${epochs.length} epochs: ${ends.map(end => end.text).join(', ')}`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), `${short(tick)}\u00a0%`)),
      ...timeLabels(epochs, x, bottom),
      label((left + right) / 2, height - 8, 'epoch, and training time at its end', 'note'),
      ...series.map(({ kind, points }) => line(points, x, y, kind)),
      ...apart(ends).map(end => label(right + 10, end.y + 4, end.text, `end ${end.kind}`, 'start')),
      ...epochHotspots(epochs, x, top, bottom, errorsText),
    ].join(''),
  );
}

// Late improvements are small in points and large in proportion: a log axis shows them. Errors that hardly
// change would get a log axis of arbitrary zoom, so they stay on a linear one that starts at zero.
function wantsLogAxis(series: readonly Series[]): boolean {
  const values = series.flatMap(({ points }) => points.map(point => point[1]));
  const [low, high] = extent(values.filter(value => value > 0)) ?? [1, 1];
  return high >= low * 2;
}

/** Mean goodness of positive and negative data over epochs, one small picture per layer. */
export function goodnessCurves(
  epochs: readonly EpochEvent[],
  layers: readonly { readonly units: number; readonly threshold?: number }[],
): string {
  const count = Math.max(0, ...epochs.map(event => event.positiveGoodness.length));
  const figures = Array.from({ length: count }, (_, i) => goodnessFigure(epochs, i, layers[i]));
  return figures.join('\n') || noEpochs;
}

function goodnessFigure(
  epochs: readonly EpochEvent[],
  layer: number,
  about: { readonly units: number; readonly threshold?: number } | undefined,
): string {
  const [width, height, left, right, top, bottom] = [340, 190, 44, 290, 10, 160];
  const positive = points(epochs, event => event.positiveGoodness[layer]);
  const negative = points(epochs, event => event.negativeGoodness[layer]);
  const threshold = about?.threshold;
  const range = extent([0, ...[...positive, ...negative].map(point => point[1]), threshold ?? 0]) ?? [0, 1];
  const y = linearAxis(range[0], range[1] * 1.06, bottom, top, 3);
  const x = epochAxis(epochs, left, right, 4);
  const ends = [
    { kind: 'positive', points: positive },
    { kind: 'negative', points: negative },
  ].flatMap(({ kind, points }) => {
    const last = points.at(-1);
    return last ? [{ kind, text: threeDigits(last[1]), y: y.at(last[1]) }] : [];
  });
  const picture = svg(
    width,
    height,
    `Mean goodness in layer ${layer + 1} over the epochs, in the end ${ends.map(e => `${e.kind} ${e.text}`).join(', ')}`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), short(tick))),
      ...x.ticks.map(tick => label(x.at(tick), bottom + 17, short(tick), 'tick')),
      label(right + 16, bottom + 17, 'epoch', 'note', 'start'),
      threshold !== undefined && Number.isFinite(threshold)
        ? thresholdLine(left, right, y.at(threshold))
        : '',
      line(negative, x, y, 'negative'),
      line(positive, x, y, 'positive'),
      ...apart(ends).map(end => label(right + 8, end.y + 4, end.text, `end ${end.kind}`, 'start')),
      ...epochHotspots(epochs, x, top, bottom, event => goodnessText(event, layer)),
    ].join(''),
  );
  const units = about ? ` <span>${short(about.units)} units</span>` : '';
  return `<figure><figcaption><b>Layer ${layer + 1}</b>${units}</figcaption>${picture}${activity(epochs, layer)}</figure>`;
}

// Trailing zeros stay, as a column of end values reads better with them.
function threeDigits(value: number): string {
  const size = Math.abs(value);
  return size >= 0.001 && size < 1000 ? value.toPrecision(3) : short(Number(value.toPrecision(3)));
}

function activity(epochs: readonly EpochEvent[], layer: number): string {
  const last = epochs.at(-1);
  const density = last?.density[layer] ?? Number.NaN;
  const rows = last?.activeRows[layer] ?? Number.NaN;
  if (!Number.isFinite(density + rows)) return '';
  return `<p class="fact">Last epoch: ${percent(density * 100, 0)} of the units active,
${percent(rows * 100, 0)} of the rows still moved weights.</p>`;
}

function points(epochs: readonly EpochEvent[], value: (event: EpochEvent) => number | undefined): Point[] {
  return epochs.flatMap(event => {
    const found = value(event);
    return found !== undefined && Number.isFinite(found) ? [[event.epoch, found] as const] : [];
  });
}

function epochAxis(epochs: readonly EpochEvent[], start: number, end: number, count: number): Axis {
  const range = extent(epochs.map(event => event.epoch)) ?? [1, 1];
  const axis = linearAxis(range[0], range[1], start, end, count);
  const ticks = axis.ticks.filter(tick => Number.isInteger(tick) && tick >= range[0] && tick <= range[1]);
  // The first epoch tells how long one takes, but must not run into the tick after it.
  const crowded = ticks.length > 0 && axis.at(ticks[0]) - axis.at(range[0]) < (end - start) / (count * 2);
  return { ...axis, ticks: crowded ? ticks : [range[0], ...ticks.filter(tick => tick !== range[0])] };
}

function line(points: readonly Point[], x: Axis, y: Axis, kind: string): string {
  const shown = thin(points, 300).map(([epoch, value]) => [at(x.at(epoch)), at(y.at(value))]);
  const path = `<polyline class="line ${kind}" points="${shown.map(point => point.join(',')).join(' ')}" />`;
  if (shown.length > 30) return path;
  return (
    path + shown.map(([cx, cy]) => `<circle class="dot ${kind}" cx="${cx}" cy="${cy}" r="3" />`).join('')
  );
}

function gridLine(left: number, right: number, y: number, text: string): string {
  return `<path class="grid" d="M${at(left)} ${at(y)}H${at(right)}" />${label(left - 8, y + 4, text, 'tick', 'end')}`;
}

function thresholdLine(left: number, right: number, y: number): string {
  const path = `<path class="threshold" d="M${at(left)} ${at(y)}H${at(right)}" />`;
  // At the right the lines have parted and leave room.
  return path + label(right - 2, y < 24 ? y + 13 : y - 5, 'threshold', 'note halo', 'end');
}

function timeLabels(epochs: readonly EpochEvent[], x: Axis, bottom: number): string[] {
  return x.ticks.map(tick => {
    const event = epochs.find(candidate => candidate.epoch === tick);
    const time = event ? label(x.at(tick), bottom + 34, duration(event.trainSeconds), 'note') : '';
    return label(x.at(tick), bottom + 18, short(tick), 'tick') + time;
  });
}

// Labels at line ends collide when the lines meet, which is just when the reader looks closest.
function apart<Label extends { readonly y: number }>(labels: readonly Label[]): Label[] {
  const sorted = labels.toSorted((a, b) => a.y - b.y);
  const [first, second] = sorted;
  if (!second || second.y - first.y >= 16) return sorted;
  const middle = (first.y + second.y) / 2;
  return [
    { ...first, y: middle - 8 },
    { ...second, y: middle + 8 },
  ];
}

function epochHotspots(
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

function errorsText(event: EpochEvent): string {
  const test = event.testError === undefined ? '' : `, test ${percent(event.testError)}`;
  return `Epoch ${event.epoch} after ${duration(event.trainSeconds)}: train ${percent(event.trainError)}${test}`;
}

function goodnessText(event: EpochEvent, layer: number): string {
  const [positive, negative] = [event.positiveGoodness[layer], event.negativeGoodness[layer]];
  return `Epoch ${event.epoch}: positive ${short(positive)}, negative ${short(negative)}`;
}
