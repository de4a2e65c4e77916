// Compiles assembly/ to the builds that asconfig.json names, and writes them into scripts too, for bundles that carry their kernels
// with them; of all kernels, what they have beyond those of pages. Does nothing where that was done from the same sources.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { embedded, madeOf } from './embedded-kernels.mjs';
import { kernelsRecord } from './sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
const modules = { page: 'page-relaxed', learn: 'learn-relaxed', predict: 'predict-relaxed' };
const outputs = [
  ...Object.values(targets).map(({ outFile }) => outFile),
  ...[...Object.keys(modules), 'all'].flatMap(use => [
    `build/${use}-kernels.js`,
    `build/${use}-kernels.d.ts`,
  ]),
];
if (kernelsRecord.isCurrent() && outputs.every(path => existsSync(path))) process.exit();

mkdirSync('build', { recursive: true });
const finish = kernelsRecord.begin();
for (const [target, { entry = 'assembly/index.ts' }] of Object.entries(targets)) {
  const { error, stderr } = await asc.main([entry, '--config', 'asconfig.json', '--target', target]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
}
const textOf = build => embedded(readFileSync(`build/${build}.wasm`));
for (const [use, build] of Object.entries(modules)) {
  const module = `build/${use}-kernels`;
  writeFileSync(`${module}.js`, `export const kernels = "${textOf(build)}";\n`);
  writeFileSync(`${module}.d.ts`, 'export const kernels: string;\n');
}
const whole = madeOf(textOf(modules.page), textOf('relaxed'), 'page');
writeFileSync('build/all-kernels.js', `export const allKernels = page => ${whole};\n`);
writeFileSync('build/all-kernels.d.ts', 'export const allKernels: (page: string) => string;\n');
finish();
