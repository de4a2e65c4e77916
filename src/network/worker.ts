// What runs in each thread of a network's team.

import { workerData } from 'piscina';
import { type Failure, toFailure } from '../errors.ts';
import { ownFunction } from '../files/module.ts';
import type { Job } from '../schedule/job.ts';
import { openPart } from '../schedule/open.ts';
import type { Part } from '../schedule/part.ts';
import type { Session } from '../schedule/session.ts';
import { BarrierBroken } from '../threads/barrier.ts';

const session: Session = workerData;
const own = await ownFunction(session.recipe);
const parts = new Map<number, Part>();

/**
 * Does part number `part` of `parts` of a job, and tells why it failed, if it did; which thread takes which part may change
 * from job to job.
 */
export default function run({
  job,
  part,
  parts: count,
}: {
  job: Job;
  part: number;
  parts: number;
}): Failure | undefined {
  let mine = parts.get(part);
  if (!mine) {
    mine = openPart(session, part, count, own);
    parts.set(part, mine);
  }
  try {
    for (const _ of mine.run(job));
  } catch (error) {
    // The thread that failed says why.
    if (!(error instanceof BarrierBroken)) return toFailure(error);
  }
  return undefined;
}
