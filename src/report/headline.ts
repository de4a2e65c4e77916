// The result at a glance.

import type { EpochEvent } from '../network/events.ts';
import type { ClassAnswers } from '../readouts/by-class.ts';
import { extent } from './axis.ts';
import { decimal, percentage, svg, timeSpent } from './markup.ts';

/** What can answer for a network: goodness of every label, log probabilities summed over the layers, the softmax of one pass. */
export type ReadoutKind = 'goodness' | 'layers' | 'softmax';

/** What a layer gives a label. */
export type Measure = 'goodness' | 'log probability';

/** How often a readout was wrong. */
export interface ReadoutErrors {
  readonly kind: ReadoutKind;
  /** Percent. */
  readonly error: number;
  /** What was right and wrong of each class. */
  readonly byClass: readonly ClassAnswers[];
}

/** The readout in the middle of a sentence. */
export const readoutNames: Readonly<Record<ReadoutKind, string>> = {
  goodness: 'the goodness readout',
  layers: 'all layers together',
  softmax: 'the softmax readout',
};

const titles: Readonly<Record<ReadoutKind, readonly [title: string, note: string]>> = {
  goodness: ['Goodness readout', 'tries every label, keeps the one with most goodness'],
  layers: ['All layers together', 'each tells how likely a class is; their log probabilities are added'],
  softmax: ['Softmax readout', 'one pass, a linear classifier on the activities'],
};

/** Of readouts that are equally good, the first. */
export function bestOf(readouts: readonly ReadoutErrors[]): ReadoutErrors {
  return readouts.reduce((best, other) => (other.error < best.error ? other : best));
}

/** The best error in large, as dots, and beside it the readouts that there are, time and speed. */
export function headline(readouts: readonly ReadoutErrors[], epochs: readonly EpochEvent[]): string {
  const best = bestOf(readouts);
  const sum = (what: 'count' | 'wrong') => best.byClass.reduce((total, of) => total + of[what], 0);
  const [examples, wrong] = [sum('count'), sum('wrong')];
  const exact = examples > 0 ? `: ${decimal(wrong)} of ${decimal(examples)} test examples read wrong` : '';
  const last = epochs.at(-1);
  return `<div class="hero">
<div><p class="big">${decimal(best.error, 2)}<span>\u00a0%</span></p>
<p class="lead">test error by ${readoutNames[best.kind]}${exact}.</p></div>
${dots(best.error, examples, wrong)}
</div>
<dl class="stats">
${readouts
  .map(readout => {
    const [title, note] = titles[readout.kind];
    return stat(title, percentage(readout.error), note, readouts.length > 1 && readout === best);
  })
  .join('\n')}
${stat('Training time', last ? timeSpent(last.trainSeconds) : '–', epochCount(epochs.length))}
${stat('Speed', decimal(medianSpeed(epochs)), 'examples per second, median of the epochs')}
</dl>`;
}

function epochCount(count: number): string {
  return count === 1 ? '1 epoch, evaluation not counted' : `${decimal(count)} epochs, evaluation not counted`;
}

function stat(name: string, value: string, note: string, better = false): string {
  const kind = better ? ' class="better"' : '';
  return `<div${kind}><dt>${name}</dt><dd><b>${value}</b><span>${note}</span></dd></div>`;
}

const MOST_DOTS = 1000;
const IN_ROW = 50;

// A percentage below two is hard to picture; some dots among a thousand are not. Of fewer test examples each is a dot.
function dots(error: number, examples: number, misread: number): string {
  if (!Number.isFinite(error)) return '';
  const isEach = examples > 0 && examples < MOST_DOTS;
  const count = isEach ? examples : MOST_DOTS;
  const wrong = isEach ? misread : Math.min(count, Math.max(0, Math.round(error * 10)));
  const rows = Array.from({ length: Math.ceil(count / IN_ROW) }, (_, row) => {
    const inRow = Math.min(IN_ROW, count - row * IN_ROW);
    const marked = Math.min(inRow, Math.max(0, wrong - row * IN_ROW));
    return dotRow('wrong', row, 0, marked) + dotRow('right', row, marked, inRow);
  });
  const of = `Of ${isEach ? 'the ' : ''}${decimal(count)} ${isEach ? 'test ' : ''}examples`;
  const verb = wrong === 1 ? 'is' : 'are';
  const picture = svg(500, 10 * rows.length, `${of}, ${decimal(wrong)} ${verb} read wrong`, rows.join(''));
  return `<figure class="dots">${picture}
<figcaption>${of}, <b class="wrong">${decimal(wrong)}</b> ${verb} read wrong.</figcaption>
</figure>`;
}

// Round caps on dashes of no length draw a row of dots with one element instead of fifty.
function dotRow(kind: string, row: number, from: number, to: number): string {
  return to > from
    ? `<path class="dots ${kind}" d="M${from * 10 + 5} ${row * 10 + 5}h${(to - from) * 10 - 9}" />`
    : '';
}

function medianSpeed(epochs: readonly EpochEvent[]): number {
  const speeds = epochs.map(event => event.imagesPerSecond).filter(speed => extent([speed]));
  return speeds.toSorted((a, b) => a - b)[speeds.length >> 1] ?? Number.NaN;
}
