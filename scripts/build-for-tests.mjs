// Threads, commands and pages run what was built, while the tests themselves import src/. So that both are the same code, this
// builds before the tests, and in watch mode before they run again, where a source has changed since the last build.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildRecord } from './sources.mjs';

const script = fileURLToPath(new URL('build.mjs', import.meta.url));

/** Whether what was built is now of these sources. */
function build() {
  if (buildRecord.isCurrent()) return true;
  console.error('dist/ is not what the sources are now: building it');
  // To stderr, because a reporter may write to stdout what programs read.
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] });
  if (status !== 0) console.error('the build failed, so no test runs');
  return status === 0;
}

export default function setup(project) {
  if (!build()) process.exit(1);
  // One that never ends leaves the watch where it is until a source changes again.
  project.onTestsRerun(() => build() || new Promise(() => {}));
}
