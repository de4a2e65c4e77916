// What was right and wrong of each class, from a table of pairs.

import { answersByClass, type ClassAnswers } from '../../src/readouts/by-class.ts';

/** `confusion` counts examples by [true class][class read]. */
export function byClass(confusion: readonly (readonly number[])[]): ClassAnswers[] {
  const pairs = confusion.flatMap((row, label) =>
    row.flatMap((count, predicted) => Array.from({ length: count }, () => [label, predicted])),
  );
  const [labels, predictions] = [0, 1].map(k => Uint16Array.from(pairs, pair => pair[k]));
  return answersByClass(labels, predictions, confusion.length);
}
