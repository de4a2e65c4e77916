// From nothing to ready: a fresh process imports the library, compiles the kernels and starts a pool; and what it weighs.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { median, writeResult } from './harness.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 9;

// Ready is when every thread has answered: one image through a network of the quick recipe.
const SCRIPT = `
  const startedAt = performance.now();
  const { createNetwork, recipes } = await import('forward-forward');
  const imported = performance.now();
  const network = await createNetwork(recipes.quick, { inputs: 784, classes: 10, threads: THREADS });
  const created = performance.now();
  await network.predict(new Uint8Array(784));
  const ready = performance.now();
  console.log(JSON.stringify([imported - startedAt, created - imported, ready - created, ready - startedAt]));
  await network.close();
`;

function rounds(threads: number): { import: number; create: number; firstAnswer: number; total: number } {
  const runs = Array.from({ length: ROUNDS }, (): number[] =>
    JSON.parse(
      execFileSync(
        process.execPath,
        ['--input-type=module', '-e', SCRIPT.replace('THREADS', String(threads))],
        {
          cwd: root,
          encoding: 'utf8',
        },
      ),
    ),
  );
  const [imported, create, firstAnswer, total] = [0, 1, 2, 3].map(part => median(runs.map(run => run[part])));
  return { import: imported, create, firstAnswer, total };
}

export async function run(): Promise<void> {
  const results = [1, 2].map(threads => ({ threads, milliseconds: rounds(threads) }));
  for (const { threads, milliseconds } of results) {
    console.log(
      `${threads} threads  import ${milliseconds.import.toFixed(0)} + create ${milliseconds.create.toFixed(0)} + ` +
        `first answer ${milliseconds.firstAnswer.toFixed(0)} = ${milliseconds.total.toFixed(0)} ms`,
    );
  }
  const wasm = readdirSync(`${root}build`).map(name => ({
    name,
    bytes: statSync(`${root}build/${name}`).size,
    gzipped: gzipSync(readFileSync(`${root}build/${name}`)).length,
  }));
  for (const { name, bytes, gzipped } of wasm)
    console.log(`${name.padEnd(20)} ${bytes} bytes, ${gzipped} gzipped`);
  await writeResult('start', { rounds: ROUNDS, results, wasm });
}
