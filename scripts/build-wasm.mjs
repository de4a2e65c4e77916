// Compiles assembly/ to the builds that asconfig.json names, makes those for threads of them, which differ by their memory alone, and writes
// some into scripts too, for bundles that carry their kernels with them; of all kernels, what they have beyond those of pages. Does nothing
// where that was done from the same sources.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { embedded, madeOf, withSharedMemory } from './embedded-kernels.mjs';
import { kernelsRecord } from './sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
const threaded = ['simd', 'relaxed'];
const modules = { page: 'page-relaxed', learn: 'learn-relaxed', predict: 'predict-relaxed' };
if (kernelsRecord.isCurrent()) process.exit();

mkdirSync('build', { recursive: true });
const finish = kernelsRecord.begin();
for (const [target, { entry = 'assembly/index.ts' }] of Object.entries(targets)) {
  const { error, stderr } = await asc.main([entry, '--config', 'asconfig.json', '--target', target]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
}
for (const build of threaded) {
  writeFileSync(`build/${build}-shared.wasm`, withSharedMemory(readFileSync(`build/${build}.wasm`)));
}
const textOf = build => embedded(readFileSync(`build/${build}.wasm`));
for (const [use, build] of Object.entries(modules)) {
  writeFileSync(`build/${use}-kernels.js`, `export const kernels = "${textOf(build)}";\n`);
}
const whole = madeOf(textOf(modules.page), textOf('relaxed'), 'page');
writeFileSync('build/all-kernels.js', `export const allKernels = page => ${whole};\n`);
finish();
