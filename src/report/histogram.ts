// How well each layer's goodness tells a true label from a wrong one.

import { type Axis, linearAxis } from './axis.ts';
import type { Measure } from './headline.ts';
import { at, capitalized, decimal, hotspot, label, percentage, short, svg } from './markup.ts';

/** Counts of goodness in equal bins from `low` to `high`; the outermost bins also hold what lies beyond. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  /** (bins). */
  readonly positive: readonly number[];
  /** (bins). */
  readonly negative: readonly number[];
}

const bins = 44;

/**
 * Goodness of the true labels and of the wrong ones in the same 44 bins, with room for a `threshold` that is
 * not far off; values which are not finite are left out.
 */
export function histogram(positive: Float32Array, negative: Float32Array, threshold?: number): Histogram {
  const all = sorted([...positive, ...negative]);
  // A single far outlier would squeeze everything else into one bin.
  const quantile = (share: number) => all[Math.round(share * (all.length - 1))] ?? 0;
  let { low, high } = linearAxis(quantile(0.001), quantile(0.999), 0, 1);
  const span = high - low;
  if (threshold !== undefined && threshold > low - span && threshold < high + span) {
    low = Math.min(low, threshold - span * 0.03);
    high = Math.max(high, threshold + span * 0.03);
  }
  const count = (values: Float32Array) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      const bin = Math.floor(((value - low) / (high - low)) * bins);
      counts[Math.min(bins - 1, Math.max(0, bin))]++;
    }
    return counts;
  };
  return { low, high, positive: count(positive), negative: count(negative) };
}

/** Chance, 0 to 1, that a random positive goodness exceeds a random negative one: the area under the ROC. */
export function areaUnderCurve(positive: Float32Array, negative: Float32Array): number | undefined {
  const [above, below] = [sorted(positive), sorted(negative)];
  if (above.length === 0 || below.length === 0) return undefined;
  let wins = 0;
  let less = 0;
  let notMore = 0;
  for (const value of above) {
    while (less < below.length && below[less] < value) less++;
    while (notMore < below.length && below[notMore] <= value) notMore++;
    wins += (less + notMore) / 2;
  }
  return wins / (above.length * below.length);
}

/** Area, 0 to 1, that both distributions have in common. */
export function overlap({ positive, negative }: Histogram): number {
  const [all, others] = [total(positive) || 1, total(negative) || 1];
  return total(positive.map((count, bin) => Math.min(count / all, negative[bin] / others)));
}

/** The two distributions of one layer (numbered from 1) over each other, with the threshold as a line. */
export function goodnessHistogram(
  number: number,
  measure: Measure,
  layer: {
    readonly units: number;
    readonly threshold?: number;
    readonly positive: Float32Array;
    readonly negative: Float32Array;
  },
): string {
  const { positive, negative } = layer;
  const area = areaUnderCurve(positive, negative);
  const caption = `<figcaption><b>Layer ${number}</b> <span>${short(layer.units)} units</span></figcaption>`;
  if (area === undefined) return `<figure>${caption}<p class="none">No examples were measured.</p></figure>`;
  const counts = histogram(positive, negative, layer.threshold);
  const shared = percentage(overlap(counts) * 100, 1);
  const lost = positive.length + negative.length - total(counts.positive) - total(counts.negative);
  const facts = [
    `On the same example, the true label has more ${measure} in ${percentage(winsOnSameExample(positive, negative), 1)}
of cases; on two examples that have nothing to do with each other, in ${percentage(area * 100, 1)} (AUC).`,
    `The hills share ${shared} of their area.`,
    lost > 0 ? `${decimal(lost)} values were not finite and are left out.` : '',
  ];
  const name = `${capitalized(measure)} in layer ${number}: AUC ${decimal(area, 3)}, shared area ${shared}`;
  const picture = chart(counts, layer.threshold, measure, name);
  return `<figure>${caption}${picture}<p class="fact">${facts.join(' ').trim()}</p></figure>`;
}

function chart(counts: Histogram, threshold: number | undefined, measure: Measure, name: string): string {
  const [left, right, top, bottom] = [6, 334, 18, 160];
  const { low, high } = counts;
  const x = linearAxis(low, high, left, right, 4);
  const share = { positive: shares(counts.positive), negative: shares(counts.negative) };
  const y = linearAxis(0, Math.max(...share.positive, ...share.negative, 1e-9), bottom, top);
  const edge = (bin: number) => left + ((right - left) * bin) / bins;
  const inside = (tick: number) => x.at(tick) > left + 8 && x.at(tick) < right - 8;
  return svg(
    340,
    190,
    name,
    [
      hill(share.negative, y, edge, bottom, 'negative'),
      hill(share.positive, y, edge, bottom, 'positive'),
      `<path class="base" d="M${left} ${bottom}H${right}" />`,
      ...x.ticks.filter(inside).map(tick => label(x.at(tick), bottom + 17, short(tick), 'tick')),
      thresholdMark(threshold, x, top, bottom),
      ...counts.positive.map((count, bin) => {
        const [from, to] = [bin, bin + 1].map(i => low + ((high - low) * i) / bins);
        const span = `${capitalized(measure)} ${rounded(from)} to ${rounded(to)}`;
        const text = `${span}: ${decimal(count)} of the true label, ${decimal(counts.negative[bin])} of a wrong one`;
        return count + counts.negative[bin] === 0
          ? ''
          : hotspot(edge(bin), top, edge(1) - edge(0), bottom - top, text);
      }),
    ].join(''),
  );
}

function hill(shares: readonly number[], y: Axis, edge: (bin: number) => number, base: number, kind: string) {
  const steps = shares.map((share, bin) => `V${at(y.at(share))}H${at(edge(bin + 1))}`).join('');
  return `<path class="hill ${kind}" d="M${at(edge(0))} ${base}${steps}V${base}Z" />`;
}

function thresholdMark(threshold: number | undefined, x: Axis, top: number, bottom: number): string {
  if (threshold === undefined || !(threshold >= x.low && threshold <= x.high)) return '';
  const place = x.at(threshold);
  const anchor = place > 270 ? 'end' : place < 70 ? 'start' : 'middle';
  const path = `<path class="threshold" d="M${at(place)} ${top - 4}V${bottom}" />`;
  return path + label(place, top - 7, `threshold ${short(threshold)}`, 'note', anchor);
}

function rounded(value: number): string {
  return short(Number(value.toPrecision(3)));
}

function shares(counts: readonly number[]): number[] {
  const all = total(counts) || 1;
  return counts.map(count => count / all);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function sorted(values: Iterable<number>): Float32Array {
  return Float32Array.from(values).filter(Number.isFinite).sort();
}

/** Percent of examples whose true label has more goodness than the wrong one shown beside it. */
function winsOnSameExample(positive: Float32Array, negative: Float32Array): number {
  let wins = 0;
  for (let i = 0; i < positive.length; i++) if (positive[i] > negative[i]) wins++;
  return (100 * wins) / positive.length;
}
