// Bundles what `ff export --js` puts before the weights: the predictor with its kernels, in one module that imports nothing.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

await build({
  entryPoints: ['src/export/standalone.ts'],
  outfile: 'dist/export/standalone.bundle.js',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
});
