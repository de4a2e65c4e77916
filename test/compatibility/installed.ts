// The package as it is published, in a project of its own among the programs of test/hosts.

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const hosts = join(root, 'test/hosts');

/** Whether `npm ci --prefix test/hosts` has installed a package; says so where not. */
export function isInstalled(name: string): boolean {
  const found = existsSync(join(hosts, 'node_modules', name));
  if (!found) console.warn(`left out: ${name} is not installed (npm ci --prefix test/hosts)`);
  return found;
}

export function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(hosts, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** A new project with `files` by their paths, where the package is installed; to be removed in the end. */
export function projectWith(files: Readonly<Record<string, string>>): string {
  const project = mkdtempSync(join(hosts, 'project-'));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'forward-forward'), { recursive: true });
  const packing = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ filename }] = JSON.parse(packing.stdout);
  const words = ['-xzf', join(project, filename), '-C', join(modules, 'forward-forward'), '--strip', '1'];
  if (spawnSync('tar', words).status !== 0) throw new Error(`cannot unpack ${filename}`);
  rmSync(join(project, filename));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  return project;
}

export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program in a project to its end. */
export function run(project: string, program: string, words: readonly string[], env = {}): Ran {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: project,
    encoding: 'utf8',
    timeout: 150_000,
    env: { ...process.env, ...env },
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Starts a program that stays; what it is called with ends it, with all that it has started. */
export function start(project: string, program: string, words: readonly string[], env = {}): () => void {
  const child = spawn(program, words, {
    cwd: project,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, ...env },
  });
  return () => process.kill(-child.pid!, 'SIGKILL');
}
