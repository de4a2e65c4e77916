// What people who install the library get, and what they do not.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
  expect(paths.filter(path => /^(test|bench|assembly|src|scripts)\//.test(path))).toEqual([]);
  expect(unpackedSize).toBeLessThan(500_000);
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
