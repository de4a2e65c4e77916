// Bundles the modules into what people install: few files, of which each entry loads those that it needs, and one file of types for each
// entry. The thread and the process that reads Parquet files are whole: bundlers copy them as they are, away from all others.
// `node scripts/bundle.mjs PART …` makes those parts of it; `page` and `standalone` want what build-worker.mjs writes.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { nodeLoader, pageLoader } from './loaders.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/**
 * What programs load, by where they run: only what is loaded together is bundled together, so that nobody downloads what others need. All
 * lies at one depth below the package, as the modules do that name its files from there.
 */
const entries = {
  node: {
    'node/index': 'index',
    'node/own-data': 'own-data',
    'cli/main': 'cli/main',
    'cli/sweep-child': 'sweep/child',
  },
  page: { 'page/index': 'browser', 'page/own-data': 'browser-own-data', 'page/pictures': 'pictures' },
  device: { 'device/predict': 'predict', 'device/learn': 'learn', 'device/rows': 'rows' },
  // One class of errors for all, which programs ask what they have caught.
  both: { 'both/errors': 'errors', 'both/loader': 'kernels/loader' },
};
const whole = { 'node/worker': 'network/worker', 'node/parquet-child': 'data/formats/parquet-child' };
const standalone = {
  'standalone/index': 'standalone',
  'standalone/predict': 'predict',
  'standalone/learn': 'learn',
};
const typed = ['index', 'own-data', 'pictures', 'predict', 'learn', 'rows', 'standalone'];

const isOutside = id => !id.startsWith('.') && !isAbsolute(id);
const isPackage = id => isOutside(id) && id !== '#loader';

async function bundled(input, inputOptions, outputOptions) {
  const bundle = await rollup({
    // No property that is read here does anything.
    treeshake: { propertyReadSideEffects: false },
    input,
    external: isOutside,
    onwarn({ code, message }) {
      // What TypeScript puts around an import of a module that the user names.
      if (code !== 'THIS_IS_UNDEFINED') throw new Error(message);
    },
    ...inputOptions,
  });
  const { output } = await bundle.generate({
    format: 'es',
    entryFileNames: '[name].js',
    generatedCode: 'es2015',
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    ...outputOptions,
  });
  await bundle.close();
  return output;
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const modulesOf = names =>
  Object.fromEntries(Object.entries(names).map(([to, from]) => [to, `modules/${from}.js`]));

const isExtras = ({ facadeModuleId }) => facadeModuleId === resolve('modules/schedules/script.js');

const sharedErrors = {
  name: 'shared-errors',
  resolveId: (source, importer) =>
    importer && /\/errors\.js$/.test(source) ? { id: '../both/errors.js', external: true } : null,
};

const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/**
 * What users install where they want it, or name themselves, and what does not work in a bundle is looked for when it is asked for, and not by
 * bundlers.
 */
const later = ['piscina', ...Object.keys(peerDependencies)];
const laterImports = {
  name: 'later-imports',
  renderDynamicImport({ targetModuleId }) {
    const [name] = targetModuleId?.split('/') ?? [];
    if (name !== undefined && !later.includes(name)) return null;
    const ignore = ['webpackIgnore: true', 'turbopackIgnore: true', '@vite-ignore'];
    return { left: `import(${ignore.map(words => `/* ${words} */ `).join('')}`, right: ')' };
  },
};

async function bundleEntries(folder) {
  const chunkFileNames = chunk => `${folder}/${isExtras(chunk) ? 'extras' : 'chunk-[name]'}.js`;
  const output = await bundled(
    modulesOf(entries[folder]),
    { plugins: [sharedErrors, laterImports] },
    { chunkFileNames },
  );
  for (const { fileName, code } of output) write(`dist/${fileName}`, code);
}

async function bundleWhole() {
  for (const [to, from] of Object.entries(modulesOf(whole))) {
    const [{ code }] = await bundled(
      { [to]: from },
      { external: isPackage, plugins: [laterImports, nodeLoader] },
      { inlineDynamicImports: true },
    );
    // A bundler copies it to where files may be taken for CommonJS.
    write(`dist/${to}.mjs`, code);
  }
}

async function bundleStandalone() {
  for (const [to, from] of Object.entries(modulesOf(standalone))) {
    const [{ fileName, code }] = await bundled(
      { [to]: from },
      { external: [], plugins: [pageLoader] },
      { inlineDynamicImports: true },
    );
    const options = { minify: true, format: 'esm', target: 'es2022', legalComments: 'none' };
    write(`dist/${fileName}`, (await transform(code, options)).code);
  }
}

async function rollUpTypes() {
  const declarations = await bundled(
    Object.fromEntries(typed.map(name => [name, `modules/${name}.d.ts`])),
    { plugins: [dts({ sourcemap: true })] },
    {
      entryFileNames: '[name].d.ts',
      chunkFileNames: ({ name }) => `chunk-${name.replace('.d', '')}.d.ts`,
      sourcemap: true,
    },
  );
  for (const { fileName, code, source, map } of declarations) {
    write(`dist/types/${fileName}`, code ?? source);
    // An editor goes from a name to where it is made.
    for (const path of map?.sources ?? []) {
      mkdirSync(dirname(`dist/types/${path}`), { recursive: true });
      cpSync(path, `dist/types/${path}`);
    }
  }
  // For programs that are checked with the types of this library's own sources.
  mkdirSync('dist/both', { recursive: true });
  cpSync('modules/kernels/loader.d.ts', 'dist/both/loader.d.ts');
}

const parts = {
  ...Object.fromEntries(Object.keys(entries).map(folder => [folder, () => bundleEntries(folder)])),
  whole: bundleWhole,
  standalone: bundleStandalone,
  types: rollUpTypes,
};
for (const part of process.argv.slice(2)) await parts[part]();
