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

/** Keeps in the file `path` what the last finished build was made from, and which files it made in `folders`. */
function recordOf(path, folders, listFiles) {
  const record = fileURLToPath(new URL(path, root));
  return {
    /** Whether the last build was finished, from the sources as they are now, and all that it made is there. */
    isCurrent() {
      if (!existsSync(record)) return false;
      const [hash, ...made] = readFileSync(record, 'utf8').split('\n');
      return made.every(file => existsSync(new URL(file, root))) && hash === hashOf(listFiles());
    },
    /** To be called before a build reads anything; returns what is to be called when it has written everything. */
    begin() {
      const hash = hashOf(listFiles());
      rmSync(record, { force: true });
      return () => {
        const made = folders.flatMap(folder =>
          readdirSync(new URL(folder, root), { recursive: true }).map(name => `${folder}/${name}`),
        );
        writeFileSync(record, [hash, ...made].join('\n'));
      };
    },
  };
}

// The lock file, for the versions of the compilers.
const kernelSources = () => [
  ...filesIn('assembly'),
  'asconfig.json',
  'package-lock.json',
  'scripts/sources.mjs',
  'scripts/build-wasm.mjs',
  'scripts/embedded-kernels.mjs',
  'src/kernels/embedded.ts',
];

/** Of the kernels, which take longest. */
export const kernelsRecord = recordOf('build/.sources', ['build'], kernelSources);

/** Of the whole build. */
export const buildRecord = recordOf('dist/.sources', ['build', 'modules', 'dist'], () => [
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
