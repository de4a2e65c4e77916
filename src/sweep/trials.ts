// From what a sweep says to its trainings: every combination of recipe, settings, data, seed and fold.

import { InputError, inContext, refuse } from '../errors.ts';
import type { Build } from '../kernels/features.ts';
import { checkRecipe } from '../recipes/check.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { findRecipe } from '../recipes/recipes.ts';
import { digestOf } from './digest.ts';
import type { Identity } from './identity.ts';
import { type Choices, MOST_TRAININGS, type Sweep } from './spec.ts';

/** Which examples rank a training and are not learned from: the last ones, or part `fold`, counted from 0, of `of`. */
export type HeldOut =
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'fold'; readonly fold: number; readonly of: number };

/** What is the same for all seeds and folds that are compared as one. */
export interface Candidate {
  /** Counts from 0. */
  readonly number: number;
  /** What sets it apart from the others, in a few words. */
  readonly label: string;
  readonly recipe: Recipe;
  /** What was changed in the recipe, by path. */
  readonly changed: Readonly<Record<string, unknown>>;
  /** What the data are called, and which of the sweep's they are, from 0. */
  readonly data: string;
  readonly source: number;
}

/** One training; plain data. */
export interface Trial {
  /** Of all that rules its bits. */
  readonly id: string;
  readonly candidate: number;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly build: Build;
  /** The digest of its data. */
  readonly digest: string;
  readonly heldOut: HeldOut;
}

/** What is known of data before any training. */
export interface KnownData {
  readonly name: string;
  readonly digest: string;
  /** Examples held out where the sweep does not say how many. */
  readonly holdOut: number;
  readonly count: number;
  /** Examples, or strings of them, that stay together. */
  readonly units: number;
  /** What learns from them where the sweep does not say. */
  readonly recipe: Recipe;
  /** Makes a recipe one for these data. */
  readonly fitted: (recipe: Recipe) => Recipe;
}

export interface Plan {
  readonly candidates: readonly Candidate[];
  readonly trials: readonly Trial[];
}

/** By the number of a candidate, its trainings. */
export function trialsOf(trials: readonly Trial[]): Map<number, Trial[]> {
  const found = new Map<number, Trial[]>();
  for (const trial of trials) {
    const own = found.get(trial.candidate);
    if (own) own.push(trial);
    else found.set(trial.candidate, [trial]);
  }
  return found;
}

/**
 * All trainings of a sweep. Throws an InputError for recipes and settings that make no sense, and for more trainings than the budget has.
 */
export function planTrials(sweep: Sweep, data: readonly KnownData[], identity: Identity): Plan {
  const { seeds = [1], folds, budget = MOST_TRAININGS, recipes = [undefined] } = sweep;
  for (const known of data) checkParts(sweep, known);
  const repeats = seeds.length * (folds ?? 1);
  const each = repeats * data.length * recipes.length;
  const most = Math.floor(budget / each);
  const settings = sweep.search === 'random' ? Math.min(1, most) : gridSize(sweep);
  if (settings > most || settings === 0) {
    const wanted = Math.max(1, settings) * each;
    const counts = `${Math.max(1, settings)} settings × ${recipes.length} recipes × ${data.length} data × ${repeats} seeds and folds`;
    throw new InputError(
      sweep.budget === undefined
        ? `${counts} are ${wanted} trainings, expected at most ${budget}`
        : `budget must be at least ${wanted}, for ${counts}; found ${budget}`,
    );
  }
  const combinations = combined(sweep, most);
  const candidates: Candidate[] = [];
  const trials: Trial[] = [];
  const names = data.map(({ name }, i) =>
    data.some((other, j) => j < i && other.name === name) ? `${name} (${i + 1})` : name,
  );
  for (const [source, known] of data.entries()) {
    for (const named of recipes) {
      const base = named === undefined ? known.recipe : typeof named === 'string' ? findRecipe(named) : named;
      for (const changed of combinations) {
        const number = candidates.length;
        const recipe = inContext(`${sweep.name}, settings ${JSON.stringify(changed)}`, () =>
          known.fitted(checkRecipe(withChanges(base, changed))),
        );
        const label = labelOf(sweep, recipe, changed, names[source]);
        candidates.push({ number, label, recipe, changed, data: names[source], source });
        for (const heldOut of partsOf(sweep, known)) {
          for (const seed of seeds) {
            const ruling = { recipe, seed, build: identity.build, digest: known.digest, heldOut };
            trials.push({ id: digestOf([ruling, identity]).slice(0, 16), candidate: number, ...ruling });
          }
        }
      }
    }
  }
  checkTwice(trials, candidates);
  return { candidates, trials };
}

