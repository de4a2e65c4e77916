import { defineConfig } from 'vitest/config';

const files = (...names: string[]) => names.map(name => `test/${name}.test.ts`);

/** Those that want a browser. */
const browser = files('compatibility/*', 'browser', 'browser-convolutions', 'demo', 'own-data');
/** Those that take several seconds: whole trainings, the command, the package, other runtimes. */
const slow = files(
  'api',
  'build',
  'determinism',
  'golden',
  'late-threads',
  'package',
  'cli/*',
  'data/examples/*',
  'data/tables/any-table',
  'device/*',
  'examples/*',
  'experiments/*',
  'export/*',
  'layers/local/learning',
  'negatives/rolled-out',
  'network/*',
  'objectives/*',
  'schedules/*',
  'sweep/learning-process',
  'sweep/served',
  'train/*',
);

export default defineConfig({
  test: {
    globalSetup: 'scripts/build-for-tests.mjs',
    // Each file in a process of its own: the relaxed-SIMD switch of Node 20 belongs to the process.
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/hosts/**', ...slow, ...browser],
        },
      },
      // Many stop or kill a command at some moment, and what a busy machine or a fast one has done by then is not all foreseen. What passed
      // only when tried again is named by .ci/run.
      { extends: true, test: { name: 'slow', include: slow, retry: 1 } },
      // Browsers are programs of others: once in a while one hangs, or is held up by what else runs.
      { extends: true, test: { name: 'browser', include: browser, retry: 2 } },
    ],
  },
});
