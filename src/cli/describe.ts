// What the commands say of a network and of its answers.

import type { Encoding } from '../data/encode-examples.ts';
import { describeSize } from '../data/images/images.ts';
import { few } from '../data/notes.ts';
import { rowColumns } from '../data/tables/rows.ts';
import type { Evaluation, Network } from '../network/network.ts';
import type { Scored } from '../readouts/goodness.ts';
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

/** How often each class is taken for another, by the readouts that there are. */
export function perClass(
  { answers, goodnessReadout, softmaxReadout }: Evaluation,
  learning: Learning,
  names?: readonly string[],
): string {
  const isTold = goodnessReadout && hasReadout(learning);
  const nameOf = (label: number) => names?.[label] ?? String(label);
  const rows = answers.confusion.map((row, label) => {
    const count = row.reduce((a, b) => a + b);
    const wrong = (confusion: Scored['confusion']) => count - confusion[label][label];
    const mistakes = row.map((n, c) => (c === label ? 0 : n));
    const most = Math.max(...mistakes);
    return [
      nameOf(label),
      String(count),
      `${wrong(answers.confusion)}`,
      percent(count ? (100 * wrong(answers.confusion)) / count : 0),
      ...(isTold ? [`${wrong(softmaxReadout.confusion)}`] : []),
      most > 0 ? `${nameOf(mistakes.indexOf(most))} (${most})` : '–',
    ];
  });
  const bySoftmax = isTold ? ['wrong (softmax)'] : [];
  return table(['class', 'examples', 'wrong', 'error', ...bySoftmax, 'taken for'], rows);
}

/** What a model of own data is asked about, as it is kept. */
export function ownExamples(encoding: Encoding): string {
  return encoding.kind === 'table'
    ? `rows of a table as they are (${few(rowColumns(encoding))})`
    : `images of ${describeSize(encoding)} as their bytes`;
}
