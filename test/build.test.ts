// How it is known whether what was built is of the sources as they are, and that no test runs where it is not.

import { spawnSync } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const copied = ['package.json', 'package-lock.json', 'asconfig.json', 'tsconfig.json', 'tsconfig.build.json'];
copied.push('vitest.config.ts', 'assembly', 'scripts', 'src', 'build', 'modules', 'dist');

let folder: string;
/** A path in a copy of this repository. */
const at = (path: string) => join(folder, path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-build-'));
  for (const name of copied) await cp(join(root, name), at(name), { recursive: true });
  await symlink(join(root, 'node_modules'), at('node_modules'));
});
afterAll(() => rm(folder, { recursive: true }));

async function records(): Promise<{ build: boolean; kernels: boolean }> {
  const { buildRecord, kernelsRecord } = await import(pathToFileURL(at('scripts/sources.mjs')).href);
  return { build: buildRecord.isCurrent(), kernels: kernelsRecord.isCurrent() };
}

it('a copy is current, whatever its times', async () => {
  expect(await records()).toEqual({ build: true, kernels: true });
  const later = new Date(Date.now() + 60_000);
  await utimes(at('src/errors.ts'), later, later);
  await utimes(at('assembly/simd.ts'), later, later);
  expect(await records()).toEqual({ build: true, kernels: true });
});

it.each([
  ['src/errors.ts', true],
  ['src/kernels/plain/update.ts', true],
  ['tsconfig.build.json', true],
  ['scripts/build-worker.mjs', true],
  ['assembly/simd.ts', false],
  ['asconfig.json', false],
  ['package-lock.json', false],
])('it is not once %s has changed, even with an old time', async (path, kernels) => {
  await cp(at(path), at('kept'));
  await appendFile(at(path), '\n');
  await utimes(at(path), 0, 0);
  expect(await records()).toEqual({ build: false, kernels });
  await rename(at('kept'), at(path));
  expect(await records()).toEqual({ build: true, kernels: true });
});

it('it is not once a source is gone, new, or of another name', async () => {
  await rename(at('src/errors.ts'), at('kept'));
  expect(await records()).toEqual({ build: false, kernels: true });
  await rename(at('kept'), at('src/failures.ts'));
  expect(await records()).toEqual({ build: false, kernels: true });
  await rename(at('src/failures.ts'), at('src/errors.ts'));
  await writeFile(at('assembly/new.ts'), '');
  expect(await records()).toEqual({ build: false, kernels: false });
  await rm(at('assembly/new.ts'));
  expect(await records()).toEqual({ build: true, kernels: true });
});

it.each([
  ['build/simd.wasm', false],
  ['modules/errors.js', true],
  ['dist/page/index.js', true],
])('it is not once %s is gone, which it made', async (path, kernels) => {
  await rename(at(path), at('kept'));
  expect(await records()).toEqual({ build: false, kernels });
  await rename(at('kept'), at(path));
  expect(await records()).toEqual({ build: true, kernels: true });
});

/** Runs the only test of the copy, which wants to find a mark in what was built. */
async function runTests() {
  await mkdir(at('test'), { recursive: true });
  const test = `
    import { readFileSync } from 'node:fs';
    import { expect, it } from 'vitest';
    it('is of the sources', () => expect(readFileSync('modules/errors.js', 'utf8')).toContain('the mark'));
  `;
  await writeFile(at('test/mark.test.ts'), test);
  const { VITEST: _, ...env } = process.env;
  const words = [at('node_modules/vitest/vitest.mjs'), 'run', '--no-color', '--no-cache'];
  return spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8', env });
}

it('tests see what was built of the sources as they are, and do not run where that fails', async () => {
  await appendFile(at('src/errors.ts'), '// the mark\n');
  const built = await runTests();
  expect(built.stderr).toContain('dist/ is not what the sources are now: building it');
  expect(built.stdout).toContain('1 passed');
  expect(built.status).toBe(0);
  expect(await records()).toEqual({ build: true, kernels: true });
  await cp(at('assembly/simd.ts'), at('kept'));
  await appendFile(at('assembly/simd.ts'), 'const wrong: string = 1;\n');
  const broken = await runTests();
  expect(broken.stderr).toContain('the build failed, so no test runs');
  expect(broken.stdout).not.toContain('passed');
  expect(broken.status).toBe(1);
  // It may have written some files before it failed, so that the sources of before want a new build, too.
  await rename(at('kept'), at('assembly/simd.ts'));
  expect(await records()).toEqual({ build: false, kernels: false });
});
