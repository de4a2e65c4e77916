// What the commands say of a network and of its answers.

import type { Evaluation, Network } from '../network/network.ts';
import type { Scored } from '../readouts/goodness.ts';
import { colors, mebibytes, percent, table } from './text.ts';

export function machineOf(network: Network): string {
  const bytes = network.memoryBytes.reduce((a, b) => a + b);
  const { threads } = network;
  return `${threads} thread${threads === 1 ? '' : 's'}, ${network.session.build} kernels, ${mebibytes(bytes)} of memory, seed ${network.session.seed}`;
}

export function verdict(name: string, { goodnessReadout, softmaxReadout }: Evaluation): string {
  const bySoftmax = `${percent(softmaxReadout.error)} by the softmax of one pass`;
  if (!goodnessReadout) return `${name}: error ${bySoftmax}`;
  return `${name}: error ${colors.bold(percent(goodnessReadout.error))} by the goodness of every label, ${bySoftmax}`;
}

/** How often each class is taken for another, by the readouts that there are. */
export function perClass(
  { answers, goodnessReadout, softmaxReadout }: Evaluation,
  names?: readonly string[],
): string {
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
      ...(goodnessReadout ? [`${wrong(softmaxReadout.confusion)}`] : []),
      most > 0 ? `${nameOf(mistakes.indexOf(most))} (${most})` : '–',
    ];
  });
  const bySoftmax = goodnessReadout ? ['wrong (softmax)'] : [];
  return table(['class', 'examples', 'wrong', 'error', ...bySoftmax, 'taken for'], rows);
}
