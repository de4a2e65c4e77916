// Loaded by a process before anything else: at its end it writes, into the folder SAMPLES, what it has used of processors, and how many samples
// of it were in kernels. Trainings that are the same spend the same time in kernels, so that these are a clock that slows down as the machine does.

import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

const MICROSECONDS = 4000;
const TICKS = 100;
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: MICROSECONDS });
session.post('Profiler.start');

process.on('exit', () => {
  session.post('Profiler.stop', (error, found) => {
    if (error) throw error;
    const kernels = found.profile.nodes
      .filter(({ callFrame }) => callFrame.url.startsWith('wasm:'))
      .reduce((sum, { hitCount = 0 }) => sum + hitCount, 0);
    const path = join(process.env.SAMPLES, `${process.pid}.json`);
    writeFileSync(`${path}.part`, JSON.stringify({ seconds: usedSeconds(), kernels }));
    renameSync(`${path}.part`, path);
  });
});

/** Of all threads but the one that takes samples, which has more to do where there is more code. */
function usedSeconds() {
  const ticks = readdirSync('/proc/self/task')
    .map(thread => readFileSync(`/proc/self/task/${thread}/stat`, 'latin1'))
    .filter(stat => !stat.includes('(v8:ProfEvntProc)'))
    .map(stat => stat.split(') ')[1].split(' '))
    .reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0);
  return ticks / TICKS;
}
