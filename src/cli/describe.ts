// What the commands say of a network and of its answers.

import type { Dataset } from '../data/dataset.ts';
import type { Encoding } from '../data/encode-examples.ts';
import { describeSize } from '../data/images/images.ts';
import { few } from '../data/notes.ts';
import { rowColumns } from '../data/tables/rows.ts';
import type { Evaluation, Network } from '../network/network.ts';
import { answersByClass, type ClassAnswers, MOST_PAIRED, worstClasses } from '../readouts/by-class.ts';
import { hasReadout, type Learning } from '../recipes/recipe.ts';
import { colors, mebibytes, percent, table } from './text.ts';

export function machineOf(network: Network): string {
  const bytes = network.memoryBytes.reduce((a, b) => a + b);
  const { threads } = network;
  return `${threads} thread${threads === 1 ? '' : 's'}, ${network.session.build} kernels, ${mebibytes(bytes)} of memory, seed ${network.session.seed}`;
}

/** Error of the readouts that there are, the one that answers first, and by what each goes. */
export function errorsOf(
  { goodnessReadout, softmaxReadout }: Evaluation,
  learning: Learning,
): [string, number][] {
  const byGoodness =
    learning.kind === 'classes' ? 'the log probabilities of all layers' : 'the goodness of every label';
  return [
    ...(goodnessReadout ? [[byGoodness, goodnessReadout.error] as [string, number]] : []),
    ...(hasReadout(learning) ? [['the softmax of one pass', softmaxReadout.error] as [string, number]] : []),
  ];
}

export function verdict(name: string, evaluation: Evaluation, learning: Learning): string {
  const [[by, error], ...others] = errorsOf(evaluation, learning);
  const rest = others.map(([by, error]) => `, ${percent(error)} by ${by}`).join('');
  return `${name}: error ${colors.bold(percent(error))} by ${by}${rest}`;
}

/** Of more classes than can be read in a list, so many are listed. */
const MOST_LISTED = 30;

/** How often each class is taken for another, by the readouts that there are; of many classes, those with the most mistakes. */
export function perClass(
  { answers, goodnessReadout, softmaxReadout }: Evaluation,
  learning: Learning,
  { labels, classes, classNames }: Dataset,
): string {
  const isTold = goodnessReadout && hasReadout(learning);
  const nameOf = (label: number) => classNames?.[label] ?? String(label);
  const all = answersByClass(labels, answers.predictions, classes);
  const bySoftmax = isTold ? answersByClass(labels, softmaxReadout.predictions, classes) : undefined;
  const listed = classes > MOST_PAIRED ? worstClasses(all, MOST_LISTED) : all;
  const rows = listed.map(({ label, count, wrong, takenFor: [most] }) => [
    nameOf(label),
    String(count),
    String(wrong),
    percent(count ? (100 * wrong) / count : 0),
    ...(bySoftmax ? [String(bySoftmax[label].wrong)] : []),
    most ? `${nameOf(most.label)} (${most.count})` : '–',
  ]);
  const heading = [
    'class',
    'examples',
    'wrong',
    'error',
    ...(bySoftmax ? ['wrong (softmax)'] : []),
    'taken for',
  ];
  if (listed.length === all.length) return table(heading, rows);
  const sum = (classes: readonly ClassAnswers[]) => classes.reduce((total, { wrong }) => total + wrong, 0);
  const rest = `${all.length - listed.length} ${listed.length > 0 ? 'other ' : ''}classes: ${sum(all) - sum(listed)} examples wrong`;
  return listed.length > 0 ? `${table(heading, rows)}\n${rest}` : rest;
}

/** What a model of own data is asked about, as it is kept. */
export function ownExamples(encoding: Encoding): string {
  return encoding.kind === 'table'
    ? `rows of a table as they are (${few(rowColumns(encoding))})`
    : `images of ${describeSize(encoding)} as their bytes`;
}
