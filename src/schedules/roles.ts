// Which rows a batch has.

import type { Role } from '../layers/rows.ts';
import { type Learning, triesLabels } from '../recipes/recipe.ts';

const PLAIN: readonly Role[] = ['positive'];
const AGAINST_HYBRIDS: readonly Role[] = ['positive', 'negative'];
const LABELLED: readonly Role[] = ['positive', 'neutral', 'negative'];

/** One row an image for each role: those that the objective compares, and one without a label where the others have one. */
export function rolesOf(learning: Learning): readonly Role[] {
  if (triesLabels(learning)) return LABELLED;
  return learning.kind === 'unsupervised' ? AGAINST_HYBRIDS : PLAIN;
}
