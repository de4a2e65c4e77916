// One part fails; the others wait for it in vain.

import { workerData } from 'piscina';

export default function run({ job, part }) {
  if (part === job.failing) throw new Error(`part ${part} failed`);
  Atomics.wait(workerData, 0, 0);
}
