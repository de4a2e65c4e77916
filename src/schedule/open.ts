// Which schedule a recipe has.

import { BackpropPart } from './backprop.ts';
import { ContrastivePart } from './contrastive.ts';
import type { Part } from './part.ts';
import { PerturbationPart } from './perturbation.ts';
import { RecurrentPart } from './recurrent.ts';
import type { Session } from './session.ts';
import { SupervisedPart } from './supervised.ts';

/** Part number `part` of `parts` in what the session's recipe asks for. */
export function openPart(session: Session, part: number, parts: number): Part {
  const { schedule, negatives } = session.recipe;
  if (schedule?.kind === 'recurrent') return new RecurrentPart(session, part, parts);
  if (schedule?.kind === 'backprop') return new BackpropPart(session, part, parts);
  if (schedule?.kind === 'perturbation') return new PerturbationPart(session, part, parts);
  return typeof negatives === 'string'
    ? new SupervisedPart(session, part, parts)
    : new ContrastivePart(session, part, parts);
}
