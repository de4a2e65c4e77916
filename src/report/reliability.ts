// Whether the network is as often right as it says.

import type { Reliability } from '../readouts/calibration.ts';
import { linearAxis } from './axis.ts';
import { gridLine } from './lines.ts';
import { at, decimal, hotspot, label, percentage, svg } from './markup.ts';

const [width, height] = [460, 340];
const [left, right, top, bottom] = [48, width - 12, 14, height - 48];
const [smallest, largest] = [4, 13];

/** Of fewer answers the dots would lie where chance has put them. */
const LEAST = 200;

function answersIn(bins: Reliability['bins']): number {
  return bins.reduce((sum, bin) => sum + bin.count, 0);
}

/** How to read the curve, where there is one. */
export function howToReadReliability({ bins }: Reliability): string {
  return answersIn(bins) < LEAST
    ? ''
    : `Where a dot lies on the dashed line, the network was right as often as it said. Below it, the
network was too sure of itself; above it, too modest. `;
}

/** Confidence against the share of right answers: a dot for each bin, larger where it holds more answers; in words where there are few. */
export function reliabilityCurve({ bins, calibrationError }: Reliability): string {
  const count = answersIn(bins);
  if (count === 0) return '<p class="none">No answers to show.</p>';
  if (count < LEAST) {
    const right = bins.reduce((sum, bin) => sum + bin.count * bin.accuracy, 0) / count;
    const sure = bins.reduce((sum, bin) => sum + bin.count * bin.confidence, 0) / count;
    return `<p>It was ${percentage(100 * sure, 1)} sure on average, and ${percentage(100 * right, 1)} right. For a curve,
${decimal(count)} test examples are too few.</p>`;
  }
  const x = linearAxis(0, 100, left, right, 5);
  const y = linearAxis(0, 100, bottom, top, 5);
  const most = Math.max(...bins.map(bin => bin.count));
  const points = bins.map(bin => [x.at(100 * bin.confidence), y.at(100 * bin.accuracy)] as const);
  const path = points.map(([px, py]) => `${at(px)},${at(py)}`).join(' ');
  const dots = bins.map((bin, i) => {
    const radius = smallest + (largest - smallest) * Math.sqrt(bin.count / most);
    return `<circle class="dot test" cx="${at(points[i][0])}" cy="${at(points[i][1])}" r="${at(radius)}" />`;
  });
  const spots = bins.map((bin, i) => {
    const text = `${percentage(100 * bin.confidence, 1)} sure, ${percentage(100 * bin.accuracy, 1)} right: ${decimal(bin.count)} answers`;
    return hotspot(points[i][0] - largest, points[i][1] - largest, 2 * largest, 2 * largest, text);
  });
  const picture = svg(
    width,
    height,
    `Confidence against the share of right answers, on average ${percentage(100 * calibrationError, 1)} apart`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), `${tick}\u00a0%`)),
      ...x.ticks.map(tick => label(x.at(tick), bottom + 18, `${tick}\u00a0%`, 'tick')),
      label((left + right) / 2, bottom + 38, 'confidence', 'tick'),
      `<path class="threshold" d="M${at(x.at(0))} ${at(y.at(0))}L${at(x.at(100))} ${at(y.at(100))}" />`,
      `<polyline class="line test" points="${path}" />`,
      ...dots,
      ...spots,
    ].join(''),
  );
  return `<figure class="reliability">${picture}
<figcaption>Confidence and share of right answers are ${percentage(100 * calibrationError, 1)} apart on average, over
${decimal(count)} test examples. The larger a dot, the more answers it stands for.</figcaption></figure>`;
}
