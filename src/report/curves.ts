// How errors and goodness went over the epochs.

import type { EpochEvent } from '../network/events.ts';
import { type Axis, extent, linearAxis, logAxis } from './axis.ts';
import type { Measure } from './headline.ts';
import {
  endLabels,
  endsOf,
  epochAxis,
  epochHotspots,
  gridLine,
  line,
  pointValues,
  type Series,
  series,
} from './lines.ts';
import { at, escaped, label, percentage, short, svg, threeDigits, timeSpent } from './markup.ts';

const noEpochs = '<p class="none">No epochs were recorded.</p>';

/** Error percentages over epochs, as one wide and one phone-sized picture of which the style shows one. */
export function errorCurves(epochs: readonly EpochEvent[]): string {
  const lines = [
    series('train', epochs, event => event.trainError),
    series('validation', epochs, event => event.validationError),
    series('test', epochs, event => event.testError),
  ].filter(({ points }) => points.length > 0);
  if (lines.length === 0) return noEpochs;
  if (epochs.length === 1) return `<p>${escaped(errorsText(epochs[0]))}. A curve needs a second epoch.</p>`;
  const proportional = wantsLogAxis(lines);
  const keys = lines.map(({ kind }) => `<span class="key ${kind}">${kind}</span>`);
  const scale = proportional ? 'Logarithmic scale: equal steps down remove equal proportions of errors.' : '';
  return `<figure>
<div class="wide">${errorChart(epochs, lines, proportional, [960, 380], 9)}</div>
<div class="narrow">${errorChart(epochs, lines, proportional, [360, 300], 3)}</div>
<figcaption class="keys">${keys.toReversed().join('')}<span>${scale}</span></figcaption>
</figure>`;
}

function errorChart(
  epochs: readonly EpochEvent[],
  lines: readonly Series[],
  proportional: boolean,
  [width, height]: readonly [number, number],
  ticks: number,
): string {
  const validated = lines.some(({ kind }) => kind === 'validation');
  const [left, right, top, bottom] = [48, width - (validated ? 124 : 94), 14, height - 62];
  const [low, high] = extent(pointValues(lines).filter(value => value > 0)) ?? [0, 1];
  // A training error of exactly zero has no place on a log axis: it is held at the lower end.
  const y = proportional
    ? logAxis(Math.max(low, 0.001), high, bottom, top)
    : linearAxis(0, high * 1.1, bottom, top);
  const x = epochAxis(
    epochs.map(({ epoch }) => epoch),
    left,
    right,
    ticks,
  );
  const ends = endsOf(lines, y, (kind, value) => `${kind} ${percentage(value)}`);
  return svg(
    width,
    height,
    `Error over ${epochs.length} epochs, in the end ${ends.map(end => end.text).join(', ')}`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), `${short(tick)}\u00a0%`)),
      ...timeLabels(epochs, x, bottom),
      label((left + right) / 2, height - 8, 'epoch, and training time at its end', 'note'),
      ...lines.map(shown => line(shown, x, y)),
      ...endLabels(ends, right),
      ...epochHotspots(epochs, x, top, bottom, errorsText),
    ].join(''),
  );
}

// Late improvements are small in points and large in proportion: a log axis shows them. Errors that hardly
// change would get a log axis of arbitrary zoom, so they stay on a linear one that starts at zero.
function wantsLogAxis(lines: readonly Series[]): boolean {
  const [low, high] = extent(pointValues(lines).filter(value => value > 0)) ?? [1, 1];
  return high >= low * 2;
}

function timeLabels(epochs: readonly EpochEvent[], x: Axis, bottom: number): string[] {
  return x.ticks.map(tick => {
    const event = epochs.find(candidate => candidate.epoch === tick);
    const time = event ? label(x.at(tick), bottom + 34, timeSpent(event.trainSeconds), 'note') : '';
    return label(x.at(tick), bottom + 18, short(tick), 'tick') + time;
  });
}

