// What a sweep file says: which trainings of which recipes, on which data, and by what they are compared.

import { dirname, resolve } from 'node:path';
import { datasetNames } from '../data/named/named-datasets.ts';
import { inContext, refuse } from '../errors.ts';
import { readJsonFile } from '../files/read.ts';
import {
  above0,
  type Infer,
  isObject,
  list,
  number,
  object,
  oneOf,
  optional,
  type Schema,
  text,
  whole,
  yes,
} from '../schema.ts';

/** What sweeps are called: in files, on servers and in reports. */
export const sweepName: Schema<string> = (value, path) =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value)
    ? value
    : refuse(path, 'a word of at most 64 letters, digits, - and _', value);

const recipe: Schema<string | object> = (value, path) =>
  typeof value === 'string' || isObject(value)
    ? value
    : refuse(path, 'the name of a recipe, or a recipe', value);

/** Trainings of a sweep. */
export const MOST_TRAININGS = 100_000;

/** A name, a path, or a table with the column to learn. */
const source: Schema<{ readonly source: string; readonly label?: string }> = (value, path) => {
  if (typeof value === 'string') return { source: value };
  if (!isObject(value)) return refuse(path, 'the name of data, a path, or { source, label }', value);
  return object({ source: text, label: optional(text) })(value, path);
};

/** One, or a list of them. */
function some<T>(schema: Schema<T>): Schema<readonly T[]> {
  return (value, path) => (Array.isArray(value) ? list(schema)(value, path) : [schema(value, path)]);
}

const seed: Schema<number> = (value, path) =>
  whole(0)(value, path) < 2 ** 32 ? (value as number) : refuse(path, 'a whole number below 2^32', value);

/** A whole number above 0 of what nobody wants a million of. */
const fewEnough: Schema<number> = (value, path) =>
  whole(1)(value, path) <= MOST_TRAININGS
    ? (value as number)
    : refuse(path, `at most ${MOST_TRAININGS}`, value);

const seeds: Schema<readonly number[]> = (value, path) => {
  if (!Array.isArray(value)) return Array.from({ length: fewEnough(value, path) }, (_, i) => i + 1);
  const found = list(seed)(value, path);
  const twice = found.find((each, i) => found.indexOf(each) !== i);
  return twice === undefined ? found : refuse(path, 'seeds that all differ', twice);
};

const range = object({ from: number, to: number, scale: oneOf('linear', 'log'), whole: optional(yes) });

/** What a setting may be: each of a list, or drawn from a range. */
export type Choices = readonly unknown[] | Infer<typeof range>;

const choices: Schema<Choices> = (value, path) => {
  if (Array.isArray(value)) return list<unknown>(found => found)(value, path);
  if (!isObject(value)) {
    return refuse(path, 'a list of values, or { from, to, scale }', value);
  }
  const found = range(value, path);
  if (!(found.from < found.to)) refuse(`${path}.to`, `above ${found.from}, where it begins`, found.to);
  if (found.scale === 'log') above0(found.from, `${path}.from`);
  return found;
};

const settings: Schema<Readonly<Record<string, Choices>>> = (value, path) => {
  if (!isObject(value)) {
    return refuse(path, 'an object of settings, such as { "layers": [[500], [500, 500]] }', value);
  }
  const entries = Object.entries(value).map(
    ([key, found]) => [key, choices(found, `${path}.${key}`)] as const,
  );
  return Object.fromEntries(entries);
};

const sweep = object({
  name: sweepName,
  /** Names and paths as `ff train` takes them. */
  data: some(source),
  /** Names of recipes, or recipes; the one that `ff train` takes for the data by default. */
  recipes: optional(some(recipe)),
  /** By the path of a setting in a recipe, such as `learning.optimizer.rate` or `layers.0.units`: what it may be. */
  settings: optional(settings),
  /** Every combination of settings, or some that are drawn at random. */
  search: optional(oneOf('grid', 'random')),
  /** So many, from 1 on; or a list of them. */
  seeds: optional(seeds),
  /** So many of the last examples are held out of each training, and rank it. */
  holdOut: optional(whole(1)),
  /** Instead: so many parts, each held out of one training that learns from the others. */
  folds: optional(whole(2)),
  /** At most so many trainings. */
  budget: optional(fewEnough),
  /** After `epochs`, and again after `factor` times as many, only the best of every `factor` settings go on. */
  halving: optional(object({ epochs: whole(1), factor: whole(2) })),
  /** The kernels of all trainings: the fastest that the first machine has by default. Only the same ones come to the same bits. */
  build: optional(oneOf('relaxed', 'simd')),
});

export type Sweep = Infer<typeof sweep>;
export type SweepSource = Sweep['data'][number];

/** The sweep in `value`, whatever that really is; throws an InputError that names the first thing that makes no sense. */
export function checkSweep(value: unknown): Sweep {
  const found = sweep(value, '');
  const { search = 'grid', folds, holdOut, budget } = found;
  if (folds !== undefined && holdOut !== undefined) {
    refuse('holdOut', 'absent where folds are held out in turn', holdOut);
  }
  if (search === 'random' && budget === undefined) {
    refuse('budget', 'a number of trainings, where settings are drawn at random', budget);
  }
  for (const [path, of] of Object.entries(found.settings ?? {})) {
    if (search === 'grid' && !Array.isArray(of)) {
      refuse(
        `settings.${path}`,
        'a list of values: a grid has no ranges ("search": "random" draws from them)',
        of,
      );
    }
  }
  return found;
}

/** Reads a sweep file; paths in it are those beside it. */
export async function readSweep(path: string): Promise<Sweep> {
  const value = await readJsonFile(path);
  return inContext(path, () => {
    const found = checkSweep(value);
    const data = found.data.map(each => ({
      ...each,
      source: datasetNames.includes(each.source) ? each.source : resolve(dirname(path), each.source),
    }));
    return { ...found, data };
  });
}
