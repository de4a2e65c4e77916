// Bundles the workers of a page into classic scripts. What those of networks and of own data have in common is one part, so that a page
// with both carries it once: modules/network/script.js and modules/train/script.js have the parts as strings, without the kernels, which come
// beside them. What few recipes ask for (src/schedules/register.ts) is a part of its own, modules/schedules/script.js, which pages load for those.
// dist/page/worker.js and dist/page/own-data-worker.js are whole scripts with all of it, for pages that serve them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { minify } from 'terser';
import { allKernels } from '../build/all-kernels.js';
import { kernels } from '../build/page-kernels.js';
import { pageLoader } from './loaders.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const workers = { network: 'modules/network/page-worker.js', train: 'modules/train/page-worker.js' };

/** The chunks of some scripts; the modules `shared` are in one of their own. */
async function chunksOf(input, shared = new Set()) {
  const bundle = await rollup({
    // No property that is read here does anything.
    treeshake: { propertyReadSideEffects: false },
    input,
    plugins: [pageLoader],
    preserveEntrySignatures: false,
    onwarn({ message }) {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({
    format: 'es',
    minifyInternalExports: false,
    generatedCode: 'es2015',
    manualChunks: id => (shared.has(id) ? 'shared' : undefined),
  });
  return output;
}

/** The one chunk that scripts have in common. */
function commonOf(chunks) {
  const common = chunks.filter(chunk => !chunk.isEntry);
  if (common.length !== 1)
    throw new Error(`expected one chunk that all scripts have, found ${common.length}`);
  return common[0];
}

/** The code of a chunk, and what it imports or exports, as [name there, name here]. */
function partsOf({ code }) {
  const names = [];
  const body = code.replace(/^(?:import|export) \{([^}]*)\}.*$/gm, (_, list) => {
    names.push(...list.split(',').map(one => one.trim().split(' as ')));
    return '';
  });
  return { body, names };
}

// Workers run all parts in one scope, so that they need no exports, which are bytes of a page's download: what terser has called the names
// of the common part is remembered for the others.
const nameCache = {};

async function minified(code, options) {
  // Names not by a bundler: those that terser gives repeat more often, which is half a kilobyte of a page's download.
  const compress = { passes: 3, pure_getters: true, lhs_constants: false, sequences: false, ...options };
  const mangle = { toplevel: true };
  return (
    await minify(code, { ecma: 2022, compress: { ...compress, unsafe_arrows: true }, mangle, nameCache })
  ).code;
}

// What the part for few recipes imports of the workers is where these have it in common.
const inBoth = new Set(Object.keys(commonOf(await chunksOf(workers)).modules));
const chunks = await chunksOf({ ...workers, extras: 'modules/schedules/register.js' }, inBoth);
const common = partsOf(commonOf(chunks));
const known = new Map(common.names.map(([here, there = here]) => [there, here]));
const shared = await minified(common.body, { toplevel: true, top_retain: [...known.values()] });

/** What a script has beyond the common part. */
async function restOf(script) {
  const { body, names } = partsOf(chunks.find(({ isEntry, name }) => isEntry && name === script));
  const renamed = names.filter(([there, here = there]) => known.get(there) !== here);
  if (renamed.length > 0) throw new Error(`script ${script}: expected the common names, found ${renamed}`);
  return minified(`(()=>{${body}})();`);
}

const [network, train, extras] = [await restOf('network'), await restOf('train'), await restOf('extras')];
const constant = (name, value) => `export const ${name} = ${JSON.stringify(value)};\n`;
writeFileSync('modules/network/script.js', constant('shared', shared) + constant('script', network));
writeFileSync('modules/train/script.js', constant('ownDataScript', train));
writeFileSync(
  'modules/schedules/script.js',
  `export { allKernels } from '../../build/all-kernels.js';\n${constant('extrasScript', extras)}`,
);
mkdirSync('dist/page', { recursive: true });
for (const [name, script] of Object.entries({ worker: network, 'own-data-worker': train })) {
  const parts = [`const KERNELS="${allKernels(kernels)}";`, shared, script, extras];
  writeFileSync(`dist/page/${name}.js`, parts.join(''));
}
