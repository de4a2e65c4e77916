// Builds everything, each stage from what those before it wrote: the kernels and the modules; the workers of a page, what `ff export --js` puts
// before the weights, and of all that what people install. What stands in one stage runs side by side.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildRecord } from './sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const stages = [
  [['./build-wasm.mjs'], ['typescript/bin/tsc', '-p', 'tsconfig.build.json']],
  [
    ['./build-worker.mjs'],
    ['./bundle.mjs', 'node', 'device', 'both', 'whole', 'types'],
    ['./build-export.mjs'],
  ],
  [['./bundle.mjs', 'page', 'standalone']],
];

function run([module, ...words]) {
  const script = fileURLToPath(import.meta.resolve(module));
  const child = spawn(process.execPath, [script, ...words], { stdio: 'inherit' });
  return new Promise(resolve => child.on('close', resolve));
}

// What is built already is not built again.
if (buildRecord.isCurrent()) process.exit();
const finish = buildRecord.begin();
// What a source that has moved left behind would be packed and published.
for (const folder of ['modules', 'dist']) rmSync(folder, { recursive: true, force: true });
for (const stage of stages) {
  const statuses = await Promise.all(stage.map(run));
  const failed = statuses.find(status => status !== 0);
  if (failed !== undefined) process.exit(failed ?? 1);
}
finish();
