import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file in a process of its own: the relaxed-SIMD switch of Node 20 belongs to the process.
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
