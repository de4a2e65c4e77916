// Compiles assembly/ to the builds that asconfig.json names, and writes those for devices as modules too, for bundles that
// carry their kernels with them. Does nothing when they are newer than the sources.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const config = JSON.parse(readFileSync('asconfig.json', 'utf8'));
const sources = [
  'asconfig.json',
  fileURLToPath(import.meta.url),
  ...readdirSync('assembly').map(name => `assembly/${name}`),
];
const newest = Math.max(...sources.map(path => statSync(path).mtimeMs));
const isBuilt = path => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest;

mkdirSync('build', { recursive: true });
for (const [target, { entry = 'assembly/index.ts', outFile }] of Object.entries(config.targets)) {
  if (isBuilt(outFile)) continue;
  const { error, stderr } = await asc.main([entry, '--config', 'asconfig.json', '--target', target]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
}

for (const use of ['learn', 'predict']) {
  const module = `build/${use}-kernels`;
  if (isBuilt(`${module}.js`)) continue;
  const builds = ['relaxed', 'simd'].map(build => [
    build,
    readFileSync(`build/${use}-${build}.wasm`, 'base64'),
  ]);
  writeFileSync(`${module}.js`, builds.map(([name, text]) => `export const ${name} = '${text}';\n`).join(''));
  writeFileSync(`${module}.d.ts`, builds.map(([name]) => `export const ${name}: string;\n`).join(''));
}
