// Which schedule a recipe has.

import { ContrastivePart } from './contrastive.ts';
import type { Part } from './part.ts';
import type { Session } from './session.ts';
import { SupervisedPart } from './supervised.ts';

/** Part number `part` of `parts` in what the session's recipe asks for. */
export function openPart(session: Session, part: number, parts: number): Part {
  const { negatives } = session.recipe;
  return negatives === 'uniform' || negatives === 'hard'
    ? new SupervisedPart(session, part, parts)
    : new ContrastivePart(session, part, parts);
}
