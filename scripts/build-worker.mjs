// Bundles the workers of a page into classic scripts. What those of networks and of own data have in common is one part, so that a page
// with both carries it once: dist/network/script.js and dist/train/script.js have the parts as strings, without the kernels, which come
// beside them. dist/network/page-worker.js and dist/train/page-worker.js are whole scripts, for pages that serve them.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { minify } from 'terser';
import { kernels } from '../build/page-kernels.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const bundle = await rollup({
  input: { network: 'dist/network/page-worker.js', train: 'dist/train/page-worker.js' },
  plugins: [nodeResolve({ browser: true })],
  preserveEntrySignatures: false,
  onwarn({ message }) {
    throw new Error(message);
  },
});
const { output } = await bundle.generate({
  format: 'cjs',
  strict: false,
  freeze: false,
  esModule: false,
  externalLiveBindings: false,
  minifyInternalExports: true,
  generatedCode: { preset: 'es2015', symbols: false },
});

/** The code of a chunk with `SHARED` in place of what it imports. */
async function scriptOf(chunk, wrap) {
  const code = chunk.code.replace(/require\('[^']*'\)/g, 'SHARED');
  // Names not by a bundler: those that terser gives repeat more often, which is half a kilobyte of a page's download.
  const compress = { passes: 6, pure_getters: true, lhs_constants: false };
  const { code: small } = await minify(wrap(code), { ecma: 2022, compress });
  return small;
}

const entryOf = name => output.find(chunk => chunk.isEntry && chunk.name === name);
const common = output.filter(chunk => !chunk.isEntry);
if (common.length !== 1) throw new Error(`expected one chunk that both scripts have, found ${common.length}`);
const shared = await scriptOf(common[0], code => `const SHARED=(exports=>{${code}\nreturn exports;})({});`);
for (const [name, constant, more] of [
  ['network', 'script', `export const shared = ${JSON.stringify(shared)};\n`],
  ['train', 'ownDataScript', ''],
]) {
  const script = await scriptOf(entryOf(name), code => `(()=>{${code}\n})();`);
  writeFileSync(`dist/${name}/script.js`, `${more}export const ${constant} = ${JSON.stringify(script)};\n`);
  writeFileSync(`dist/${name}/page-worker.js`, `const KERNELS="${kernels}";${shared}${script}`);
}
