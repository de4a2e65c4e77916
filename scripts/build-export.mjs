// Bundles what `ff export --js` puts before the weights: the predictor with its kernels, in one module that imports nothing; with the
// preprocessing of own data, and without.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

for (const name of ['standalone', 'standalone-own']) {
  await build({
    entryPoints: [`src/export/${name}.ts`],
    outfile: `dist/export/${name}.bundle.js`,
    bundle: true,
    alias: { '#loader': './src/kernels/loader.ts' },
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  });
}
