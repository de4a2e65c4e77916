// What was built from which sources, by their content: times tell little after a checkout, a copy or a deletion.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);

function filesIn(folder) {
  const names = readdirSync(new URL(folder, root), { recursive: true });
  return names.filter(name => /\.(ts|json|mjs)$/.test(name)).map(name => `${folder}/${name}`);
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    const content = readFileSync(new URL(file, root));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Keeps in the file `path` what the last finished build was made from. */
function recordOf(path, listFiles) {
  const record = fileURLToPath(new URL(path, root));
  return {
    /** Whether the last build was finished, and from the sources as they are now. */
    isCurrent: () => existsSync(record) && readFileSync(record, 'utf8') === hashOf(listFiles()),
    /** To be called before a build reads anything; returns what is to be called when it has written everything. */
    begin() {
      const hash = hashOf(listFiles());
      rmSync(record, { force: true });
      return () => writeFileSync(record, hash);
    },
  };
}

// The lock file, for the versions of the compilers.
const kernelSources = () => [
  ...filesIn('assembly'),
  'asconfig.json',
  'package-lock.json',
  'scripts/build-wasm.mjs',
  'scripts/embedded-kernels.mjs',
  'src/kernels/embedded.ts',
];

/** Of the kernels, which take longest. */
export const kernelsRecord = recordOf('build/.sources', kernelSources);

/** Of the whole build. */
export const buildRecord = recordOf('dist/.sources', () => [
  ...kernelSources(),
  ...filesIn('src'),
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'scripts/build-worker.mjs',
  'scripts/build-export.mjs',
  'scripts/bundle.mjs',
  'scripts/loaders.mjs',
]);
