// Compiles assembly/ to the builds that asconfig.json names, and writes those for devices into scripts too, for bundles that carry
// their kernels with them: as hexadecimal digits, which are gzipped to fewer bytes than base64, whose groups of three hide what
// repeats. Does nothing where that was done from the same sources.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { embeddable } from './embedded-kernels.mjs';
import { kernelsRecord } from './sources.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
const modules = ['learn', 'predict'];
const outputs = [
  ...Object.values(targets).map(({ outFile }) => outFile),
  ...modules.flatMap(use => [`build/${use}-kernels.js`, `build/${use}-kernels.d.ts`]),
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
for (const use of modules) {
  const module = `build/${use}-kernels`;
  const digits = embeddable(readFileSync(`build/${use}-relaxed.wasm`)).toString('hex');
  writeFileSync(`${module}.js`, `export const kernels = '${digits}';\n`);
  writeFileSync(`${module}.d.ts`, 'export const kernels: string;\n');
}
finish();
