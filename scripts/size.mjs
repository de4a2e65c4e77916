// Prints what a page downloads for the library, minified and gzipped, and fails where that is more than it may be.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Of each entry, everything it exports, in kB of 1000 bytes; apart, what it loads only for recipes that ask for it. */
const entries = [
  { name: 'the browser entry', file: 'dist/page/index.js', most: 39 },
  { name: 'forward-forward/own-data', file: 'dist/page/own-data.js', most: 60 },
  { name: 'forward-forward/pictures', file: 'dist/page/pictures.js', most: 2 },
  { name: 'forward-forward/predict', file: 'dist/device/predict.js', most: 15 },
  { name: 'forward-forward/learn', file: 'dist/device/learn.js', most: 25 },
  { name: 'forward-forward/rows', file: 'dist/device/rows.js', most: 9 },
];

const extras = { name: 'convolutions and other extras', most: 29.5 };

function tell({ name, most }, contents) {
  const size = gzipSync(contents, { level: 9 }).length / 1000;
  console.log(`${name}: ${size.toFixed(3)} kB gzipped, of ${most} kB`);
  if (size > most) process.exitCode = 1;
}

const later = new Map();
for (const entry of entries) {
  const { outputFiles } = await build({
    entryPoints: [entry.file],
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  const [{ contents }, ...others] = outputFiles;
  tell(entry, contents);
  for (const { path, contents } of others) later.set(path, contents);
}
// One name, which is of the content: all entries load the same.
if (later.size !== 1) throw new Error(`expected one part that is loaded later, found ${later.size}`);
for (const contents of later.values()) tell(extras, contents);
