// The examples which the network got wrong although it was sure.

import { MOST_PAIRED } from '../readouts/by-class.ts';
import { extent } from './axis.ts';
import type { Measure } from './headline.ts';
import { at, capitalized, className, decimal, escaped, label, percentage, short, svg } from './markup.ts';
import { image } from './pixels.ts';

const most = 40;
/** Labels that have a bar where there are too many for one each. */
const FEW_BARS = 12;

/** One wrongly read example; `pixels` has the length of an input, `goodness` one value per label. */
export interface Mistake {
  readonly index: number;
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly predicted: number;
  /** 0 to 1. */
  readonly confidence: number;
  readonly goodness: readonly number[];
}

/** Cards of up to 40 mistakes; pictures only where the inputs have a `shape` of one channel or of red, green and blue. */
export function mistakeCards(
  mistakes: readonly Mistake[],
  names: readonly string[],
  measure: Measure,
  shape: readonly [height: number, width: number, channels?: number] | undefined,
): string {
  if (mistakes.length === 0) return '<p class="none">None: every example was read correctly.</p>';
  const cards = mistakes.slice(0, most).map(mistake => card(mistake, names, measure, shape));
  return `<ol class="mistakes">\n${cards.join('\n')}\n</ol>`;
}

function card(
  mistake: Mistake,
  names: readonly string[],
  measure: Measure,
  shape: readonly [height: number, width: number, channels?: number] | undefined,
): string {
  const { index, confidence } = mistake;
  const [is, as] = [className(names, mistake.label), className(names, mistake.predicted)];
  const [height, width, channels = 1] = shape ?? [0, 0];
  const isPicture = (channels === 1 || channels === 3) && height * width * channels === mistake.pixels.length;
  const picture = isPicture
    ? image(mistake.pixels, height, width, channels, `Test example ${index}, a ${is} read as ${as}`)
    : '';
  return `<li>${picture}<p>is <b class="true">${escaped(is)}</b><br />
read as <b class="wrong">${escaped(as)}</b><br />
<span>${sure(confidence)}\u00a0sure</span><br /><span>no. ${decimal(index)}</span></p>
${bars(mistake, names, measure)}</li>`;
}

// None of these may claim to be 100 % sure by rounding.
function sure(confidence: number): string {
  return confidence > 0.999 ? '&gt;\u00a099.9\u00a0%' : percentage(confidence * 100, 1);
}

// The goodness of different labels is nearly the same number: bars from zero would all look alike. They start
// a little below the least one instead, which the page says.
function bars(mistake: Mistake, names: readonly string[], measure: Measure): string {
  const labels = barLabels(mistake);
  const goodness = labels.map(label => mistake.goodness[label]);
  const range = extent(goodness);
  if (!range) return '';
  const shown = labels.map(label => className(names, label));
  const long = shown.some(name => name.length > 2);
  // Slanted names reach to the left of their bar.
  const [width, top, base, left] = [240, 4, 66, long ? 22 : 0];
  const height = long ? base + 62 : base + 20;
  const floor = range[0] - ((range[1] - range[0]) * 0.08 || 1);
  const step = (width - left) / goodness.length;
  const columns = goodness.map((value, i) => {
    const share = Number.isFinite(value) ? (value - floor) / (range[1] - floor) : 0;
    const kind = labels[i] === mistake.label ? 'true' : labels[i] === mistake.predicted ? 'wrong' : 'other';
    const x = left + step * (i + 0.5);
    const bar = Math.min(step * 0.72, 26);
    const size = (base - top) * share;
    const place = `x="${at(x - bar / 2)}" y="${at(base - size)}" width="${at(bar)}" height="${at(size)}"`;
    const tooltip = escaped(`${shown[i]}: ${measure} ${short(Number(value.toPrecision(6)))}`);
    // More names than this run into each other; the others keep their tooltip.
    const named = goodness.length <= 14 || kind !== 'other';
    const text = !named
      ? ''
      : long
        ? slanted(x, base + 8, shown[i], kind)
        : label(x, base + 15, shown[i], `class ${kind}`);
    return `<g><rect class="bar ${kind}" rx="1.5" ${place} /><title>${tooltip}</title>${text}</g>`;
  });
  const [is, as] = [className(names, mistake.label), className(names, mistake.predicted)];
  const name = `${capitalized(measure)} per label, true ${is}, read as ${as}`;
  return svg(width, height, name, `${columns.join('')}<path class="base" d="M${left} ${base}H${width}" />`);
}

/** The labels that get a bar: all, or those of many with the most goodness, and the true one and the one it chose. */
function barLabels({ goodness, label, predicted }: Mistake): number[] {
  const all = Array.from(goodness.keys());
  if (all.length <= MOST_PAIRED) return all;
  const others = all.filter(other => other !== label && other !== predicted);
  const best = others.sort((a, b) => goodness[b] - goodness[a]).slice(0, FEW_BARS - 2);
  return [label, predicted, ...best].sort((a, b) => a - b);
}

function slanted(x: number, y: number, name: string, kind: string): string {
  const text = name.length > 9 ? `${name.slice(0, 8)}…` : name;
  const place = `transform="translate(${at(x + 3)} ${at(y)}) rotate(-60)"`;
  return `<text class="class ${kind}" text-anchor="end" ${place}>${escaped(text)}</text>`;
}
