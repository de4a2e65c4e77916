// Bundles the worker of a page, kernels included, into one classic script: dist/network/page-worker.js for pages that serve it as
// a file, and the same as a string in dist/network/script.js for all others.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';
import { embeddable } from './embedded-kernels.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const module = embeddable(readFileSync('build/relaxed.wasm'));
const kernels = deflateRawSync(module, { level: 9 }).toString('base64');

const { outputFiles } = await build({
  entryPoints: ['src/network/page-worker.ts'],
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
});
// Not by esbuild: the names that terser gives repeat more often, which is half a kilobyte of a page's download.
const { code } = await minify(outputFiles[0].text, { ecma: 2022, compress: { passes: 3 } });
// The kernels are not in the midst of the code, where the two would share a Huffman code: another half.
const text = `const KERNELS="${kernels}";${code}`;
writeFileSync('dist/network/page-worker.js', text);
writeFileSync('dist/network/script.js', `export const script = ${JSON.stringify(text)};\n`);
