// What plain data must look like: one definition is both the type and the check. Strict, because a setting that is misspelt and
// passes over in silence ends in an answer that is silently wrong.

import { InputError, nearestName, refuse } from './errors.ts';

/** Gives back `value` where it is a T; throws an InputError that names `path`, what was expected and what was found. */
export type Schema<T> = (value: unknown, path: string) => T;

/** The type that a schema checks. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

/** A property that may be missing. */
export interface Optional<T> extends Schema<T | undefined> {
  readonly isOptional: true;
}

type Fields = Readonly<Record<string, Schema<unknown>>>;

type ObjectOf<F extends Fields> = {
  readonly [Key in keyof F as F[Key] extends Optional<unknown> ? never : Key]: Infer<F[Key]>;
} & {
  readonly [Key in keyof F as F[Key] extends Optional<unknown> ? Key : never]?: NonNullable<Infer<F[Key]>>;
};

/* @__NO_SIDE_EFFECTS__ */ function value<T>(
  expected: string,
  isFine: (value: unknown) => boolean,
): Schema<T> {
  return (found, path) => (isFine(found) ? (found as T) : refuse(path, expected, found));
}

// Kernels compute with 32 bits: what is 0, 1 or infinite there is so here.
const single = Math.fround;
const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(single(value));

export const text = value<string>('a text', found => typeof found === 'string');
export const number = value<number>('a finite number in single precision', isNumber);
export const above0 = value<number>(
  'a number above 0 in single precision',
  found => isNumber(found) && single(found) > 0,
);
export const atLeast0 = value<number>('a number of at least 0', found => isNumber(found) && found >= 0);
export const share = value<number>('from 0 to 1', found => isNumber(found) && found >= 0 && found <= 1);
export const below1 = value<number>(
  'at least 0 and below 1 in single precision',
  found => isNumber(found) && found >= 0 && single(found) < 1,
);
export const yes = value<true>('true or absent', found => found === true);

/** A whole number from `least` on. */
/* @__NO_SIDE_EFFECTS__ */ export function whole(least: number): Schema<number> {
  return value(
    `a whole number of at least ${least}`,
    found => Number.isSafeInteger(found) && (found as number) >= least,
  );
}

/* @__NO_SIDE_EFFECTS__ */ export function oneOf<const T extends string>(...words: readonly T[]): Schema<T> {
  return (found, path) => {
    if (words.includes(found as T)) return found as T;
    const meant = typeof found === 'string' ? hint(found, words) : '';
    return refuse(path, `${words.length > 1 ? 'one of ' : ''}${words.join(', ')}${meant}`, found);
  };
}

/** One or more of a kind. */
/* @__NO_SIDE_EFFECTS__ */ export function list<T>(schema: Schema<T>): Schema<readonly T[]> {
  return (found, path) => {
    if (!Array.isArray(found) || found.length === 0) return refuse(path, 'a list of one or more', found);
    return Array.from(found, (item, i) => schema(item, `${path}[${i}]`));
  };
}

/* @__NO_SIDE_EFFECTS__ */ export function optional<T>(schema: Schema<T>): Optional<T> {
  return Object.assign((found: unknown, path: string) => schema(found, path), { isOptional: true } as const);
}

/** An object with these properties and no others. */
/* @__NO_SIDE_EFFECTS__ */ export function object<F extends Fields>(fields: F): Schema<ObjectOf<F>> {
  return (found, path) => {
    if (!isObject(found)) return refuse(path, 'an object', found);
    for (const key of Object.keys(found)) if (!Object.hasOwn(fields, key)) refuseKey(path, key, fields);
    const made: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(fields)) {
      const given = found[key];
      if (given === undefined && 'isOptional' in schema) continue;
      made[key] = schema(given, path ? `${path}.${key}` : key);
    }
    return made as ObjectOf<F>;
  };
}

/** One of several objects, which `kind` tells apart. */
/* @__NO_SIDE_EFFECTS__ */ export function union<S extends Readonly<Record<string, Schema<unknown>>>>(
  schemas: S,
) {
  return (found: unknown, path: string): Infer<S[keyof S]> => {
    if (!isObject(found)) return refuse(path, 'an object with its kind', found);
    const { kind } = found;
    if (typeof kind === 'string' && Object.hasOwn(schemas, kind)) {
      return schemas[kind](found, path) as Infer<S[keyof S]>;
    }
    return oneOf(...Object.keys(schemas))(kind, `${path}.kind`) as never;
  };
}

export function isObject(found: unknown): found is Record<string, unknown> {
  return typeof found === 'object' && found !== null && !Array.isArray(found);
}

function refuseKey(path: string, key: string, fields: Fields): never {
  const known = Object.keys(fields);
  throw new InputError(
    `${path ? `${path}.` : ''}${key} is not a setting${hint(key, known)}: expected ${known.join(', ')}`,
  );
}

function hint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest ? ` (did you mean ${nearest}?)` : '';
}
