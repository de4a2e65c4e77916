// Functions between two layers that fail, each in its own way.

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contrast, Recipe } from '../../src/recipes/recipe.ts';

/** In words, as the code of a function that changes `row`, and what is said of it. */
export const faults: [string, string, RegExp][] = [
  ['throws', "throw new Error('that was it');", /^that was it$/],
  ['throws what is no error', "throw 'a word';", /^a word$/],
  ['traps', 'new WebAssembly.Instance(trap).exports.f();', /unreachable/],
  ['leaves NaN', 'row[3] = NaN;', /left NaN in unit 3/],
  ['ends its thread', 'process.exit(3);', /exited with code: 3/],
  ['fills its memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(rows));', /memory|for 4 s/],
  [
    'never comes back',
    'for (;;);',
    /^thread [123] of 3 has been in the module .*\.mjs for 4 s: look for a loop/,
  ],
];

/** What a module does while a thread of a network of `threads` loads it, and what is said of it. */
export const faultsOfLoading = (threads: number): [string, string, RegExp][] => [
  ['throws', "throw new Error('not here');", /cannot be loaded: not here/],
  ['ends its thread', 'process.exit(4);', /exited with code: 4/],
  [
    'never ends to load',
    'await new Promise(resolve => setTimeout(resolve, 1e6));',
    new RegExp(
      `^thread [1-${threads}] of ${threads} has not started within [\\d.]+ s: it may still be loading the module`,
    ),
  ],
];

const TRAP =
  'const trap = new WebAssembly.Module(Uint8Array.of(0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,5,1,3,0,0,11));';

/**
 * A recipe with a function between its layers that is `code`, in a module of `folder` that begins with `first`. There, `rows` counts the rows so
 * far in this thread, and `isMainThread` tells who made the network from its threads.
 */
export async function recipeWithModule(
  folder: string,
  recipe: Recipe & { readonly learning: Contrast },
  code: string,
  first = '',
): Promise<Recipe> {
  const path = join(folder, `${Math.random()}.mjs`);
  const head = `import { isMainThread } from 'node:worker_threads';\n${TRAP}\n${first}\nlet rows = 0;`;
  await writeFile(path, `${head}\nexport default row => { rows++; ${code} };\n`);
  return { ...recipe, learning: { ...recipe.learning, between: { kind: 'module', after: 0, path } } };
}

export async function threadsOfProcess(): Promise<number> {
  return (await readdir('/proc/self/task')).length;
}
