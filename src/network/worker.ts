// What runs in each thread of a network's team.

import { workerData } from 'node:worker_threads';
import { type Failure, toFailure } from '../errors.ts';
import type { Job } from '../schedules/job.ts';
import { openProgram } from '../schedules/open.ts';
import type { ThreadProgram } from '../schedules/program.ts';
import '../schedules/register.ts';
import type { Session } from '../schedules/session.ts';
import { Thread } from '../schedules/thread.ts';
import { BarrierBroken } from '../threads/barrier.ts';
import { ownFunction } from './between-layers-module.ts';

const session: Session = workerData;
// What is thrown here ends the thread without a word of why.
const own = await ownFunction(session.recipe).then(
  change => ({ change }),
  error => ({ failure: toFailure(error) }),
);
const parts = new Map<number, ThreadProgram>();

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
  if ('failure' in own) {
    new Thread(session, part, count).fail();
    return own.failure;
  }
  let mine = parts.get(part);
  if (!mine) {
    mine = openProgram(session, part, count, own.change);
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
