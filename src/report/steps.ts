// Goodness as a recurrent network moves: one line for right labels, one for wrong ones.

import { extent, linearAxis } from './axis.ts';
import { endLabels, endsOf, epochAxis, gridLine, line, pointValues } from './lines.ts';
import { label, short, svg, threeDigits } from './markup.ts';

/** A line chart of the mean goodness after each step, counted from 1. */
export function stepCurves(means: readonly { readonly right: number; readonly wrong: number }[]): string {
  const [left, right, top, bottom] = [60, 440, 14, 220];
  const lines = [
    { kind: 'negative', points: means.map(({ wrong }, i) => [i + 1, wrong] as const) },
    { kind: 'positive', points: means.map(({ right: value }, i) => [i + 1, value] as const) },
  ];
  const [low, high] = extent(pointValues(lines)) ?? [0, 1];
  const room = 0.06 * (high - low);
  const y = linearAxis(low - room, high + room, bottom, top);
  const x = epochAxis(
    means.map((_, i) => i + 1),
    left,
    right,
    means.length,
  );
  const ends = endsOf(
    lines,
    y,
    (kind, value) => `${kind === 'positive' ? 'right' : 'wrong'} ${threeDigits(value)}`,
  );
  const picture = svg(
    560,
    270,
    `Mean goodness after each step, in the end ${ends.map(({ text }) => text).join(', ')}`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), short(tick))),
      ...x.ticks.map(tick => label(x.at(tick), bottom + 18, short(tick), 'tick')),
      label((left + right) / 2, bottom + 42, 'step', 'note'),
      ...lines.map(shown => line(shown, x, y)),
      ...endLabels(ends, right),
    ].join(''),
  );
  return `<figure>${picture}</figure>`;
}
