// A function of the user's own, from a JavaScript module, in Node.

import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../errors.ts';
import { betweenOf, type Recipe } from '../recipes/recipe.ts';
import type { RowFunction } from '../schedules/between-layers.ts';

/**
 * What the module that `recipe` may name between two layers exports by default. It throws an InputError where it leaves
 * something that is no number. Throws an InputError where the module cannot be loaded or exports no function.
 */
export async function ownFunction({ name, learning }: Recipe): Promise<RowFunction | undefined> {
  const between = betweenOf(learning);
  if (between?.kind !== 'module') return undefined;
  const { path } = between;
  const where = `recipe ${name}: between.path ${path}`;
  const isFile = path.startsWith('file:');
  if (!isFile && !isAbsolute(path)) {
    throw new InputError(`${where} must be an absolute path or a file: URL, so that all threads find it`);
  }
  let module: { readonly default?: unknown };
  try {
    module = await import(/* @vite-ignore */ isFile ? path : pathToFileURL(path).href);
  } catch (cause) {
    throw new InputError(`${where} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  const change = module.default;
  if (typeof change !== 'function') {
    throw new InputError(
      `${where} must export a function (row, random) as its default, found ${typeof change}`,
    );
  }
  return (row, random) => {
    change(row, random);
    for (let k = 0; k < row.length; k++) {
      if (!Number.isFinite(row[k])) {
        throw new InputError(`${where} left ${row[k]} in unit ${k}: every value must be a finite number`);
      }
    }
  };
}
