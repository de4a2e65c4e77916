// What runs in each thread of a PiscinaTeam.

import { workerData } from 'piscina';
import { type Job, NetworkPart } from '../network/part.ts';
import type { Session } from '../network/session.ts';

const session: Session = workerData;
const parts = new Map<number, NetworkPart>();

/** Does part number `part` of `parts` of a job; which thread takes which part may change from job to job. */
export default function run({ job, part, parts: count }: { job: Job; part: number; parts: number }): void {
  let mine = parts.get(part);
  if (!mine) {
    mine = new NetworkPart(session, part, count);
    parts.set(part, mine);
  }
  for (const _ of mine.run(job));
}