function labelOf(
  { settings = {}, recipes = [], data }: Sweep,
  recipe: Recipe,
  changed: Changes,
  of: string,
): string {
  const isVaried = ([path]: [string, unknown]) => {
    const choices = settings[path];
    return !Array.isArray(choices) || choices.length > 1;
  };
  const words = Object.entries(changed)
    .filter(isVaried)
    .map(([path, value]) => `${path.split('.').at(-1)} ${JSON.stringify(value)}`);
  const isNamed = recipes.length > 1 || words.length === 0;
  return [...(isNamed ? [recipe.name] : []), ...(data.length > 1 ? [of] : []), ...words].join(', ');
}

function checkParts({ folds, holdOut }: Sweep, { name, count, units }: KnownData): void {
  if ((folds ?? 0) > units)
    refuse('folds', `at most ${units}, the ${units < count ? 'strings' : 'examples'} of ${name}`, folds);
  if ((holdOut ?? 0) >= count) refuse('holdOut', `fewer than the ${count} examples of ${name}`, holdOut);
}

function partsOf({ folds, holdOut }: Sweep, known: KnownData): HeldOut[] {
  if (folds === undefined) return [{ kind: 'last', count: holdOut ?? known.holdOut }];
  return Array.from({ length: folds }, (_, fold) => ({ kind: 'fold', fold, of: folds }));
}

function checkTwice(trials: readonly Trial[], candidates: readonly Candidate[]): void {
  const seen = new Map<string, Trial>();
  for (const trial of trials) {
    const before = seen.get(trial.id);
    if (before) {
      const [a, b] = [before, trial].map(({ candidate }) => JSON.stringify(candidates[candidate].changed));
      throw new InputError(`the same training twice, by ${a} and by ${b}: leave one of them out`);
    }
    seen.set(trial.id, trial);
  }
}

// ----- settings ------------------------------------------------------------------------------------------------------

type Changes = Readonly<Record<string, unknown>>;

/** Combinations of a grid. */
function gridSize({ settings = {} }: Sweep): number {
  return Object.values(settings).reduce((size, choices) => size * (choices as readonly unknown[]).length, 1);
}

/** Every combination of a grid, or at most `most` that are drawn at random. */
function combined({ settings = {}, search = 'grid' }: Sweep, most: number): Changes[] {
  const paths = Object.entries(settings);
  if (search === 'random') return drawn(paths, most);
  return paths.reduce<Changes[]>(
    (all, [path, choices]) =>
      all.flatMap(changes => (choices as readonly unknown[]).map(value => ({ ...changes, [path]: value }))),
    [{}],
  );
}

/** Draws, one after the other, of what was drawn before: there is hardly anything else. */
const MOST_MISSES = 1000;

/** No combination twice; fewer than `most` where there are not so many, or few others left. */
function drawn(paths: readonly (readonly [string, Choices])[], most: number): Changes[] {
  const found = new Map<string, Changes>();
  for (let draw = 0, misses = 0; misses < MOST_MISSES && found.size < most; draw++) {
    const changes = Object.fromEntries(
      paths.map(([path, choices], i) => [path, pick(choices, uniform(draw * paths.length + i))]),
    );
    const key = JSON.stringify(changes);
    misses = found.has(key) ? misses + 1 : 0;
    found.set(key, changes);
  }
  return [...found.values()];
}

function pick(choices: Choices, random: number): unknown {
  if (!('from' in choices)) return choices[Math.floor(random * choices.length)];
  const { from, to, scale } = choices;
  const value = scale === 'log' ? from * (to / from) ** random : from + (to - from) * random;
  return choices.whole ? Math.round(value) : Number(value.toPrecision(4));
}

/** Always the same for the same `counter`: at least 0 and below 1. */
function uniform(counter: number): number {
  return Number.parseInt(digestOf(counter).slice(0, 13), 16) / 2 ** 52;
}

/** A copy of `recipe` with these settings in the place of its own; throws an InputError for a path that leads nowhere. */
function withChanges(recipe: object, changes: Changes): object {
  const made = structuredClone(recipe) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const words = path.split('.');
    const last = words.pop()!;
    let at: Record<string, unknown> = made;
    words.forEach((word, i) => {
      const inner = Object.hasOwn(at, word) ? at[word] : undefined;
      if (typeof inner !== 'object' || inner === null) {
        const where = words.slice(0, i + 1).join('.');
        throw new InputError(`settings.${path} leads nowhere: the recipe has no settings in ${where}`);
      }
      at = inner as Record<string, unknown>;
    });
    if (last === '__proto__') throw new InputError(`settings.${path} leads nowhere`);
    if (Array.isArray(at) && !(/^\d+$/.test(last) && Object.hasOwn(at, last))) {
      throw new InputError(
        `settings.${path} leads nowhere: the recipe has ${at.length} in ${words.join('.')}`,
      );
    }
    at[last] = value;
  }
  return made;
}
