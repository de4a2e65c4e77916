// The published package in the runtimes that people have: Node 20, 22 and 24, Bun and Deno; to the same bits.

import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as node from '../../src/index.ts';
import * as nodeOwn from '../../src/own-data.ts';
import { hosts, projectWith, run } from './installed.ts';
import { keepRow } from './rows.ts';
import { type OwnLibrary, type Tour, tour } from './tour.ts';

const PROGRAM = `
import * as ff from 'forward-forward';
import * as own from 'forward-forward/own-data';
import { tour } from './tour.js';
console.log(JSON.stringify(await tour(ff, own, { threads: 2 }, {})));
`;

interface Runtime {
  readonly name: string;
  readonly program: string;
  readonly words: readonly string[];
}

/** Another Node than the one that runs this, by its package, which npm keeps. */
const nodeOf = (major: number): Runtime => ({
  name: `Node ${major}`,
  program: 'npx',
  words: ['--yes', '--package', `node@${major}`, '--', 'node'],
});
const hostPath = (path: string) => join(hosts, 'node_modules', path);
const runtimes: readonly Runtime[] = [
  nodeOf(20),
  nodeOf(22),
  nodeOf(24),
  { name: 'Bun', program: hostPath('@oven/bun-linux-x64/bin/bun'), words: ['run'] },
  {
    name: 'Deno',
    program: hostPath('@deno/linux-x64-glibc/deno'),
    words: ['run', '--allow-all', '--quiet', '--node-modules-dir=manual'],
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

it.each(runtimes)('learns the same bits in $name', ({ name, program, words }) => {
  const version = run(project, program, [
    ...words.filter(
      word =>
        word !== 'run' &&
        !word.startsWith('--allow') &&
        !word.startsWith('--node-modules') &&
        word !== '--quiet',
    ),
    '--version',
  ]);
  if (version.status !== 0 && (program === 'npx' || !existsSync(program))) {
    console.warn(`left out: ${name} is not installed`);
    return;
  }
  const { status, output } = run(project, program, [...words, 'main.js']);
  expect(status, output).toBe(0);
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual(expected);
  keepRow({
    group: 'runtimes',
    environment: name,
    version: version.output.match(/\d+\.\d+\.\d+/)![0],
    tried: 'load, train, predict, save, load, own table',
    result: `${Math.min(2, availableParallelism())} threads, the same bits`,
  });
});
