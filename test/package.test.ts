// What people who install the library get, and what they do not.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
interface Analysis {
  readonly problems: readonly { readonly kind: string; readonly entrypoint?: string }[];
}

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

it('depends on these packages and no others, none of which has native code or a data set', () => {
  expect(Object.keys(manifest.dependencies).sort()).toEqual([
    '@assemblyscript/loader',
    'chardet',
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
  for (const wasm of ['simd', 'simd-shared', 'relaxed', 'relaxed-shared', 'predict-simd', 'predict-relaxed'])
    expect(paths).toContain(`build/${wasm}.wasm`);
  for (const code of ['node/worker.mjs', 'node/parquet-child.mjs', 'page/extras.js', 'cli/main.js'])
    expect(paths).toContain(`dist/${code}`);
  for (const name of ['standalone', 'standalone-own'])
    expect(paths).toContain(`dist/export/${name}.bundle.js`);
  expect(paths).toContain('bin/ff.js');
  expect(paths.filter(path => /^(test|bench|assembly|src|scripts|demo|modules)\//.test(path))).toEqual([]);
  expect(paths.filter(path => /(^|\/)\./.test(path))).toEqual([]);
  expect(paths.length).toBeLessThanOrEqual(173);
  // A half of it is whole programs that are copied as they are: threads, workers of pages, what pages without a bundler load, exports.
  expect(unpackedSize).toBeLessThan(3_600_000);
  // Every declaration says where it was made, and that is there.
  const maps = paths.filter(path => path.endsWith('.d.ts.map'));
  expect(maps.length).toBeGreaterThan(6);
  for (const map of maps) {
    for (const source of JSON.parse(readFileSync(`${root}${map}`, 'utf8')).sources)
      expect(paths).toContain(`dist/types/${source}`);
  }
});

it('has for every entry types and code that are there, for Node and for everything else', () => {
  const { exports, typesVersions } = manifest;
  const entries = Object.entries<string | Record<string, string>>(exports).filter(
    (entry): entry is [string, Record<string, string>] => typeof entry[1] !== 'string',
  );
  expect(entries.length).toBe(9);
  for (const [name, entry] of entries) {
    // Types come first, for compilers that do not know `node`; bundlers for a page do not look for it, whoever runs the code in Node does.
    const conditions = ['.', './own-data'].includes(name)
      ? ['types', 'node', 'default']
      : ['types', 'default'];
    expect(Object.keys(entry)).toEqual(conditions);
    for (const path of Object.values(entry)) expect(existsSync(`${root}${path}`), path).toBe(true);
    if (name !== '.') expect(typesVersions['*'][name.slice(2)]).toEqual([entry.types]);
  }
  expect([manifest.main, manifest.browser, manifest.types]).toEqual([
    exports['.'].node,
    exports['.'].default,
    exports['.'].types,
  ]);
  for (const worker of ['./worker', './own-data/worker'])
    expect(existsSync(`${root}${exports[worker]}`)).toBe(true);
});

it('is what publint and are-the-types-wrong expect of a package', async () => {
  const { messages } = await publint({ pkgDir: root, strict: true, pack: 'npm' });
  expect(messages.filter(({ type }) => type !== 'suggestion')).toEqual([]);
  const folder = await mkdtemp(join(tmpdir(), 'ff-pack-'));
  try {
    const words = ['pack', '--ignore-scripts', '--pack-destination', folder];
    execFileSync('npm', words, { cwd: root, stdio: 'ignore' });
    const archive = join(folder, `${manifest.name}-${manifest.version}.tgz`);
    const { problems } = (await checkPackage(
      createPackageFromTarballData(readFileSync(archive)),
    )) as Analysis;
    // It is of modules alone, which Node lets `require` load since 20.19; scripts of workers have no types.
    const isKnown = ({ kind, entrypoint = '' }: Analysis['problems'][number]) =>
      kind === 'CJSResolvesToESM' || /(^|\/)worker$/.test(entrypoint);
    expect(problems.filter(problem => !isKnown(problem))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('can be required, too', () => {
  const script = "console.log(typeof require('forward-forward').createNetwork)";
  const output = execFileSync(process.execPath, ['--no-warnings', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(output).toBe('function\n');
});

it.each([
  'page/index',
  'page/own-data',
  'page/pictures',
  'device/predict',
  'device/learn',
  'device/rows',
  'standalone/index',
])('imports nothing of Node and no package in a page: %s', entry => {
  const seen = new Set<string>();
  const follow = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, from] of readFileSync(path, 'utf8').matchAll(
      /^(?:import|export)[^'"`]*from ["']([^"']+)["'];$/gm,
    )) {
      const inPage: string | undefined = manifest.imports[from]?.default;
      if (!inPage) expect(from).toMatch(/^\.\.?\//);
      follow(inPage ? resolve(root, inPage) : resolve(dirname(path), from));
    }
  };
  follow(`${root}dist/${entry}.js`);
  expect(seen.size > 1).toBe(!entry.startsWith('standalone'));
});

it('stays within the sizes that it promises', () => {
  const output = execFileSync(process.execPath, ['scripts/size.mjs'], { cwd: root, encoding: 'utf8' });
  expect(output).toMatch(/^the browser entry: \d+\.\d{3} kB gzipped, of 39 kB$/m);
  expect(output).toMatch(/^forward-forward\/own-data: \d+\.\d{3} kB gzipped, of 60 kB$/m);
  expect(output).toMatch(/^forward-forward\/pictures: \d+\.\d{3} kB gzipped, of 2 kB$/m);
  expect(output).toMatch(/^forward-forward\/predict: \d+\.\d{3} kB gzipped, of 15 kB$/m);
  expect(output).toMatch(/^forward-forward\/learn: \d+\.\d{3} kB gzipped, of 25 kB$/m);
  expect(output).toMatch(/^forward-forward\/rows: \d+\.\d{3} kB gzipped, of 9 kB$/m);
  expect(output).toMatch(/^convolutions and other extras: \d+\.\d{3} kB gzipped, of 29\.5 kB$/m);
});

it('works as a package: own data learn by the entry that pages have, too', () => {
  const script = `
    import { preprocess, readTable, tableFrom, trainModel } from 'forward-forward/own-data';
    const rows = Array.from({ length: 90 }, (_, i) => (i % 3) + (i % 7) / 20 + ',' + 'abc'[i % 3]);
    const data = await preprocess({ examples: await readTable(new Response('size,kind\\n' + rows.join('\\n'))) });
    const { model } = await trainModel(data, { threads: 1 });
    for (const { label } of await model.predict(await tableFrom([{ size: 0.1 }, { size: 2.1 }]))) console.log(label);
    await model.close();
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(output).toBe('a\nc\n');
});

it('works as a package: the built entry trains with threads', () => {
  const script = `
    import { createNetwork, dataset, recipes } from 'forward-forward';
    const rows = Array.from({ length: 40 }, (_, i) => Array.from({ length: 46 }, (_, k) => ((i * 46 + k) * 37) % 251));
    const data = dataset(rows, rows.map((_, i) => i % 4));
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

describe('the command', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-package-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Away from all that npm keeps, or tells those that it runs. */
  function run(command: string, words: readonly string[], cwd: string) {
    const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
    const env = {
      ...Object.fromEntries(own),
      npm_config_cache: join(folder, 'cache'),
      npm_config_offline: 'true',
    };
    const { status, stdout, stderr } = spawnSync(command, words, { cwd, encoding: 'utf8', env });
    return { status, stdout, stderr };
  }

  const works = { status: 0, stdout: `${manifest.version}\n` };

  it('says in a clone that there is no build, and works after each', () => {
    const clone = join(folder, 'clone');
    mkdirSync(clone);
    for (const name of ['package.json', 'bin'])
      cpSync(join(root, name), join(clone, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    const ff = () => run('npx', ['ff', '--version'], clone);
    const unbuilt = ff();
    expect(unbuilt).toMatchObject({ status: 2, stdout: '' });
    expect(unbuilt.stderr).toMatch(/^ff: .*dist\/cli\/main\.js is missing: run npm ci and npm run build\n$/);
    cpSync(join(root, 'build'), join(clone, 'build'), { recursive: true });
    for (let build = 1; build <= 2; build++) {
      rmSync(join(clone, 'dist'), { recursive: true, force: true });
      cpSync(join(root, 'dist'), join(clone, 'dist'), { recursive: true });
      chmodSync(join(clone, 'dist/cli/main.js'), 0o644);
      expect(ff()).toMatchObject(works);
    }
  });

  it('ends as it says it does, through bin/ff.js too', () => {
    expect(run(join(root, 'bin/ff.js'), ['inspect', 'nothing'], folder)).toEqual({
      status: 2,
      stdout: '',
      stderr: 'ff: cannot read nothing: no such file or folder; check the path\n',
    });
  });

  it('works where the package is installed', () => {
    const modules = join(folder, 'project/node_modules');
    mkdirSync(modules, { recursive: true });
    const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
    expect(packed.status).toBe(0);
    const archive = join(folder, `${manifest.name}-${manifest.version}.tgz`);
    expect(run('tar', ['-xzf', archive, '-C', folder], folder).status).toBe(0);
    cpSync(join(folder, 'package'), join(modules, manifest.name), { recursive: true });
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    // Links the commands of what is installed, as an installation does.
    const project = dirname(modules);
    expect(run('npm', ['rebuild', '--ignore-scripts'], project).status).toBe(0);
    expect(statSync(join(modules, '.bin/ff')).mode & 0o111).toBe(0o111);
    expect(run('npx', ['ff', '--version'], project)).toMatchObject(works);
  });
});
