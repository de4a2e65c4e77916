// Which schedule a recipe has.

import { BackpropPart } from './backprop.ts';
import { BlackBox, type RowFunction } from './black-box.ts';
import { ContrastivePart } from './contrastive.ts';
import type { Part } from './part.ts';
import { PerturbationPart } from './perturbation.ts';
import { RecurrentPart } from './recurrent.ts';
import type { Session } from './session.ts';
import { SupervisedPart } from './supervised.ts';

/** Part number `part` of `parts` in what the session's recipe asks for; `own` is what its module exports, if it names one. */
export function openPart(session: Session, part: number, parts: number, own?: RowFunction): Part {
  const { schedule, negatives, between } = session.recipe;
  const box = between && new BlackBox(session, between, own);
  if (schedule?.kind === 'recurrent') return new RecurrentPart(session, part, parts);
  if (schedule?.kind === 'backprop') return new BackpropPart(session, part, parts, box);
  if (schedule?.kind === 'perturbation') return new PerturbationPart(session, part, parts, box);
  return negatives === 'uniform' || negatives === 'hard'
    ? new SupervisedPart(session, part, parts, box)
    : new ContrastivePart(session, part, parts, box);
}
