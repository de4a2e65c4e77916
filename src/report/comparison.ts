// One experiment as a page: its variants beside the figures of the paper.

import { type Axis, extent, linearAxis, logAxis, thin } from './axis.ts';
import { endLabels, endsOf, epochAxis, gridLine, line, pointValues, type Series } from './lines.ts';
import {
  decimal,
  escaped,
  hotspot,
  label,
  percentage,
  percentageSpread,
  short,
  svg,
  timeSpent,
} from './markup.ts';
import { page, pairsTable, section } from './page.ts';
import type { Spread } from './spread.ts';

/** What a report shows of one variant; strings are plain text. */
export interface ComparedVariant {
  readonly name: string;
  readonly about: string;
  /** The error that was published, as it is printed there, e.g. `1.36 %`. */
  readonly paper?: string;
  /** The error that counts. */
  readonly error?: Spread;
  readonly goodness?: Spread;
  readonly softmax?: Spread;
  readonly epochs: number;
  /** Mean training time of a seed. */
  readonly seconds: number;
  readonly runs: readonly {
    readonly seed: number;
    readonly goodnessError?: number;
    readonly softmaxError?: number;
    readonly trainSeconds: number;
  }[];
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** Lines over epochs or examples, one a variant. */
export interface Curves {
  readonly title: string;
  /** How to read them, as markup. */
  readonly reading: string;
  readonly unit: 'epochs' | 'examples';
  /** `variant` counts from 0. */
  readonly lines: readonly { readonly variant: number; readonly points: Series['points'] }[];
  /** Lines of a variant are several, too many to have a name each. */
  readonly isMany?: boolean;
}

export interface Comparison {
  readonly name: string;
  readonly about: string;
  /** Where it was published; absent where nobody else has done it. */
  readonly section?: string;
  /** Of what the errors are: `test error`, or another. */
  readonly measure: string;
  readonly isShort: boolean;
  readonly variants: readonly ComparedVariant[];
  readonly curves: readonly Curves[];
  readonly machine: readonly (readonly [name: string, value: string])[];
  /** Further sections, as markup. */
  readonly sections: readonly string[];
}

/** The whole report as the text of one HTML file. */
export function renderComparison(data: Comparison): string {
  const { name, about, variants, curves, machine } = data;
  const result = variants.length > 1 ? bars(data) : versus(data);
  const header = `<p class="about">${escaped(about)}</p>\n${result}`;
  const kind =
    data.section === undefined ? 'Forward-Forward sweep' : `Forward-Forward experiment, ${data.section}`;
  return page(name, kind, header, [
    section('Results', resultsReading(data), resultsTable(variants)),
    ...curves.map(each => section(each.title, each.reading, curvesFigure(each, variants))),
    ...data.sections,
    section(
      'Settings',
      'What it takes to repeat this, and what it ran on.',
      `<div class="tables">${variants.map(({ name: of, settings }) => pairsTable(of, settings)).join('\n')}${pairsTable('Machine', machine)}</div>`,
    ),
  ]);
}

// ----- what it comes to ----------------------------------------------------------------------------------------------

function versus({ variants, measure, section: where, isShort }: Comparison): string {
  const [{ name, error, paper, runs }] = variants;
  const seeds = runs.length === 1 ? 'one seed' : `mean of ${runs.length} seeds`;
  const spread = error?.deviation === undefined ? '' : `, standard deviation ${decimal(error.deviation, 2)}`;
  const which = variants.length === 1 ? '' : `${escaped(name)}: `;
  const full = paper ? ", the paper's figure is of a full one" : '';
  const cut = isShort ? ` This was a short run${full}.` : '';
  const ours = `<div><p class="big">${decimal(error?.mean ?? Number.NaN, 2)}<span>\u00a0%</span></p>
<p class="lead">${which}${escaped(measure)}, ${seeds}${spread}.${cut}</p></div>`;
  const theirs =
    where === undefined
      ? ''
      : paper
        ? `<div><p class="big paper">${escaped(paper.replace(/ %$/, ''))}<span>\u00a0%</span></p>
<p class="lead">in ${escaped(where)}.</p></div>`
        : `<div><p class="lead">There is no figure for this in ${escaped(where)}.</p></div>`;
  return `<div class="versus">${ours}${theirs}</div>`;
}

/** The error of every variant as a bar, the least one marked, and the published figures as strokes across. */
function bars({ variants, measure, isShort, section: where }: Comparison): string {
  const published = variants.map(({ paper }) => Number.parseFloat(paper ?? ''));
  const errors = variants.map(({ error }) => error?.mean ?? Number.NaN);
  const known = [...errors, ...published].filter(Number.isFinite);
  const most = Math.max(...known, 1e-9);
  const least = Math.min(...errors.filter(Number.isFinite));
  const share = (value: number) => `${decimal((value / most) * 100, 1)}%`;
  const rows = variants.map(({ name, error, paper }, i) => {
    const isBest = errors[i] === least;
    const bar = Number.isFinite(errors[i])
      ? `<i class="shade${i % COLOURS}" style="width:${share(errors[i])}"></i>`
      : '';
    const stroke = Number.isFinite(published[i]) ? `<b style="left:${share(published[i])}"></b>` : '';
    return `<tr${isBest ? ' class="best"' : ''}><th scope="row">${escaped(name)}</th><td class="measured">${percentageSpread(error)}</td>
<td class="bar"><span>${bar}${stroke}</span></td><td>${paper ? `${escaped(paper)} published` : ''}</td></tr>`;
  });
  const seeds = new Set(variants.map(({ runs }) => runs.length));
  const [count] = seeds;
  const means = seeds.size > 1 ? 'means of the seeds' : count === 1 ? 'one seed' : `means of ${count} seeds`;
  const strokes =
    where !== undefined && published.some(Number.isFinite)
      ? ` The strokes are the figures in ${escaped(where)}${isShort ? ', of full runs' : ''}.`
      : '';
  return `<table class="bars"><caption>${escaped(capitalized(measure))} of each variant, ${means}: shorter is better.${strokes}${isShort ? ' This was a short run.' : ''}</caption>
<tbody>${rows.join('\n')}</tbody></table>`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function resultsReading({ measure, variants }: Comparison): string {
  const both = variants.some(({ goodness, softmax }) => goodness && softmax);
  const readouts = both
    ? ` The goodness readout tries every label and keeps the one with most goodness; the softmax readout is a linear
classifier on the activities of one pass.`
    : '';
  return `The ${escaped(measure)} of each variant, as mean ± standard deviation over its seeds.${readouts} Training time is that of
one seed and leaves evaluation out.`;
}

function resultsTable(variants: readonly ComparedVariant[]): string {
  const hasGoodness = variants.some(({ goodness }) => goodness);
  const hasSoftmax = variants.some(({ softmax }) => softmax);
  const hasPaper = variants.some(({ paper }) => paper);
  const hasOnlyError = !hasGoodness && !hasSoftmax;
  const cell = (text: string) => `<td>${text}</td>`;
  const heads = [
    ...(hasPaper || !hasOnlyError ? ['paper'] : []),
    ...(hasOnlyError ? ['error'] : []),
    ...(hasGoodness ? ['goodness'] : []),
    ...(hasSoftmax ? ['softmax'] : []),
    'seeds',
    'epochs',
    'training',
  ];
  const rows = variants.map(({ name, about, paper, error, goodness, softmax, runs, epochs, seconds }, i) => {
    const seeds = [...new Set(runs.map(({ seed }) => seed))].join(', ');
    return `<tr><th scope="row"><span class="key shade${i % COLOURS}">${escaped(name)}</span><span class="about">${escaped(about)}</span></th>
${hasPaper || !hasOnlyError ? cell(paper ? escaped(paper) : '–') : ''}${hasOnlyError ? cell(percentageSpread(error)) : ''}${hasGoodness ? cell(percentageSpread(goodness)) : ''}${hasSoftmax ? cell(percentageSpread(softmax)) : ''}
${cell(escaped(seeds))}${cell(decimal(epochs))}${cell(timeSpent(seconds))}</tr>`;
  });
  return `<div class="scroll"><table class="results"><thead><tr><td></td>${heads.map(head => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>
${everySeed(variants)}`;
}

function everySeed(variants: readonly ComparedVariant[]): string {
  const isTold = ({ goodnessError, softmaxError }: ComparedVariant['runs'][number]) =>
    goodnessError !== undefined || softmaxError !== undefined;
  if (variants.every(({ runs }) => runs.length < 2 || !runs.some(isTold))) return '';
  const error = (value: number | undefined) => (value === undefined ? '–' : percentage(value));
  const rows = variants.flatMap(({ name, runs }) =>
    runs.map(
      ({ seed, goodnessError, softmaxError, trainSeconds }) =>
        `<tr><th scope="row">${escaped(`${name}, seed ${seed}`)}</th><td>${error(goodnessError)}</td><td>${error(softmaxError)}</td>
<td>${timeSpent(trainSeconds)}</td></tr>`,
    ),
  );
  return `<details><summary>Every seed</summary><div class="scroll"><table class="results"><thead><tr><td></td>
<th scope="col">goodness</th><th scope="col">softmax</th><th scope="col">training</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>`;
}

// ----- how it came about ---------------------------------------------------------------------------------------------

/** Lines have this many colours; their names stand at their ends. */
const COLOURS = 6;

function curvesFigure(curves: Curves, variants: readonly ComparedVariant[]): string {
  const lines = curves.lines
    .map(({ variant, points }) => ({
      kind: `shade${variant % COLOURS}`,
      name: variants[variant].name,
      points: points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
    }))
    .filter(({ points }) => points.length > 1);
  if (lines.length === 0) return '<p class="none">A curve needs a second point.</p>';
  const named = curves.isMany ? [] : lines;
  const keys = named.map(({ kind, name }) => `<span class="key ${kind}">${escaped(name)}</span>`);
  const isLog = wantsLogAxis(lines);
  const scale = isLog
    ? '<span>Logarithmic scale: equal steps down remove equal proportions of errors.</span>'
    : '';
  return `<figure>
<div class="wide">${chart(curves, lines, isLog, [960, 380], 9)}</div>
<div class="narrow">${chart(curves, lines, isLog, [360, 300], 3)}</div>
<figcaption class="keys">${keys.join('')}${scale}</figcaption>
</figure>`;
}

type Line = Series & { readonly name: string };

function wantsLogAxis(lines: readonly Line[]): boolean {
  const [low, high] = extent(pointValues(lines).filter(value => value > 0)) ?? [1, 1];
  return high >= low * 2;
}

function chart(
  { title, unit, isMany }: Curves,
  lines: readonly Line[],
  isLog: boolean,
  [width, height]: readonly [number, number],
  ticks: number,
): string {
  const longest = Math.max(...lines.map(({ name }) => name.length));
  const [left, top, bottom] = [48, 14, height - 46];
  const right = width - (width > 500 ? 76 + 7 * Math.min(16, longest) : 70);
  const [low, high] = extent(pointValues(lines).filter(value => value > 0)) ?? [0, 1];
  // An error of exactly zero has no place on a log axis: it is held at the lower end.
  const y = isLog ? logAxis(Math.max(low, 0.001), high, bottom, top) : linearAxis(0, high * 1.1, bottom, top);
  const x = epochAxis(
    lines.flatMap(({ points }) => points.map(point => point[0])),
    left,
    right,
    ticks,
  );
  const ends = lines.flatMap(each => {
    const text = (value: number) => (width > 500 ? `${each.name} ${percentage(value)}` : percentage(value));
    return isMany ? [] : endsOf([each], y, (_, value) => text(value));
  });
  return svg(
    width,
    height,
    isMany
      ? `${title}: ${lines.length} lines`
      : `${title}: in the end ${ends.map(end => end.text).join(', ')}`,
    [
      ...y.ticks.map(tick => gridLine(left, right, y.at(tick), `${short(tick)}\u00a0%`)),
      ...x.ticks.map(tick => label(x.at(tick), bottom + 18, short(tick), 'tick')),
      label((left + right) / 2, height - 8, unit, 'note'),
      ...lines.map(each => line(each, x, y)),
      ...endLabels(ends, right),
      ...tooltips(lines, unit, x, top, bottom),
    ].join(''),
  );
}

function tooltips(
  lines: readonly Line[],
  unit: Curves['unit'],
  x: Axis,
  top: number,
  bottom: number,
): string[] {
  const places = [...new Set(lines.flatMap(({ points }) => points.map(point => point[0])))];
  const shown = thin(
    places.sort((a, b) => a - b),
    120,
  );
  const half = Math.max(3, (x.at(x.high) - x.at(x.low)) / Math.max(1, shown.length - 1) / 2);
  return shown.map(place => {
    const errors = lines.flatMap(({ name, points }) => {
      const point = points.find(([found]) => found === place);
      return point ? [`${name} ${percentage(point[1])}`] : [];
    });
    const after = unit === 'epochs' ? `Epoch ${place}` : `${decimal(place)} examples`;
    return hotspot(x.at(place) - half, top, 2 * half, bottom - top, `${after}: ${errors.join(', ')}`);
  });
}
