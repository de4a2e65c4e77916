// Which schedule a recipe has.

import { ContrastivePart } from './contrastive.ts';
import type { Part } from './part.ts';
import { RecurrentPart } from './recurrent.ts';
import type { Session } from './session.ts';
import { SupervisedPart } from './supervised.ts';

/** Part number `part` of `parts` in what the session's recipe asks for. */
export function openPart(session: Session, part: number, parts: number): Part {
  const { negatives, schedule } = session.recipe;
  if (schedule) return new RecurrentPart(session, part, parts);
  return typeof negatives === 'string'
    ? new SupervisedPart(session, part, parts)
    : new ContrastivePart(session, part, parts);
}
