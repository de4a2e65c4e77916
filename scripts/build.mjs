// Builds everything, each step from what those before it wrote: the kernels, the modules, the workers of a page, what `ff export --js` puts
// before the weights, and of all that what people install.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildRecord } from './sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const steps = [
  ['./build-wasm.mjs'],
  ['typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ['./build-worker.mjs'],
  ['./build-export.mjs'],
  ['./bundle.mjs'],
];

const finish = buildRecord.begin();
// What a source that has moved left behind would be packed and published.
for (const folder of ['modules', 'dist']) rmSync(folder, { recursive: true, force: true });
for (const [module, ...words] of steps) {
  const script = fileURLToPath(import.meta.resolve(module));
  const { status } = spawnSync(process.execPath, [script, ...words], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
finish();
