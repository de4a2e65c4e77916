// The same small page bundled by each bundler, as a newcomer would, without any configuration.

import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';

const root = fileURLToPath(new URL('../..', import.meta.url));

type Bundle = (folder: string) => Promise<void>;

/** Each bundles `src.js` of a folder into its `out/`. */
const bundlers: Record<string, Bundle> = {
  async esbuild(folder) {
    await esbuild.build({
      entryPoints: [join(folder, 'src.js')],
      bundle: true,
      minify: true,
      format: 'esm',
      outdir: join(folder, 'out'),
      logLevel: 'warning',
    });
  },
  async vite(folder) {
    await viteBuild({ root: folder, configFile: false, logLevel: 'warn', build: { outDir: 'out' } });
  },
  async webpack(folder) {
    await new Promise<void>((resolve, reject) =>
      webpack(
        {
          mode: 'production',
          context: folder,
          entry: './src.js',
          output: { path: join(folder, 'out'), filename: 'src.js' },
        },
        (error, stats) => {
          if (error) reject(error);
          else if (stats!.hasErrors() || stats!.hasWarnings()) reject(new Error(stats!.toString()));
          else resolve();
        },
      )!.close(() => {}),
    );
  },
  async rollup(folder) {
    const warnings: string[] = [];
    const bundle = await rollup({
      input: join(folder, 'src.js'),
      plugins: [nodeResolve()],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ dir: join(folder, 'out'), format: 'es' });
    if (warnings.length > 0) throw new Error(warnings.join('\n'));
  },
};

export const bundlerNames = Object.keys(bundlers);

/** Bundles `source`, which imports the library by its name, in a new folder; gives the folder of the result and its code. */
export async function bundle(bundler: string, parent: string, source: string): Promise<Bundled> {
  const folder = join(parent, `${bundler}-${(await readdir(parent)).length}`);
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(root, join(folder, 'node_modules', 'forward-forward'), 'dir');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'src.js'), source);
  await writeFile(join(folder, 'index.html'), page('./src.js'));
  await bundlers[bundler](folder);
  const out = join(folder, 'out');
  const files = (await readdir(out, { recursive: true })).filter(name => name.endsWith('.js'));
  if (!(await readdir(out)).includes('index.html'))
    await writeFile(join(out, 'index.html'), page('./src.js'));
  const code = (await Promise.all(files.map(name => readFile(join(out, name), 'utf8')))).join('\n');
  return { out, code };
}

export interface Bundled {
  readonly out: string;
  readonly code: string;
}

function page(script: string): string {
  return `<!doctype html><meta charset="utf-8"><title>bundle</title><script type="module" src="${script}"></script>`;
}
