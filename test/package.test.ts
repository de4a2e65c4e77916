// What people who install the library get, and what they do not.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

it('depends on these packages and no others, none of which has native code or a data set', () => {
  expect(Object.keys(manifest.dependencies).sort()).toEqual([
    '@assemblyscript/loader',
    'commander',
    'fast-png',
    'fflate',
    'papaparse',
    'picocolors',
    'piscina',
  ]);
});

it('packs code, types and the four builds of the kernels, and nothing of the workshop', () => {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [{ files, unpackedSize }] = JSON.parse(
    execFileSync('npm', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  for (const wasm of ['simd', 'simd-shared', 'relaxed', 'relaxed-shared'])
    expect(paths).toContain(`build/${wasm}.wasm`);
  expect(paths).toContain('dist/index.js');
  expect(paths).toContain('dist/index.d.ts');
  expect(paths).toContain('dist/network/worker.js');
  expect(paths).toContain('dist/browser.js');
  expect(paths).toContain('dist/browser.d.ts');
  expect(paths).toContain('dist/network/home.js');
  for (const entry of ['predict', 'learn']) {
    expect(paths).toContain(`dist/${entry}.js`);
    expect(paths).toContain(`dist/${entry}.d.ts`);
  }
  for (const wasm of ['predict-simd', 'predict-relaxed']) expect(paths).toContain(`build/${wasm}.wasm`);
  expect(paths).toContain('dist/export/standalone.bundle.js');
  expect(paths.filter(path => /^(test|bench|assembly|src|scripts|demo)\//.test(path))).toEqual([]);
  // A third of it is kernels and the bundles that carry them.
  expect(unpackedSize).toBeLessThan(1_200_000);
});

it('has an entry for Node, and another for everything else, each with types that are there', () => {
  const entry = manifest.exports['.'];
  // Bundlers for a page do not look for `node`; whoever runs the code in Node does, before `default`.
  expect(Object.keys(entry)).toEqual(['node', 'default']);
  for (const { types, default: code } of Object.values<{ types: string; default: string }>(entry)) {
    expect(existsSync(`${root}${types}`)).toBe(true);
    expect(existsSync(`${root}${code}`)).toBe(true);
  }
  expect(existsSync(`${root}${manifest.exports['./worker']}`)).toBe(true);
});

it.each(['browser', 'predict'])('imports nothing of Node, and no package, in the entry %s', entry => {
  const seen = new Set<string>();
  const follow = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, from] of readFileSync(path, 'utf8').matchAll(
      /^(?:import|export)[^'"`]*from ["']([^"']+)["'];$/gm,
    )) {
      expect(from).toMatch(/^\.\.?\//);
      follow(resolve(dirname(path), from));
    }
  };
  follow(`${root}dist/${entry}.js`);
  expect(seen.size).toBeGreaterThan(5);
});

it('stays within the sizes that it promises', () => {
  const output = execFileSync(process.execPath, ['scripts/size.mjs'], { cwd: root, encoding: 'utf8' });
  expect(output).toMatch(/^the browser entry: \d+\.\d kB gzipped, of 45 kB$/m);
  expect(output).toMatch(/^forward-forward\/predict: \d+\.\d kB gzipped, of 15 kB$/m);
  expect(output).toMatch(/^forward-forward\/learn: \d+\.\d kB gzipped, of 25 kB$/m);
});

it('works as a package: the built entry trains with threads', () => {
  const script = `
    import { createNetwork, recipes } from 'forward-forward';
    const inputs = Uint8Array.from({ length: 40 * 50 }, (_, i) => (i * 37) % 251);
    const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 4);
    const data = { name: 'numbers', count: 40, width: 50, classes: 4, inputs, labels };
    const recipe = { ...recipes.quick, layers: [32, 32], shift: 0, epochs: 2 };
    const network = await createNetwork(recipe, { inputs: 50, classes: 4, threads: 2 });
    for await (const { epoch } of network.fit(data)) console.log('epoch', epoch);
    await network.close();
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(output).toBe('epoch 1\nepoch 2\n');
});