function errorsText({ epoch, trainSeconds, trainError, validationError, testError }: EpochEvent): string {
  const validation = validationError === undefined ? '' : `, validation ${percentage(validationError)}`;
  const test = testError === undefined ? '' : `, test ${percentage(testError)}`;
  return `Epoch ${epoch} after ${timeSpent(trainSeconds)}: train ${percentage(trainError)}${validation}${test}`;
}

/** Mean goodness of positive and negative data, or log probability of the right class, over epochs, one small picture per layer. */
export function goodnessCurves(
  epochs: readonly EpochEvent[],
  layers: readonly { readonly units: number; readonly threshold?: number }[],
  measure: Measure,
): string {
  const count = Math.max(0, ...epochs.map(event => event.positiveGoodness.length));
  const figures = Array.from({ length: count }, (_, i) => goodnessFigure(epochs, i, layers[i], measure));
  return figures.join('\n') || noEpochs;
}

function goodnessFigure(
  epochs: readonly EpochEvent[],
  layer: number,
  about: { readonly units: number; readonly threshold?: number } | undefined,
  measure: Measure,
): string {
  const [left, right, top, bottom] = [44, 290, 10, 160];
  const lines = [
    series('negative', epochs, event => event.negativeGoodness[layer]),
    series('positive', epochs, event => event.positiveGoodness[layer]),
  ].filter(({ points }) => points.length > 0);
  const threshold = about?.threshold ?? Number.NaN;
  const range = extent([0, ...pointValues(lines), threshold]) ?? [0, 1];
  const y = linearAxis(range[0], range[1] * 1.06, bottom, top, 3);
  const x = epochAxis(
    epochs.map(({ epoch }) => epoch),
    left,
    right,
    4,
  );
  const ends = endsOf(lines, y, (_, value) => threeDigits(value));
  const values = ends.map(({ kind, text }) => `${kind} ${text}`).join(', ');
  const picture = svg(
    340,
    190,
    `Mean ${measure} in layer ${layer + 1} over the epochs, in the end ${values}`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), short(tick))),
      ...x.ticks.map(tick => label(x.at(tick), bottom + 17, short(tick), 'tick')),
      label(right + 16, bottom + 17, 'epoch', 'note', 'start'),
      Number.isFinite(threshold) ? thresholdLine(left, right, y.at(threshold)) : '',
      ...lines.map(shown => line(shown, x, y)),
      ...endLabels(ends, right),
      ...epochHotspots(epochs, x, top, bottom, event => goodnessText(event, layer)),
    ].join(''),
  );
  const units = about ? ` <span>${short(about.units)} units</span>` : '';
  const caption = `<figcaption><b>Layer ${layer + 1}</b>${units}</figcaption>`;
  return `<figure>${caption}${picture}${activity(epochs.at(-1), layer)}</figure>`;
}

function thresholdLine(left: number, right: number, y: number): string {
  const path = `<path class="threshold" d="M${at(left)} ${at(y)}H${at(right)}" />`;
  // At the right the lines have parted and leave room.
  return path + label(right - 2, y < 24 ? y + 13 : y - 5, 'threshold', 'note halo', 'end');
}

function activity(last: EpochEvent | undefined, layer: number): string {
  const density = last?.density[layer] ?? Number.NaN;
  const rows = last?.activeRows[layer] ?? Number.NaN;
  if (!Number.isFinite(density + rows)) return '';
  return `<p class="fact">Last epoch: ${percentage(density * 100, 0)} of the units active,
${percentage(rows * 100, 0)} of the rows still moved weights.</p>`;
}

function goodnessText(event: EpochEvent, layer: number): string {
  const [positive, negative] = [event.positiveGoodness[layer], event.negativeGoodness[layer]];
  const told =
    negative === undefined ? short(positive) : `positive ${short(positive)}, negative ${short(negative)}`;
  return `Epoch ${event.epoch}: ${told}`;
}
