// Bundles the worker of a page into one classic script: dist/network/script.js has it as a string without the kernels, which come
// beside it, and dist/network/page-worker.js is both in one file, for pages that serve it.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { kernels } from '../build/page-kernels.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { outputFiles } = await build({
  entryPoints: ['src/network/page-worker.ts'],
  bundle: true,
  minifySyntax: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
});
// Names not by esbuild: those that terser gives repeat more often, which is half a kilobyte of a page's download.
const { code } = await minify(outputFiles[0].text, { ecma: 2022, compress: { passes: 3 } });
writeFileSync('dist/network/page-worker.js', `const KERNELS="${kernels}";${code}`);
writeFileSync('dist/network/script.js', `export const script = ${JSON.stringify(code)};\n`);
