// What was right and wrong of each class, in room for what was and not for every pair of classes.

import type { Labels } from '../data/dataset.ts';

/** Classes up to which every pair of them can be shown. */
export const MOST_PAIRED = 50;

/** What the examples of one class were taken for. */
export interface ClassAnswers {
  readonly label: number;
  /** Examples of the class. */
  readonly count: number;
  readonly wrong: number;
  /** The classes that the wrong ones were taken for, the most frequent first. */
  readonly takenFor: readonly { readonly label: number; readonly count: number }[];
}

/** The answers to the examples of each of `classes` classes: what they are, `labels`, and what they were taken for, `predictions`. */
export function answersByClass(labels: Labels, predictions: Labels, classes: number): ClassAnswers[] {
  const counts = new Uint32Array(classes);
  const mistakes = Array.from({ length: classes }, () => new Map<number, number>());
  labels.forEach((label, i) => {
    counts[label]++;
    const taken = predictions[i];
    if (taken !== label) mistakes[label].set(taken, (mistakes[label].get(taken) ?? 0) + 1);
  });
  return mistakes.map((of, label) => {
    const takenFor = Array.from(of, ([label, count]) => ({ label, count }));
    takenFor.sort((a, b) => b.count - a.count || a.label - b.label);
    const wrong = takenFor.reduce((sum, { count }) => sum + count, 0);
    return { label, count: counts[label], wrong, takenFor };
  });
}

/** The `most` classes with the most mistakes, those with a larger share of them first; none without any. */
export function worstClasses(classes: readonly ClassAnswers[], most: number): ClassAnswers[] {
  return classes
    .filter(({ wrong }) => wrong > 0)
    .sort((a, b) => b.wrong - a.wrong || b.wrong / b.count - a.wrong / a.count || a.label - b.label)
    .slice(0, most);
}
