// Bundles the worker of a page, kernels included, into one classic script: dist/network/home.js for pages that serve it as
// a file, and the same as a string in dist/network/script.js for all others.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

// Next to each other, because the shared build differs from its sibling in three bytes: two together deflate like one. In the
// order that deflates best.
const names = ['simd-shared', 'simd', 'relaxed', 'relaxed-shared'];
const builds = names.map(name => readFileSync(`build/${name}.wasm`));
const kernels = deflateRawSync(Buffer.concat(builds), { level: 9 }).toString('base64');
const lengths = Object.fromEntries(names.map((name, i) => [name, builds[i].length]));

const { outputFiles } = await build({
  entryPoints: ['src/network/home.ts'],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
  define: { KERNEL_BYTES: JSON.stringify(lengths) },
  // Not in the midst of the code, where the two would share a Huffman code: half a kilobyte of a page's download.
  banner: { js: `const KERNELS=${JSON.stringify(kernels)};` },
});
const [{ text }] = outputFiles;
writeFileSync('dist/network/home.js', text);
writeFileSync('dist/network/script.js', `export const script = ${JSON.stringify(text)};\n`);
