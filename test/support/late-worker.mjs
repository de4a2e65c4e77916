// A thread of a network that runs late in every job in which it is its turn: it begins late, and leaves every barrier when the
// others have long gone on. In job number n that is part n % parts.

import run from '../../modules/network/worker.js';
import { Barrier } from '../../modules/threads/barrier.js';

/** In milliseconds: longer than the others take to their next barrier. */
const LATE = 0.3;

const asleep = new Int32Array(new SharedArrayBuffer(4));
let jobs = 0;
let isLate = false;

function sleep() {
  if (isLate) Atomics.wait(asleep, 0, 0, LATE);
}

const { wait } = Barrier.prototype;
Barrier.prototype.wait = function () {
  wait.call(this);
  sleep();
};

export default function runLate(task) {
  isLate = jobs++ % task.parts === task.part;
  sleep();
  return run(task);
}
